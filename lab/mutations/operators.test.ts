import { describe, expect, it } from 'vitest';

import { mutated, mutationsOf } from './operators.ts';

const all = (text: string) => mutationsOf('a.ts', text).map((each) => mutated(text, each));

describe('mutations', () => {
  it.each<[string, string[]]>([
    ['f(a < b)', [';', 'f(a <= b)']],
    ['x = a ?? b', [';', 'x = a', 'x = b']],
    ['x = a && !b', [';', 'x = a || !b', 'x = a && b']],
    ['const x = [1];', ['const x = [];', 'const x = [2];']],
    ['const x = { ...a, b };', ['const x = {  b };']],
    ['const x = await f(true);', ['const x = f(true);', 'const x = await f(false);']],
    ["const x = f('key');", ["const x = f('');"]],
    [
      'if (a) return b;',
      [
        'if (!(a)) return b;',
        'if ([true][0]) return b;',
        'if ([false][0]) return b;',
        'if (a) return undefined as never;',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(all(text)).toEqual(expected);
  });

  it.each([
    "import { a } from 'b';",
    "type A = 'b' | 1;",
    "const error = new InvalidOptionError('key', `${1 + 2}`);",
    "const x = f('Texts for people have blanks.');",
    "const x = command.description('word');",
  ])('none of %s', (text) => {
    expect(all(text)).toEqual([]);
  });
});
