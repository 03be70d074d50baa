import { expect, it } from 'vitest';

import { sumByName } from './sum-by-name.ts';

it('adds counts up by name and field, whoever has which names', () => {
  const one = { a: { tried: 1, right: 0 }, b: { tried: 5, right: 2 } };
  const other = { b: { tried: 2, right: 2 }, constructor: { tried: 3, right: 3 } };
  expect(sumByName([one, undefined, other])).toEqual({
    a: { tried: 1, right: 0 },
    b: { tried: 7, right: 4 },
    constructor: { tried: 3, right: 3 },
  });
  expect(one.b).toEqual({ tried: 5, right: 2 });
  expect(sumByName([undefined, {}])).toEqual({});
});
