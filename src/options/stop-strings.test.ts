import { describe, expect, it } from 'vitest';

import { InvalidOptionError, requestOptions } from '../spec/index.ts';
import { resolveStopStrings } from './stop-strings.ts';

describe('resolveStopStrings', () => {
  const { most, longest } = requestOptions.stop.kind;

  it('makes a list without repeats', () => {
    expect(resolveStopStrings(undefined)).toEqual([]);
    expect(resolveStopStrings('\n')).toEqual(['\n']);
    expect(resolveStopStrings(['a', 'b', 'a'])).toEqual(['a', 'b']);
  });

  it.each([
    ['an empty string', ['']],
    ['too many', Array.from({ length: most + 1 }, (_, i) => `${i}`)],
    ['one too long', ['x'.repeat(longest + 1)]],
    ['half a surrogate pair', ['\uD83D']],
    ['what is no text', [7 as unknown as string]],
  ])('refuses %s', (_, stop) => {
    expect(() => resolveStopStrings(stop)).toThrow(InvalidOptionError);
  });
});
