import { describe, expect, it } from 'vitest';

import type { RewardSession, TokenId } from '../../spec/index.ts';
import { GenerationRewards } from './generation-rewards.ts';
import { sessionScorer, type RewardScorer } from './reward-scorer.ts';
import { answerScore, largestShare, type WeighedReward } from './reward-shares.ts';

const { signal } = new AbortController();

/** A reward's session that writes down what happens to it; its value is the sum of the tokens. */
function createSession({ isLate = false, fails = false } = {}) {
  const tokens: TokenId[] = [];
  const log: string[] = [];
  const sum = (all: readonly TokenId[]) => all.reduce((total, id) => total + id, 0);
  const session: RewardSession = {
    get length() {
      return tokens.length;
    },
    score(continuations) {
      log.push(`score ${JSON.stringify(continuations)} after ${tokens.join('')}`);
      if (fails) throw new Error('no value');
      const values = Float64Array.from(continuations, (own) => sum([...tokens, ...own]));
      return isLate ? Promise.resolve(values) : values;
    },
    accept: (own) => void tokens.push(...own),
    truncate: (length) => void (tokens.length = length),
    [Symbol.dispose]: () => void log.push('disposed'),
  };
  return { session, tokens, log };
}

describe('a session as a scorer', () => {
  it.each([false, true])('gives values of continuations, late: %s', async (isLate) => {
    const scorer = sessionScorer('r', createSession({ isLate }).session, true);
    scorer.accept([5]);
    const given = scorer.score([[1], [2, 3]], signal);
    expect(given instanceof Promise).toBe(isLate);
    expect(await given).toEqual([Float64Array.of(6, 10)]);
    expect(scorer.names).toEqual(['r']);
  });

  it('values an answer by its end, or by its last token, which it keeps', async () => {
    const { session, tokens, log } = createSession();
    const scorer = sessionScorer('r', session, true);
    scorer.accept([5, 6]);
    scorer.accept([7]);
    expect(await scorer.value(9, signal)).toEqual([27]);
    expect(await scorer.value(null, signal)).toEqual([18]);
    expect(log).toEqual(['score [[9]] after 567', 'score [[7]] after 56']);
    expect(tokens).toEqual([5, 6, 7]);
  });

  it('keeps its last token where it has no value, too', async () => {
    const { session, tokens } = createSession({ fails: true });
    const scorer = sessionScorer('r', session, true);
    scorer.accept([5, 6]);
    await expect(scorer.value(null, signal)).rejects.toThrow('no value');
    expect(tokens).toEqual([5, 6]);
  });

  it('goes back, and values what is left', async () => {
    const { session, tokens } = createSession();
    const scorer = sessionScorer('r', session, true);
    scorer.accept([5, 6, 7]);
    scorer.truncate(2);
    expect(await scorer.value(null, signal)).toEqual([11]);
    expect(tokens).toEqual([5, 6]);
  });
});

const guiding: readonly WeighedReward[] = [
  { name: 'a', weight: 2, normalization: { mean: 10, deviation: 4 }, bounds: null },
  { name: 'b', weight: -1, normalization: null, bounds: { min: 1, max: 200 } },
];

describe('the largest share of a reward', () => {
  const reward = { name: 'r', weight: 2, normalization: null, bounds: { min: -3, max: 5 } };
  const normalization = { mean: 1, deviation: 2 };

  it('is that of the bound which the sign of its weight needs, normalised', () => {
    expect(largestShare(reward, 'args')).toBe(10);
    expect(largestShare({ ...reward, weight: -2 }, 'args')).toBe(6);
    expect(largestShare({ ...reward, normalization }, 'args')).toBe(4);
    expect(largestShare({ ...reward, weight: -2, normalization }, 'args')).toBe(4);
  });

  it('is not known without that bound', () => {
    expect(largestShare({ ...reward, bounds: null }, 'args')).toBe(Infinity);
    expect(largestShare({ ...reward, bounds: { min: 0 }, normalization }, 'args')).toBe(Infinity);
    expect(largestShare({ ...reward, weight: -1, bounds: { max: 0 } }, 'args')).toBe(Infinity);
    expect(largestShare({ ...reward, bounds: { max: 5 } }, 'args')).toBe(10);
  });

  it('is that of values between 0 and 1 under RAD, whatever is declared', () => {
    expect(largestShare({ ...reward, bounds: null }, 'rad')).toBe(2);
    expect(largestShare(reward, 'rad')).toBe(2);
    expect(largestShare({ ...reward, bounds: { max: 0.25 } }, 'rad')).toBe(0.5);
    expect(largestShare({ ...reward, weight: -2, bounds: null }, 'rad')).toBeCloseTo(0);
    expect(largestShare({ ...reward, weight: -2, bounds: { min: 0.5 } }, 'rad')).toBe(-1);
  });
});

describe('the score of an answer', () => {
  const values: Readonly<Record<string, number>> = { a: 12, b: 0.5 };

  it('is the weighted sum of normalised values', () => {
    expect(answerScore(guiding, 'args', (name) => values[name]!)).toBe((2 * 2) / 4 - 0.5);
    expect(answerScore(guiding, 'best-of', (name) => values[name]!)).toBe(0.5);
    expect(answerScore([], 'args', () => 1)).toBe(0);
  });

  it('is that of values between 0 and 1 as they are, under RAD', () => {
    expect(answerScore(guiding, 'rad', (name) => values[name]!)).toBe(2 - 0.5);
  });
});

