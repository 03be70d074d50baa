import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bilinearLoss, type BilinearProblem } from './bilinear-loss.ts';

const problem: BilinearProblem = {
  users: 3,
  dimension: 2,
  tieProbability: 0.2,
  differences: [
    [1, -0.5, 0.2],
    [0, 2, -1],
    [-1.5, 0.3, 0],
    [0.4, 0.4, 0.4],
  ],
  comparisons: [
    { user: 0, pair: 0, answer: 'first' },
    { user: 0, pair: 2, answer: 'tie' },
    { user: 1, pair: 1, answer: 'second' },
    { user: 2, pair: 0, answer: 'second' },
    { user: 2, pair: 1, answer: 'first' },
  ],
};
const length = (3 + 3) * 2;
const points = fc
  .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: length, maxLength: length })
  .map((values) => Float64Array.from(values));

describe('bilinearLoss', () => {
  it('is, at 0, the loss of guesses and no penalty', () => {
    const { value, gradient } = bilinearLoss(problem, new Float64Array(length));
    expect(value).toBeCloseTo(4 * Math.log(2.5) + Math.log(5), 12);
    expect(gradient).toEqual(new Float64Array(length));
  });

  it('has the gradient of finite differences', () => {
    const h = 1e-5;
    fc.assert(
      fc.property(points, (point) => {
        const at = (i: number, by: number) =>
          bilinearLoss(problem, point.with(i, point[i]! + by)).value;
        bilinearLoss(problem, point).gradient.forEach((component, i) => {
          expect(component).toBeCloseTo((at(i, h) - at(i, -h)) / (2 * h), 6);
        });
      }),
    );
  });
});
