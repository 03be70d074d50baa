import { EigenvalueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';

import { uniformAt } from '../math/index.ts';
import { dot, standardNormal, type Gaussian } from './gaussian.ts';
import { answerProbabilities } from './likelihood.ts';
import { createPosterior, fitPosterior } from './posterior.ts';
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
function createUsers(count: number, questions: number) {
  const normal = createNormals(11);
  const lambdas = Array.from({ length: count }, () => {
    const a = normal();
    return [1 + 1.5 * a, -0.5 + 0.5 * a + 0.3 * normal()];
  });
  const users = lambdas.map((lambda, user) => {
    const observations = Array.from({ length: questions }, (_question, q) => {
      const difference = [normal(), normal()];
      const { first, tie } = answerProbabilities(dot(lambda, difference), 0.2);
      const draw = uniformAt(12, user * questions + q);
      const answer = draw < first ? 'first' : draw < first + tie ? 'tie' : 'second';
      return { difference, answer, at: 0 } as const;
    });
    return fitPosterior({ prior: standardNormal(2) }, observations, 0);
  });
  return { lambdas, users };
}

function momentsOf(points: readonly (readonly number[])[]): Gaussian {
  const average = (of: (point: readonly number[]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const mean = [0, 1].map((i) => average((point) => point[i]!));
  const covariance = [0, 1].map((i) =>
    [0, 1].map((j) => average((point) => (point[i]! - mean[i]!) * (point[j]! - mean[j]!))),
  );
  return { mean, covariance };
}

describe('fitPopulationPrior', () => {
  it('finds the mean and the covariance of those who answered', { tags: ['slow'] }, () => {
    const { lambdas, users } = createUsers(100, 30);
    const { mean, covariance } = momentsOf(lambdas);
    const prior = fitPopulationPrior(users, 0, { strength: 1 });
    const sds = covariance.map((row, i) => Math.sqrt(row[i]!));
    for (const i of [0, 1]) {
      expect(Math.abs(prior.mean[i]! - mean[i]!) / sds[i]!).toBeLessThan(0.15);
      for (const j of [0, 1]) {
        const difference = prior.covariance[i]![j]! - covariance[i]![j]!;
        expect(Math.abs(difference) / (sds[i]! * sds[j]!)).toBeLessThan(0.3);
      }
    }
  });

  it('leaves the base as it is where users said nothing', () => {
    const silent = Array.from({ length: 50 }, () =>
      createPosterior({ prior: standardNormal(2, 3) }),
    );
    expect(fitPopulationPrior(silent, 0)).toEqual(standardNormal(2));
  });

  it(
    'stays near the base with one user, and positive definite with many alike',
    { tags: ['slow'] },
    () => {
      const told = (count: number) =>
        fitPosterior(
          { prior: standardNormal(2) },
          Array.from(
            { length: count },
            () => ({ difference: [2, 1], answer: 'first', at: 0 }) as const,
          ),
          0,
        );
      const one = fitPopulationPrior([told(10)], 0);
      expect(Math.abs(one.mean[0]!)).toBeLessThan(0.5);
      const alike = fitPopulationPrior(
        Array.from({ length: 20 }, () => told(10)),
        0,
      );
      const { realEigenvalues } = new EigenvalueDecomposition(alike.covariance);
      expect(Math.min(...realEigenvalues)).toBeGreaterThan(1e-3);
      expect(alike.covariance[0]![1]).toBe(alike.covariance[1]![0]);
    },
  );

  it.each([
    ['users', [], {}],
    [
      'users[1]',
      [1, 2].map((dimension) => createPosterior({ prior: standardNormal(dimension) })),
      {},
    ],
    ['strength', createUsers(1, 1).users, { strength: 0 }],
    ['rounds', createUsers(1, 1).users, { rounds: 0.5 }],
  ])('refuses what is wrong with %s', (option, users, options) => {
    expect(() => fitPopulationPrior(users, 0, options)).toThrow(
      expect.objectContaining({ option }),
    );
  });
});
