import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import { steeringWeights } from './weights.ts';

const gaussian = {
  mean: [2, -2, 0.5, 0],
  covariance: [
    [0.25, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 4, 0],
    [0, 0, 0, 1],
  ],
};

describe('steeringWeights', () => {
  it('takes the standard deviations off the means, to 0 and no further', () => {
    expect(steeringWeights(gaussian)).toEqual([1.5, -1, 0, 0]);
    expect(steeringWeights(gaussian, 0)).toEqual(gaussian.mean);
    expect(steeringWeights(gaussian, 3)).toEqual([0.5, 0, 0, 0]);
  });

  it('never steers further with more caution, nor against the mean', () => {
    const caution = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(caution, caution, (a, b) => {
        const bold = steeringWeights(gaussian, Math.min(a, b));
        const careful = steeringWeights(gaussian, Math.max(a, b));
        careful.forEach((weight, k) => {
          expect(Math.abs(weight)).toBeLessThanOrEqual(Math.abs(bold[k]!));
          expect(weight * gaussian.mean[k]!).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });

  it.each([-1, Number.NaN, Infinity])('refuses a caution of %d', (caution) => {
    expect(() => steeringWeights(gaussian, caution)).toThrow(InvalidOptionError);
  });
});
