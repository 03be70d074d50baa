import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { formatHubName, isHubName, isSafePath, parseHubName } from './hub-name.ts';

describe('a name of the hub', () => {
  it.each([
    ['hf:Qwen/Qwen3-8B-GGUF', 'Qwen/Qwen3-8B-GGUF', null, null, null],
    ['hf:a/b:Q4_K_M', 'a/b', 'Q4_K_M', null, null],
    ['hf:a/b:UD-Q4_K_XL@v1.0', 'a/b', 'UD-Q4_K_XL', null, 'v1.0'],
    ['hf:a/b/c.gguf', 'a/b', null, 'c.gguf', null],
    ['hf:a/b/Q8_0/c-00001-of-00002.gguf@main', 'a/b', null, 'Q8_0/c-00001-of-00002.gguf', 'main'],
    ['hf:a/b/odd@name.gguf@refs/pr/1', 'a/b', null, 'odd@name.gguf', 'refs/pr/1'],
    ['hf:a/b.c_d-e', 'a/b.c_d-e', null, null, null],
  ])('%s', (text, repo, quant, file, revision) => {
    expect(parseHubName(text)).toEqual({ repo, quant, file, revision });
    expect(formatHubName(parseHubName(text))).toBe(text);
    expect(isHubName(text)).toBe(true);
  });

  it.each([
    'model.gguf',
    'hf:',
    'hf:a',
    'hf:a/',
    'hf:/b',
    'hf:../b',
    'hf:a/..',
    'hf:a/b--c',
    'hf:a/b/',
    'hf:a/b:',
    'hf:a/b@',
    'hf:a/b/../c.gguf',
    'hf:a/b//c.gguf',
    'hf:a/b/c\\d.gguf',
    'hf:a/b/c\nd.gguf',
    'hf:a/b/nul.gguf',
    'hf:a/b:Q4/c.gguf',
    'hf:a/b@../../x',
    'hf:a/b@x/../y',
    'hf://a/b',
    'hf:a b/c',
  ])('is not %j', (text) => {
    expect(() => parseHubName(text)).toThrow(InvalidOptionError);
  });

  it('never leaves the folder that a path is put into', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '...', 'a', 'a.', 'CON', '\\', 'C:', '\0'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const path = parts.join('/');
        if (!isSafePath(path)) return;
        const url = new URL(path.split('/').map(encodeURIComponent).join('/'), 'file:///x/y/z/');
        expect(url.pathname).toMatch(/^\/x\/y\/z\/./);
        expect(path.split('/')).not.toContain('..');
      }),
      { numRuns: runs(1000) },
    );
  });
});
