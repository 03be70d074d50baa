import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../spec/index.ts';
import { indexOfBest } from './best-of.ts';
import { candidateScores, rewardShares } from './candidate-scores.ts';
import { estimateNormalization, normalise } from './normalization.ts';
import { acceptanceProbability, endsSegment, entropyOf, takenTry } from './segments.ts';

const finite = fc.double({ min: -20, max: 20, noNaN: true });
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

function softmax(scores: ArrayLike<number>, temperature = 1): number[] {
  const weights = Array.from(scores, (score) => Math.exp(score / temperature));
  return weights.map((weight) => weight / sum(weights));
}

describe('scores of candidates', () => {
  const logits = [2, 0.5, -1, 1];
  const rewards = Float64Array.of(-0.5, 1.25, 3, 0.25);

  it('are ARGS: the base tilted by the exponential of the reward', () => {
    const [weight, temperature] = [1.5, 0.7];
    const guided = candidateScores(logits, [rewardShares('args', rewards, weight)]);
    // p(v) ∝ p_base(v)^(1/τ) · exp(w r(v) / τ), written with probabilities alone.
    const tilted = softmax(logits).map(
      (p, v) => p ** (1 / temperature) * Math.exp((weight * rewards[v]!) / temperature),
    );
    softmax(guided, temperature).forEach((p, v) => {
      expect(p).toBeCloseTo(tilted[v]! / sum(tilted), 12);
    });
    // 2 - 0.75, 0.5 + 1.875, -1 + 4.5, 1 + 0.375
    expect([...guided]).toEqual([1.25, 2.375, 3.5, 1.375]);
    expect(indexOfBest(guided)).toBe(2);
  });

  it('are RAD: what is outside [0, 1] counts as the nearest bound', () => {
    expect([...rewardShares('rad', rewards, 4)]).toEqual([0, 4, 4, 1]);
    expect([...candidateScores(logits, [rewardShares('rad', rewards, 4)])]).toEqual([2, 4.5, 3, 2]);
  });

  it('add up over rewards', () => {
    const shares = [rewardShares('args', rewards, 2), rewardShares('rad', rewards, -1)];
    expect([...candidateScores(logits, shares)]).toEqual([1, 2, 4, 1.25]);
  });

  it('are the logits themselves, bit for bit, without weight', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.float({ noNaN: true }), finite)), (candidates) => {
        const given = Float32Array.from(candidates, ([logit]) => logit);
        const values = Float64Array.from(candidates, ([, value]) => value);
        const scores = candidateScores(given, [rewardShares('args', values, 0)]);
        expect(Float32Array.from(scores).map((x) => x + 0)).toEqual(given.map((x) => x + 0));
        expect(candidateScores(given, [])).toEqual(Float64Array.from(given));
      }),
    );
  });
});

describe('the best', () => {
  it('is the largest, the first among equals', () => {
    expect(indexOfBest([1, 3, 2, 3])).toBe(1);
    expect(indexOfBest(Float64Array.of(-2))).toBe(0);
    expect(indexOfBest([])).toBe(-1);
  });
});

describe('the scale of a reward', () => {
  it('is the mean and the sample deviation', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    const scale = estimateNormalization(values);
    expect(scale.mean).toBeCloseTo(5, 12);
    expect(scale.deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(normalise(9, { mean: 5, deviation: 2 })).toBe(2);
  });

  it('makes values of mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2 }), (values) => {
        fc.pre(Math.max(...values) - Math.min(...values) > 1e-3);
        const scale = estimateNormalization(values);
        const scaled = values.map((value) => normalise(value, scale));
        expect(sum(scaled) / scaled.length).toBeCloseTo(0, 6);
        expect(sum(scaled.map((z) => z * z)) / (scaled.length - 1)).toBeCloseTo(1, 6);
      }),
    );
  });

  it('keeps its digits far from 0', () => {
    const scale = estimateNormalization([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(scale.deviation).toBeCloseTo(Math.sqrt(30), 9);
  });

  it('is only centred where all values are equal', () => {
    expect(estimateNormalization([0.1, 0.1, 0.1])).toEqual({ mean: 0.1, deviation: 1 });
  });

  it.each([[[]], [[1]], [[1, Number.NaN]], [[1, Infinity]]])(
    'is not estimated from %j',
    (values) => {
      expect(() => estimateNormalization(values)).toThrow(InvalidOptionError);
    },
  );
});

