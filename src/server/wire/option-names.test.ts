import { expect, it } from 'vitest';

import { renameIn } from './option-names.ts';

it.each([
  [
    'seed',
    'trimtab.seed',
    'seed: seeds of a.seed, seed.',
    'trimtab.seed: seeds of a.seed, trimtab.seed.',
  ],
  ['tools[1].function.name', 'tools[1].name', 'tools[1].function.name: no.', 'tools[1].name: no.'],
  ['a.b', 'c', 'a.b, aab', 'c, aab'],
  ['a', '$&', 'a', '$&'],
])('%s becomes %s where it is the whole name', (from, to, message, renamed) => {
  expect(renameIn(message, from, to)).toBe(renamed);
});
