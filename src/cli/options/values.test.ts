import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';

import { parseCount, parseNumber, parsePort, parsePositive, parseWhole } from './values.ts';

it.each<[(text: string) => number, string[], string[]]>([
  [parseNumber, ['0', '-7.5', '1e3'], ['', ' ', 'many', 'NaN', 'Infinity']],
  [parseCount, ['1', '16'], ['0', '-1', '1.5', '1e300', 'x']],
  [parseWhole, ['0', '16'], ['-1', '0.5', '1e300', 'x']],
  [parsePositive, ['0.5', '1e9'], ['0', '-1', 'x']],
  [parsePort, ['0', '8080', '65535'], ['65536', '-1', '80.5', 'http']],
])('%o takes what it says, and refuses the rest', (parse, good, bad) => {
  for (const text of good) expect(parse(text)).toBe(Number(text));
  for (const text of bad) expect(() => parse(text)).toThrow(InvalidArgumentError);
});
