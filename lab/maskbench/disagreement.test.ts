import { expect, it } from 'vitest';

import { explain } from './disagreement.ts';

it.each([
  ['{"a":', '\t', 'white space'],
  ['{"a":"b', '!"\n', 'white space'],
  ['{"a', '\\/', 'escape'],
  ['{"a', '\uFFFD', 'part of a character'],
  ['{"a":"b', '\u007f', 'control character'],
  ['{"a', 'b', 'in a name'],
  ['{"a":"x\\"y', 'b', 'in a string'],
  ['["a",', '"b', 'between values'],
  ['{"a":[{"b":1},2],', '"c', 'in a name'],
  ['{"a":1', '2', 'in a number'],
  ['[', '-', 'in a number'],
  ['', '{', 'between values'],
] as const)('a token after %s that writes %j is %s', (before, piece, reason) => {
  expect(explain(before, piece)).toBe(reason);
});
