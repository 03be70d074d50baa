import { expect, it } from 'vitest';

import { differingNumbers } from './check.ts';

it('differing numbers are named by their place', () => {
  const there = { a: [{ b: 1 }], c: 2 };
  expect(differingNumbers(there, { c: 2, a: [{ b: 1 }] })).toEqual([]);
  expect(differingNumbers(there, { a: [{ b: 1.5 }], d: 2 })).toEqual([
    'a.0.b (1 there, 1.5 here)',
    'c (2 there, nothing here)',
    'd (nothing there, 2 here)',
  ]);
  const written = { rate: 0.88, passes: 2000, name: 'a', lost: null };
  expect(differingNumbers(written, { ...written, rate: 0.884, passes: 2009 })).toEqual([]);
  expect(differingNumbers(written, { ...written, rate: 0.9 })).toEqual([
    'rate (0.88 there, 0.9 here)',
  ]);
  expect(differingNumbers(written, { ...written, name: 'b', lost: 0 })).toHaveLength(2);
});
