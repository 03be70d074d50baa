import { determinant, inverse, Matrix } from 'ml-matrix';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { determinantGain, mutualInformation, predictionVariance } from './criteria.ts';
import { dot, standardNormal } from './gaussian.ts';
import { answerProbabilities, information, type ComparingAnswer } from './likelihood.ts';
import { createPosterior, fitPosterior, type Posterior } from './posterior.ts';
import { nextQuestion, type Candidate, type Criterion } from './questions.ts';

const answers: readonly ComparingAnswer[] = ['first', 'tie', 'second'];

const vector = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
  minLength: 2,
  maxLength: 2,
});

const posteriors = fc
  .array(fc.record({ difference: vector, answer: fc.constantFrom(...answers) }), { maxLength: 6 })
  .map((observations) =>
    fitPosterior(
      { prior: standardNormal(2) },
      observations.map((observation) => ({ ...observation, at: 0 })),
      0,
    ),
  );

/** E f(m) for a margin `m ~ N(mean, sd²)`, by a sum over a fine grid. */
function expectationOverMargins(
  posterior: Posterior,
  difference: readonly number[],
  f: (margin: number) => number,
): number {
  const mean = dot(posterior.mean, difference);
  const row = new Matrix([[...difference]]);
  const variance = row.mmul(new Matrix(posterior.covariance)).mmul(row.transpose()).get(0, 0);
  let [sum, total] = [0, 0];
  for (let z = -8; z <= 8; z += 0.01) {
    const weight = Math.exp((-z * z) / 2);
    sum += weight * f(mean + z * Math.sqrt(variance));
    total += weight;
  }
  return sum / total;
}

const entropyOf = (probabilities: readonly number[]) =>
  probabilities.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);

describe('the criteria', () => {
  it("give PReF's number: at λ = 0, one dimension, no ties, (1/4)² v² C", () => {
    const posterior = createPosterior({ prior: standardNormal(1, 2), tieProbability: 0 });
    expect(predictionVariance(posterior, [3])).toBeCloseTo((9 * 4) / 16, 12);
  });

  it('give the variance of the predicted answer, where it is small', () => {
    const posterior = createPosterior({
      prior: { mean: [0.8], covariance: [[1e-4]] },
      tieProbability: 0.2,
    });
    const expected = (m: number) => {
      const { first, second } = answerProbabilities(m, 0.2);
      return (first - second) / 2;
    };
    const mean = expectationOverMargins(posterior, [1.5], expected);
    const variance = expectationOverMargins(posterior, [1.5], (m) => (expected(m) - mean) ** 2);
    expect(predictionVariance(posterior, [1.5]) / variance).toBeCloseTo(1, 3);
  });

  it('give the expected growth of ½ log det of the precision', () => {
    fc.assert(
      fc.property(posteriors, vector, (posterior, difference) => {
        const precision = inverse(new Matrix(posterior.covariance));
        const before = Math.log(determinant(precision));
        const exact = expectationOverMargins(posterior, difference, (m) => {
          const weight = information(answerProbabilities(m, posterior.model.tieProbability));
          const column = Matrix.columnVector(difference);
          const added = column.mmul(column.transpose()).mul(weight);
          return (Math.log(determinant(Matrix.add(precision, added))) - before) / 2;
        });
        expect(determinantGain(posterior, difference)).toBeCloseTo(exact, 2);
      }),
      { numRuns: runs(30) },
    );
  });

  it('give the information that enumerated answers have about λ', () => {
    fc.assert(
      fc.property(posteriors, vector, (posterior, difference) => {
        const at = (m: number) => answerProbabilities(m, posterior.model.tieProbability);
        const marginal = answers.map((answer) =>
          expectationOverMargins(posterior, difference, (m) => at(m)[answer]),
        );
        const noise = expectationOverMargins(posterior, difference, (m) =>
          entropyOf(Object.values(at(m))),
        );
        const gain = mutualInformation(posterior, difference);
        expect(gain).toBeCloseTo(entropyOf(marginal) - noise, 2);
        expect(gain).toBeGreaterThanOrEqual(0);
        expect(gain).toBeLessThan(Math.log(3));
      }),
    );
  });

  it('are the same for a pair and its mirror, and 0 for two answers alike', () => {
    fc.assert(
      fc.property(posteriors, vector, (posterior, difference) => {
        const mirrored = difference.map((value) => -value);
        for (const gain of [predictionVariance, determinantGain, mutualInformation]) {
          expect(gain(posterior, mirrored)).toBeCloseTo(gain(posterior, difference), 9);
          expect(gain(posterior, [0, 0])).toBeCloseTo(0, 12);
        }
      }),
    );
  });
});

