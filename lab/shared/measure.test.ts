import { expect, it } from 'vitest';

import { ratioOf } from './measure.ts';
import { deviation, median } from './numbers.ts';

it('takes medians, of ratios those of one round', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(ratioOf([2, 30, 4], [1, 10, 4])).toEqual({ median: 2, min: 1, max: 3 });
});

it('takes the deviation of all there is', () => {
  expect(deviation([1, 3, 5, 7])).toBeCloseTo(Math.sqrt(5), 12);
});