describe('entropy', () => {
  it('is that of the distribution, in nats', () => {
    const logits = fc.array(fc.oneof(finite, fc.constant(-Infinity)), { minLength: 1 });
    fc.assert(
      fc.property(logits, fc.double({ min: -1e4, max: 1e4, noNaN: true }), (given, shift) => {
        fc.pre(given.some((x) => x > -Infinity));
        const probabilities = softmax(given).filter((p) => p > 0);
        const expected = -sum(probabilities.map((p) => p * Math.log(p)));
        expect(entropyOf(Float64Array.from(given, (x) => x + shift))).toBeCloseTo(expected, 6);
      }),
    );
  });

  it('is log n of n equal ones and 0 of a certain one', () => {
    expect(entropyOf(new Float32Array(20).fill(300))).toBeCloseTo(Math.log(20), 12);
    expect(entropyOf(Float32Array.of(-Infinity, 5, -Infinity))).toBe(0);
  });
});

describe('segments', () => {
  it.each([
    [0, 9, false],
    [1, 2.9, false],
    [1, 3, true],
    [7, 1, false],
    [8, 1, true],
  ])('of %d tokens before an entropy of %d end: %s', (length, entropy, ends) => {
    expect(endsSegment({ entropy: 3, maxTokens: 8 }, { length, entropy })).toBe(ends);
  });

  it('are accepted as their reward nears the threshold', () => {
    const guidance = { threshold: 2, beta: 0.5 };
    expect(acceptanceProbability(2, guidance)).toBe(1);
    expect(acceptanceProbability(1e9, guidance)).toBe(1);
    expect(acceptanceProbability(1, guidance)).toBeCloseTo(Math.exp(-2), 12);
    expect(acceptanceProbability(-1e9, guidance)).toBe(0);
  });

  it('are taken when accepted, sampled again, or the best in the end', () => {
    const guidance = { threshold: 1, beta: 1, maxTries: 3 };
    const acceptance = Math.exp(-1);
    expect(takenTry([0], guidance, acceptance - 1e-9)).toBe(0);
    expect(takenTry([0], guidance, acceptance)).toBeNull();
    expect(takenTry([-3, -9], guidance, 0.5)).toBeNull();
    expect(takenTry([-3, -2, -2], guidance, 0.99)).toBe(1);
    expect(takenTry([-3, -2, 2], guidance, 0.99)).toBe(2);
  });

  it.each([1, 2, 3, 5])('have the exact distribution in at most %d tries', (maxTries) => {
    // A world of two segments: a with the lower reward, b with the higher.
    const world = [
      { probability: 0.8, reward: 0.25 },
      { probability: 0.2, reward: 0.9 },
    ];
    const guidance = { threshold: 1.2, beta: 0.6, maxTries };
    const accept = world.map(({ reward }) => acceptanceProbability(reward, guidance));

    // Every course of tries, each decided both ways.
    const taken = [0, 0];
    const go = (tries: readonly number[], mass: number): void => {
      for (const [segment, { probability }] of world.entries()) {
        const all = [...tries, segment];
        const values = all.map((each) => world[each]!.reward);
        for (const [uniform, share] of [
          [0, accept[segment]!],
          [accept[segment]!, 1 - accept[segment]!],
        ] as const) {
          const index = takenTry(values, guidance, uniform);
          const part = mass * probability * share;
          if (index === null) go(all, part);
          else taken[all[index]!]! += part;
        }
      }
    };
    go([], 1);

    const [a, b] = world.map(({ probability }, i) => probability * accept[i]!) as [number, number];
    const anyTry = (1 - (1 - a - b) ** maxTries) / (a + b);
    const onlyRejectedA = (0.8 - a) ** maxTries;
    expect(taken[0]).toBeCloseTo(a * anyTry + onlyRejectedA, 12);
    expect(taken[1]).toBeCloseTo(b * anyTry + (1 - a - b) ** maxTries - onlyRejectedA, 12);
  });
});