const candidates: Candidate[] = Array.from({ length: 12 }, (_, i) => ({
  id: `pair ${i}`,
  difference: [Math.cos(i) * (1 + (i % 3)), Math.sin(2 * i)],
}));
const prior = createPosterior({ prior: standardNormal(2) });
const none: ReadonlySet<string> = new Set();

function ask(criterion: Criterion, asked = none, posterior = prior, seed = 0): string {
  const next = nextQuestion(posterior, candidates, { asked, criterion, seed, minGain: 0 });
  return next.kind === 'ask' ? next.pair.id : next.reason;
}

describe('nextQuestion', () => {
  it.each([
    ['information', mutualInformation],
    ['d-optimal', determinantGain],
    ['pref', predictionVariance],
  ] as const)('finds what an exhaustive search finds: %s', (criterion, gain) => {
    fc.assert(
      fc.property(
        posteriors,
        fc.subarray(
          candidates.map(({ id }) => id),
          { maxLength: 11 },
        ),
        (posterior, ids) => {
          const asked = new Set(ids);
          const left = candidates.filter(({ id }) => !asked.has(id));
          const best = left.toSorted(
            (a, b) => gain(posterior, b.difference) - gain(posterior, a.difference),
          )[0]!;
          expect(ask(criterion, asked, posterior)).toBe(best.id);
        },
      ),
    );
  });

  it.each<Criterion>(['information', 'd-optimal', 'pref', 'random', 'fixed'])(
    'asks every pair once and then says that none is left: %s',
    (criterion) => {
      const asked = new Set<string>();
      for (const _ of candidates) asked.add(ask(criterion, asked));
      expect(asked).toEqual(new Set(candidates.map(({ id }) => id)));
      expect(ask(criterion, asked)).toBe('none left');
    },
  );

  it('asks at random as the seed says, and in order when fixed', () => {
    const drawn = Array.from({ length: 50 }, (_, seed) => ask('random', none, prior, seed));
    expect(new Set(drawn).size).toBeGreaterThan(8);
    expect(ask('random', none, prior, 7)).toBe(drawn[7]);
    expect(ask('fixed', new Set(['pair 0', 'pair 2']))).toBe('pair 1');
  });

  it('stops when nothing would teach enough, but not before the least number', () => {
    const options = { minQuestions: 2, maxQuestions: 3, minGain: 10 };
    const at = (count: number) =>
      nextQuestion(prior, candidates, {
        ...options,
        asked: new Set(Array.from({ length: count }, (_, i) => `elsewhere ${i}`)),
      });
    const best = Math.max(...candidates.map((pair) => mutualInformation(prior, pair.difference)));
    expect(at(1)).toMatchObject({ kind: 'ask', gain: best });
    expect(at(2)).toEqual({ kind: 'stop', reason: 'gain', gain: best });
    expect(at(3)).toEqual({ kind: 'stop', reason: 'count', gain: best });
  });

  it('stops by what the best pair would teach, whatever the criterion would ask', () => {
    const dull = { id: 'dull', difference: [1e-6, 0] };
    const telling = { id: 'telling', difference: [3, 0] };
    const options = { asked: none, criterion: 'fixed', minQuestions: 0, minGain: 0.1 } as const;
    expect(nextQuestion(prior, [dull, telling], options)).toMatchObject({ pair: dull });
    expect(nextQuestion(prior, [dull], options)).toMatchObject({ kind: 'stop', reason: 'gain' });
  });

  it.each(['information', 'd-optimal', 'pref', 'random', 'fixed'] as const)(
    'says what the answer to the question asked would teach: %s',
    (criterion) => {
      // The first one left is not the one that teaches most.
      const pairs = [{ id: 'dull', difference: [0.01, 0] }, ...candidates];
      for (let seed = 0; seed < 5; seed++) {
        const next = nextQuestion(prior, pairs, { asked: none, criterion, seed, minQuestions: 1 });
        if (next.kind !== 'ask') throw new Error('There is something to ask.');
        expect(next.gain).toBe(mutualInformation(prior, next.pair.difference));
      }
    },
  );

  it.each([
    ['criterion', { criterion: 'best' as Criterion }],
    ['minQuestions', { minQuestions: -1 }],
    ['maxQuestions', { minQuestions: 4, maxQuestions: 3 }],
    ['minGain', { minGain: Number.NaN }],
  ])('refuses a bad %s', (option, options) => {
    expect(() => nextQuestion(prior, candidates, { asked: none, ...options })).toThrow(
      expect.objectContaining({ option }),
    );
  });

  it('names a candidate that does not fit', () => {
    const odd = [{ id: 'odd', difference: [1] }];
    expect(() => nextQuestion(prior, odd, { asked: none })).toThrow(/candidates\["odd"\]/);
  });
});
