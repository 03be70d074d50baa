import { EigenvalueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';

import { uniformAt } from '../math/index.ts';
import { dot, standardNormal } from './gaussian.ts';
import { answerProbabilities } from './likelihood.ts';
import { createPosterior, fitPosterior, type Posterior } from './posterior.ts';
import { fitPopulationPrior } from './prior.ts';

/** Standard normal draws, by Box and Muller. */
function createNormals(seed: number): () => number {
  let counter = 0;
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(seed, counter++)));
    return radius * Math.cos(2 * Math.PI * uniformAt(seed, counter++));
  };
}

/** Users with λ = (1 + 1.5 a, −0.5 + 0.5 a + 0.3 b), a and b standard normal, and their answers. */
function population(users: number, questions: number): Posterior[] {
  const normal = createNormals(11);
  return Array.from({ length: users }, (_, user) => {
    const a = normal();
    const lambda = [1 + 1.5 * a, -0.5 + 0.5 * a + 0.3 * normal()];
    const observations = Array.from({ length: questions }, (_question, q) => {
      const difference = [normal(), normal()];
      const { first, tie } = answerProbabilities(dot(lambda, difference), 0.2);
      const draw = uniformAt(12, user * questions + q);
      const answer = draw < first ? 'first' : draw < first + tie ? 'tie' : 'second';
      return { difference, answer, at: 0 } as const;
    });
    return fitPosterior({ prior: standardNormal(2) }, observations, 0);
  });
}

describe('fitPopulationPrior', () => {
  it('finds the mean and the covariance that users were drawn from', () => {
    const { mean, covariance } = fitPopulationPrior(population(150, 40), 0);
    // Modes stand for means: variances come out low. Without the C_u they would be less than half.
    const within = (value: number, expected: number, share: number) =>
      expect(Math.abs(value / expected - 1)).toBeLessThan(share);
    within(mean[0]!, 1, 0.25);
    within(mean[1]!, -0.5, 0.25);
    within(covariance[0]![0]!, 2.25, 0.35);
    within(covariance[0]![1]!, 0.75, 0.35);
    within(covariance[1]![1]!, 0.34, 0.35);
  });

  it('leaves the base as it is where users said nothing', () => {
    const silent = Array.from({ length: 50 }, () =>
      createPosterior({ prior: standardNormal(2, 3) }),
    );
    expect(fitPopulationPrior(silent, 0)).toEqual(standardNormal(2));
  });

  it('stays near the base with one user, and positive definite with many alike', () => {
    const told = (count: number) =>
      fitPosterior(
        { prior: standardNormal(2) },
        Array.from(
          { length: count },
          () => ({ difference: [2, 1], answer: 'first', at: 0 }) as const,
        ),
        0,
      );
    const one = fitPopulationPrior([told(30)], 0);
    expect(Math.abs(one.mean[0]!)).toBeLessThan(0.5);
    const alike = fitPopulationPrior(
      Array.from({ length: 60 }, () => told(30)),
      0,
    );
    const { realEigenvalues } = new EigenvalueDecomposition(alike.covariance);
    expect(Math.min(...realEigenvalues)).toBeGreaterThan(1e-3);
    expect(alike.covariance[0]![1]).toBe(alike.covariance[1]![0]);
  });

  it.each([
    ['users', [], {}],
    [
      'users[1]',
      [1, 2].map((dimension) => createPosterior({ prior: standardNormal(dimension) })),
      {},
    ],
    ['strength', population(1, 1), { strength: 0 }],
    ['rounds', population(1, 1), { rounds: 0.5 }],
  ])('refuses what is wrong with %s', (option, users, options) => {
    expect(() => fitPopulationPrior(users, 0, options)).toThrow(
      expect.objectContaining({ option }),
    );
  });
});
