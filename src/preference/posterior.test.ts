import { EigenvalueDecomposition } from 'ml-matrix';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import { dot, standardNormal, type Gaussian } from './gaussian.ts';
import { answerProbabilities, logLikelihood, slope, type PreferenceAnswer } from './likelihood.ts';
import type { Observation } from './observation.ts';
import { createPosterior, fitPosterior, updatePosterior, type Posterior } from './posterior.ts';

const observe = (difference: number[], answer: PreferenceAnswer, at = 0): Observation => ({
  difference,
  answer,
  at,
});

const observationsOf = (dimension: number) =>
  fc.array(
    fc.record({
      difference: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), {
        minLength: dimension,
        maxLength: dimension,
      }),
      answer: fc.constantFrom<PreferenceAnswer>('first', 'second', 'tie', 'neither'),
      at: fc.integer({ min: 0, max: 1000 }),
    }),
    { maxLength: 20 },
  );

const correlated: Gaussian = {
  mean: [0.5, -0.2],
  covariance: [
    [1, 0.6],
    [0.6, 2],
  ],
};

/** Mean and covariance of λ in two dimensions by a sum over a fine grid. */
function integrate(prior: Gaussian, observations: readonly Observation[], tau: number): Gaussian {
  const [[a, b], [, c]] = prior.covariance as [[number, number], [number, number]];
  const determinant = a * c - b * b;
  const points: { at: [number, number]; log: number }[] = [];
  for (let x = -8; x <= 8; x += 0.04) {
    for (let y = -8; y <= 8; y += 0.04) {
      const [u, v] = [x - prior.mean[0]!, y - prior.mean[1]!];
      let log = -(c * u * u - 2 * b * u * v + a * v * v) / (2 * determinant);
      for (const { difference, answer } of observations) {
        if (answer === 'neither') continue;
        log += logLikelihood(answer, x * difference[0]! + y * difference[1]!, tau);
      }
      points.push({ at: [x, y], log });
    }
  }
  const top = points.reduce((most, { log }) => Math.max(most, log), -Infinity);
  const weights = points.map(({ log }) => Math.exp(log - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expectation = (f: (at: [number, number]) => number) =>
    points.reduce((sum, { at }, i) => sum + weights[i]! * f(at), 0) / total;
  const mean = [expectation(([x]) => x), expectation(([, y]) => y)];
  const central = (i: 0 | 1, j: 0 | 1) =>
    expectation((at) => (at[i] - mean[i]!) * (at[j] - mean[j]!));
  return { mean, covariance: [0, 1].map((i) => [0, 1].map((j) => central(i as 0, j as 0))) };
}

/** Gradient of the log-posterior at λ, written down from its definition, for a prior N(0, I). */
function gradientAt(lambda: readonly number[], { model, observations }: Posterior): number[] {
  return lambda.map((value, k) => {
    const terms = observations.map(({ difference, answer }) => {
      if (answer === 'neither') return 0;
      const probabilities = answerProbabilities(dot(lambda, difference), model.tieProbability);
      return slope(answer, probabilities) * difference[k]!;
    });
    return terms.reduce((sum, term) => sum + term, -value);
  });
}

const eigenvaluesOf = ({ covariance }: Gaussian) =>
  new EigenvalueDecomposition(covariance).realEigenvalues;

/** Whether it is finite, exactly symmetric and positive definite. */
function isUsable(posterior: Posterior): boolean {
  const { mean, covariance } = posterior;
  return (
    [...mean, ...covariance.flat()].every(Number.isFinite) &&
    covariance.every((row, i) => row.every((value, j) => value === covariance[j]![i])) &&
    Math.min(...eigenvaluesOf(posterior)) > 0
  );
}

describe('the posterior', () => {
  it('has its mode where the gradient is 0', () => {
    fc.assert(
      fc.property(observationsOf(3), (observations) => {
        const posterior = fitPosterior({ prior: standardNormal(3) }, observations, 0);
        for (const slopeAlong of gradientAt(posterior.mean, posterior)) {
          expect(slopeAlong).toBeCloseTo(0, 7);
        }
      }),
    );
  });

  it('inverts the Hessian that finite differences of the gradient give', () => {
    const h = 1e-5;
    fc.assert(
      fc.property(observationsOf(2), (observations) => {
        const posterior = fitPosterior({ prior: standardNormal(2) }, observations, 0);
        const columns = [0, 1].map((k) => {
          const moved = (by: number) => posterior.mean.map((m, i) => (i === k ? m + by : m));
          const [up, down] = [gradientAt(moved(h), posterior), gradientAt(moved(-h), posterior)];
          return up.map((value, i) => -(value - down[i]!) / (2 * h));
        });
        const product = posterior.covariance.map((row) =>
          columns.map((column) => dot(row, column)),
        );
        const expected = [1, 0, 0, 1];
        product.flat().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
      }),
    );
  });

  it('is near the exact one in one dimension', () => {
    const tau = 0.3;
    const observations = [observe([1], 'first'), observe([0.5], 'tie'), observe([1.5], 'first')];
    const { mean, covariance } = fitPosterior(
      { prior: standardNormal(1), tieProbability: tau },
      observations,
      0,
    );
    const density = (x: number) =>
      Math.exp(
        observations.reduce(
          (sum, { difference, answer }) =>
            sum + logLikelihood(answer as 'first', x * difference[0]!, tau),
          (-x * x) / 2,
        ),
      );
    const moments = [0, 0, 0];
    for (let x = -9; x < 9; x += 1e-3) {
      for (let k = 0; k < 3; k++) moments[k]! += density(x) * x ** k;
    }
    const exactMean = moments[1]! / moments[0]!;
    const exactVariance = moments[2]! / moments[0]! - exactMean ** 2;
    expect(Math.abs(mean[0]! - exactMean)).toBeLessThan(0.05 * Math.sqrt(exactVariance));
    expect(covariance[0]![0]! / exactVariance).toBeCloseTo(1, 1);
  });

  it('is near the exact one in two dimensions, under a correlated prior', () => {
    const observations = [
      observe([1, 0.5], 'first'),
      observe([-0.5, 1], 'second'),
      observe([0.7, 0.7], 'tie'),
      observe([1, -1], 'first'),
      observe([0.2, 1.2], 'neither'),
    ];
    const exact = integrate(correlated, observations, 0.2);
    const { mean, covariance } = fitPosterior({ prior: correlated }, observations, 0);
    for (const i of [0, 1]) {
      const sd = Math.sqrt(exact.covariance[i]![i]!);
      expect(Math.abs(mean[i]! - exact.mean[i]!)).toBeLessThan(0.1 * sd);
      for (const j of [0, 1]) {
        const scale = sd * Math.sqrt(exact.covariance[j]![j]!);
        expect(Math.abs(covariance[i]![j]! - exact.covariance[i]![j]!)).toBeLessThan(0.12 * scale);
      }
    }
  });

  it('is the same whether answers come at once or one by one', () => {
    fc.assert(
      fc.property(observationsOf(3), (observations) => {
        const model = { prior: standardNormal(3, 2), halfLifeMs: 500 };
        const batch = fitPosterior(model, observations, 1000);
        let posterior = createPosterior(model);
        for (const observation of observations.toReversed()) {
          posterior = updatePosterior(posterior, [observation], 1000);
        }
        batch.mean.forEach((m, i) => expect(posterior.mean[i]).toBeCloseTo(m, 8));
        batch.covariance
          .flat()
          .forEach((value, i) => expect(posterior.covariance.flat()[i]).toBeCloseTo(value, 8));
      }),
    );
  });

  it('mirrors when every pair changes places', () => {
    const mirror = { first: 'second', second: 'first', tie: 'tie', neither: 'neither' } as const;
    fc.assert(
      fc.property(observationsOf(2), (observations) => {
        const swapped = observations.map(({ difference, answer, at }) => ({
          difference: difference.map((value) => -value),
          answer: mirror[answer],
          at,
        }));
        const prior = correlated;
        const here = fitPosterior({ prior }, observations, 0);
        const there = fitPosterior({ prior }, swapped, 0);
        here.mean.forEach((m, i) => expect(there.mean[i]).toBeCloseTo(m, 10));
      }),
    );
  });

  it('knows more along every direction with every answer but "neither"', () => {
    const model = { prior: standardNormal(2) };
    const prior = createPosterior(model);
    const told = fitPosterior(model, [observe([1, 1], 'tie')], 0);
    expect(Math.min(...eigenvaluesOf(told))).toBeLessThan(0.9);
    expect(Math.max(...eigenvaluesOf(told))).toBeLessThanOrEqual(1 + 1e-12);
    const untold = fitPosterior(model, [observe([1, 1], 'neither')], 0);
    expect(untold).toMatchObject({ mean: prior.mean, covariance: prior.covariance });
    expect(untold.observations).toHaveLength(1);
  });

  it('counts an answer of one half-life ago half, two of them as one', () => {
    const model = { prior: standardNormal(1), halfLifeMs: 100 };
    const aged = fitPosterior(model, [observe([1], 'first', 0), observe([1], 'first', 0)], 100);
    const fresh = fitPosterior(model, [observe([1], 'first', 100)], 100);
    expect(aged.mean[0]).toBeCloseTo(fresh.mean[0]!, 10);
    const later = updatePosterior(fresh, [], 1e6);
    expect(later.mean[0]).toBeCloseTo(0, 10);
    expect(later.covariance[0]![0]).toBeCloseTo(1, 10);
    const ahead = fitPosterior(model, [observe([1], 'first', 900)], 100); // a clock that was wrong
    expect(ahead.mean).toEqual(fresh.mean);
  });

  it('is plain data that can be fitted again', () => {
    const posterior = fitPosterior({ prior: correlated }, [observe([1, 2], 'second', 7)], 9);
    const stored = JSON.parse(JSON.stringify(posterior)) as Posterior;
    expect(stored).toEqual(posterior);
    expect(fitPosterior(stored.model, stored.observations, 9)).toEqual(posterior);
    expect(createPosterior(posterior.model)).toEqual(createPosterior({ prior: correlated }));
  });
});

describe('adversarial answers', () => {
  const repeat = (count: number, observation: (i: number) => Observation) =>
    Array.from({ length: count }, (_, i) => observation(i));

  it.each([
    ['10,000 times the same', repeat(10_000, () => observe([3, -2, 1], 'first'))],
    [
      '10,000 contradictions',
      repeat(10_000, (i) => observe([3, 1, 0], i % 2 ? 'first' : 'second')),
    ],
    ['10,000 ties', repeat(10_000, () => observe([5, 5, 5], 'tie'))],
    ['a separable set', repeat(500, (i) => observe([i / 10, 1, -1], i > 250 ? 'first' : 'second'))],
    ['the largest features', repeat(10_000, () => observe([1000, -1000, 1000], 'second'))],
    [
      'the largest contradictions',
      repeat(10_000, (i) => observe([1000, 1000, -1000], i % 2 ? 'first' : 'second')),
    ],
    ['answers about nothing', repeat(100, () => observe([0, 0, 0], 'first'))],
  ])('leave it finite, positive definite and at its mode: %s', (_, observations) => {
    const posterior = fitPosterior({ prior: standardNormal(3) }, observations, 0);
    expect(isUsable(posterior)).toBe(true);
    // In posterior standard deviations: features of 1000 make the gradient itself large.
    const gradient = gradientAt(posterior.mean, posterior);
    const decrement = dot(
      gradient,
      posterior.covariance.map((row) => dot(row, gradient)),
    );
    expect(decrement).toBeLessThan(1e-8);
  });

  it('leave it finite whatever they are', () => {
    const wild = fc.array(
      fc.record({
        difference: fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), {
          minLength: 2,
          maxLength: 2,
        }),
        answer: fc.constantFrom<PreferenceAnswer>('first', 'second', 'tie', 'neither'),
        at: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(wild, (observations) => {
        const model = { prior: standardNormal(2, 30), halfLifeMs: 1e3 };
        expect(isUsable(fitPosterior(model, observations, 0))).toBe(true);
      }),
    );
  });

  it.each([
    ['observations[0].difference[1]', observe([0, 1001], 'first')],
    ['observations[0].difference[0]', observe([Number.NaN, 0], 'first')],
    ['observations[0].difference', observe([1], 'first')],
    ['observations[0].answer', observe([1, 1], 'both' as PreferenceAnswer)],
    ['observations[0].at', observe([1, 1], 'first', Infinity)],
  ])('are refused by name: %s', (option, observation) => {
    expect(() => fitPosterior({ prior: standardNormal(2) }, [observation], 0)).toThrow(
      expect.objectContaining({ option }),
    );
  });

  it('overcome a prior that is far away and weak, where whole steps would go to and fro', () => {
    const prior = { mean: [30], covariance: [[1e4]] };
    const observations = repeat(100, (i) => observe([1], i < 60 ? 'second' : 'first'));
    const { mean } = fitPosterior({ prior, tieProbability: 0 }, observations, 0);
    expect(mean[0]).toBeCloseTo(Math.log(40 / 60), 2);
  });

  it('are refused as ties where there are none', () => {
    const model = { prior: standardNormal(1), tieProbability: 0 };
    expect(() => fitPosterior(model, [observe([1], 'tie')], 0)).toThrow(InvalidOptionError);
    expect(isUsable(fitPosterior(model, [observe([1], 'first')], 0))).toBe(true);
  });
});

describe('createPosterior', () => {
  const [mean, covariance] = [correlated.mean, correlated.covariance];
  it.each([
    ['prior', { prior: { mean: [0], covariance } }],
    ['prior', { prior: { mean: [], covariance: [] } }],
    ['prior', { prior: { mean: [0, 1e5], covariance } }],
    [
      'prior',
      {
        prior: {
          mean,
          covariance: [
            [1, 0.6],
            [0.5, 2],
          ],
        },
      },
    ],
    [
      'prior',
      {
        prior: {
          mean,
          covariance: [
            [1, 2],
            [2, 1],
          ],
        },
      },
    ],
    [
      'prior',
      {
        prior: {
          mean,
          covariance: [
            [1, Number.NaN],
            [Number.NaN, 1],
          ],
        },
      },
    ],
    ['halfLifeMs', { prior: correlated, halfLifeMs: 0 }],
    ['tieProbability', { prior: correlated, tieProbability: 1 }],
  ])('refuses what is wrong with %s', (option, model) => {
    expect(() => createPosterior(model)).toThrow(expect.objectContaining({ option }));
  });

  it.each([0, 1.5, 257])('refuses a standard normal of %d dimensions', (dimension) => {
    expect(() => standardNormal(dimension)).toThrow(InvalidOptionError);
  });

  it.each([0, Number.NaN, 1e5])('refuses a standard deviation of %d', (sd) => {
    expect(() => standardNormal(2, sd)).toThrow(expect.objectContaining({ option: 'sd' }));
  });
});