/** Scorers of the names, each worth `base` plus the last token. */
function createScorer(
  names: readonly string[],
  { isLate = false, base = 0, isCostly = false } = {},
) {
  const log: string[] = [];
  const scorer: RewardScorer = {
    names,
    isCostly,
    score(continuations) {
      log.push(`score ${continuations.join()}`);
      const values = names.map((_, i) =>
        Float64Array.from(continuations, (own) => base + 100 * i + own.at(-1)!),
      );
      return isLate ? Promise.resolve(values) : values;
    },
    value: async (end) => names.map((_, i) => base + 100 * i + (end ?? 0)),
    accept: (tokens) => void log.push(`accept ${tokens.join()}`),
    truncate: (length) => void log.push(`truncate ${length}`),
    park: () => void log.push('park'),
    resume: () => void log.push('resume'),
    [Symbol.dispose]: () => void log.push('dispose'),
  };
  return { scorer, log };
}

describe('the rewards of an answer', () => {
  it.each([false, true])(
    'weigh candidates by name, whatever gives them, late: %s',
    async (isLate) => {
      const rewards = new GenerationRewards({
        guiding,
        method: 'args',
        // A scorer gives values of rewards that only report, too.
        followers: [
          createScorer(['other', 'b'], { isLate }).scorer,
          createScorer(['a'], { base: 3 }).scorer,
        ],
        judges: [],
      });
      const given = rewards.begin(Int32Array.of(7, 8), signal);
      expect(given instanceof Promise).toBe(isLate);
      const weighed = await given;
      const a = [7, 8].map((id) => (3 + id - 10) / 4);
      const b = [107, 108];
      expect([...weighed.totals]).toEqual([2 * a[0]! - b[0]!, 2 * a[1]! - b[1]!]);
      expect(weighed.sharesOf(1)).toEqual([
        { name: 'a', weight: 2, value: a[1], share: 2 * a[1]! },
        { name: 'b', weight: -1, value: 108, share: -108 },
      ]);
    },
  );

  it('ask what costs nothing about all candidates, and the others about those that are named', async () => {
    const free = createScorer(['a']);
    const costly = createScorer(['b'], { isCostly: true, isLate: true });
    const idle = createScorer(['c']);
    const rewards = new GenerationRewards({
      guiding,
      method: 'args',
      followers: [free.scorer, costly.scorer, idle.scorer],
      judges: [],
    });
    const candidates = await rewards.begin(Int32Array.of(7, 8, 9), signal);
    const a = [7, 8, 9].map((id) => (id - 10) / 2);
    // What is not known is at its bound: b is at least 1, and its weight -1.
    expect([...candidates.totals]).toEqual(a.map((share) => share - 1));
    expect([0, 1, 2].map((place) => candidates.isValued(place))).toEqual([false, false, false]);
    await candidates.value([2, 0], signal);
    expect([...candidates.totals]).toEqual([a[0]! - 7, a[1]! - 1, a[2]! - 9]);
    expect([0, 1, 2].map((place) => candidates.isValued(place))).toEqual([true, false, true]);
    expect(candidates.sharesOf(2)[1]).toEqual({ name: 'b', weight: -1, value: 9, share: -9 });
    expect(free.log).toEqual(['score 7,8,9']);
    expect(costly.log).toEqual(['score 9,7']);
    expect(idle.log).toEqual([]);
    expect(rewards.usage).toEqual({
      a: { candidates: 3, valued: 3 },
      b: { candidates: 3, valued: 2 },
    });
  });

  it('refuse a value beyond its bounds', async () => {
    const costly = createScorer(['a', 'b'], { isCostly: true });
    const rewards = new GenerationRewards({
      guiding,
      method: 'args',
      followers: [costly.scorer],
      judges: [],
    });
    const candidates = await rewards.begin(Int32Array.of(7, 100, 101), signal);
    await candidates.value([1], signal);
    expect(() => candidates.value([0, 2], signal)).toThrow(
      'The reward "b" gave 201, beyond the max of 200 that its bounds declare',
    );
  });

  it('let followers follow the answer, and tell judges of it at the end alone', async () => {
    const follower = createScorer(['a']);
    const judge = createScorer(['j'], { base: 50 });
    const rewards = new GenerationRewards({
      guiding: guiding.slice(0, 1),
      method: 'args',
      followers: [follower.scorer],
      judges: [judge.scorer],
    });
    rewards.accept([1, 2]);
    rewards.accept([3]);
    rewards.truncate(2);
    rewards.accept([4]);
    expect(await rewards.total(6, signal)).toBe((2 * (6 - 10)) / 4);
    expect(judge.log).toEqual([]);
    expect(await rewards.report(6, signal)).toEqual({ a: 6, j: 56 });
    expect(await rewards.total(null, signal)).toBe(-5);
    expect(follower.log).toEqual(['accept 1,2', 'accept 3', 'truncate 2', 'accept 4']);
    expect(judge.log).toEqual(['accept 1,2,4']);
  });

  it('give up what they hold, get it again, and end, with their judges', () => {
    const follower = createScorer(['a']);
    const judge = createScorer(['j']);
    const bare = sessionScorer('s', createSession().session, true); // holds nothing that others want
    const rewards = new GenerationRewards({
      guiding: [],
      method: 'args',
      followers: [follower.scorer, bare],
      judges: [judge.scorer],
    });
    rewards.park();
    rewards.resume();
    rewards[Symbol.dispose]();
    for (const { log } of [follower, judge]) expect(log).toEqual(['park', 'resume', 'dispose']);
  });
});
