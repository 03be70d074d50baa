import { EigenvalueDecomposition } from 'ml-matrix';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { propagateExpectations } from './expectation-propagation.ts';
import { standardNormal, type Gaussian } from './gaussian.ts';
import { laplaceApproximation, type Evidence } from './laplace.ts';
import { logLikelihood, type ComparingAnswer } from './likelihood.ts';

const tieProbability = 0.2;

const tell = (difference: number[], answer: ComparingAnswer, weight = 1): Evidence => ({
  difference,
  answer,
  weight,
});

/** Mean and covariance under a prior N(0, I) of two dimensions, by a sum over a grid. */
function integrate(evidence: readonly Evidence[]): Gaussian {
  const sums = { mass: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 };
  for (let x = -6; x <= 6; x += 0.05) {
    for (let y = -6; y <= 6; y += 0.05) {
      const log = evidence.reduce(
        (sum, { difference: [a, b], answer, weight }) =>
          sum + weight * logLikelihood(answer, x * a! + y * b!, tieProbability),
        -(x * x + y * y) / 2,
      );
      const mass = Math.exp(log);
      sums.mass += mass;
      sums.x += mass * x;
      sums.y += mass * y;
      sums.xx += mass * x * x;
      sums.xy += mass * x * y;
      sums.yy += mass * y * y;
    }
  }
  const [x, y] = [sums.x / sums.mass, sums.y / sums.mass];
  const xy = sums.xy / sums.mass - x * y;
  return {
    mean: [x, y],
    covariance: [
      [sums.xx / sums.mass - x * x, xy],
      [xy, sums.yy / sums.mass - y * y],
    ],
  };
}

const flat = ({ mean, covariance }: Gaussian) => [...mean, ...covariance.flat()];

const oneSided = [
  tell([4, 1], 'first'),
  tell([5, -2], 'first'),
  tell([3, 3], 'first'),
  tell([1, 0.5], 'tie', 0.5),
];

describe('propagateExpectations', () => {
  it('gives the moments of brute-force integration, also where answers are one-sided', () => {
    const mixed = [tell([1, 0.5], 'first'), tell([-0.5, 1], 'second'), tell([0.7, 0.7], 'tie')];
    for (const evidence of [oneSided, mixed]) {
      const exact = flat(integrate(evidence));
      flat(propagateExpectations(standardNormal(2), evidence, { tieProbability })).forEach(
        (value, i) => expect(Math.abs(value - exact[i]!)).toBeLessThan(0.03),
      );
    }
  });

  it('comes to the same from the factors that it had under another prior', () => {
    const { sites } = propagateExpectations(standardNormal(2, 3), oneSided, { tieProbability });
    const fresh = flat(propagateExpectations(standardNormal(2), oneSided, { tieProbability }));
    const continued = propagateExpectations(standardNormal(2), oneSided, { tieProbability, sites });
    flat(continued).forEach((value, i) => expect(value).toBeCloseTo(fresh[i]!, 3));
  });

  it("is needed: Laplace's mode is far from the mean of one-sided answers", () => {
    const exact = integrate(oneSided);
    const { mean } = laplaceApproximation(standardNormal(2), oneSided, {
      tieProbability,
      start: [0, 0],
    });
    expect(exact.mean[0]! - mean[0]!).toBeGreaterThan(0.1);
  });

  it('is the prior where nothing was said', () => {
    const prior = standardNormal(2, 3);
    expect(propagateExpectations(prior, [], { tieProbability })).toMatchObject(prior);
    const alike = [tell([0, 0], 'first')];
    expect(propagateExpectations(prior, alike, { tieProbability })).toMatchObject(prior);
  });

  it('stays finite, symmetric and positive definite whatever was said', () => {
    const number = fc.double({ min: -1000, max: 1000, noNaN: true });
    const evidence = fc.array(
      fc.record({
        difference: fc.tuple(number, number),
        answer: fc.constantFrom<ComparingAnswer>('first', 'second', 'tie'),
        weight: fc.double({ min: 1e-3, max: 1, noNaN: true }),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(evidence, (given) => {
        const { mean, covariance } = propagateExpectations(standardNormal(2), given, {
          tieProbability,
        });
        expect([...mean, ...covariance.flat()].every(Number.isFinite)).toBe(true);
        expect(covariance[0]![1]).toBe(covariance[1]![0]);
        const { realEigenvalues } = new EigenvalueDecomposition(covariance);
        expect(Math.min(...realEigenvalues)).toBeGreaterThan(-1e-9);
      }),
    );
  });
});
