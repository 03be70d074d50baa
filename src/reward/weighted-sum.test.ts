import { describe, expect, it } from 'vitest';
import { byteAnswer, scoreTexts } from '../../test/support/score-texts.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { Reward, RewardScope } from '../spec/index.ts';
import { functionReward } from './function-reward.ts';
import { weightedSum } from './weighted-sum.ts';

const lengths = functionReward({ name: 'lengths', score: (texts) => texts.map((t) => t.length) });
const capitals = functionReward({
  name: 'capitals',
  score: async (texts) => texts.map((text) => text.match(/[A-Z]/g)?.length ?? 0),
});
const scoped = (scope: RewardScope): Reward => ({ ...lengths, name: scope, scope });

describe('a weighted sum', () => {
  it('adds up normalised values', async () => {
    const sum = weightedSum('sum', [
      { reward: lengths, weight: 2, normalization: { mean: 3, deviation: 4 } },
      { reward: capitals, weight: -0.5, normalization: null },
    ]);
    expect(await scoreTexts(sum, ['abCDE', 'a'])).toEqual([
      2 * ((5 - 3) / 4) - 0.5 * 3,
      2 * ((1 - 3) / 4),
    ]);
  });

  it('is 0 of nothing, and does not run what weighs nothing', async () => {
    expect(await scoreTexts(weightedSum('none', []), ['a', 'b'])).toEqual([0, 0]);
    const failing = functionReward({ name: 'failing', score: () => [] });
    const parts = [
      { reward: failing, weight: 0 },
      { reward: lengths, weight: 1 },
    ];
    expect(await scoreTexts(weightedSum('sum', parts), ['abc'])).toEqual([3]);
  });

  it.each<[RewardScope[], RewardScope]>([
    [[], 'both'],
    [['both', 'both'], 'both'],
    [['both', 'answer'], 'answer'],
    [['prefix', 'both', 'prefix'], 'prefix'],
  ])('of %j is for %s', (scopes, scope) => {
    const parts = scopes.map((each) => ({ reward: scoped(each), weight: 1 }));
    expect(weightedSum('sum', parts).scope).toBe(scope);
  });

  it('refuses parts that have no texts in common', () => {
    const parts = [scoped('prefix'), scoped('answer')].map((reward) => ({ reward, weight: 1 }));
    expect(() => weightedSum('sum', parts)).toThrow(InvalidOptionError);
  });

  it.each([
    { weight: Number.NaN },
    { weight: 1, normalization: { mean: 0, deviation: 0 } },
    { weight: 1, normalization: { mean: 0, deviation: -1 } },
    { weight: 1, normalization: { mean: Infinity, deviation: 1 } },
  ])('refuses %j', (part) => {
    expect(() => weightedSum('sum', [{ reward: lengths, ...part }])).toThrow(InvalidOptionError);
  });

  it('fails as a part fails, and leaves no rejection behind', async () => {
    const late = functionReward({ name: 'late', score: () => Promise.reject(new Error('late')) });
    const early = functionReward({
      name: 'early',
      score() {
        throw new Error('early');
      },
    });
    const parts = [late, early].map((reward) => ({ reward, weight: 1 }));
    await expect(scoreTexts(weightedSum('sum', parts), ['a'])).rejects.toThrow('early');
    await expect(scoreTexts(weightedSum('sum', parts.slice(0, 1)), ['a'])).rejects.toThrow('late');
  });

  it('disposes of its parts, also of those before one that cannot start', () => {
    let alive = 0;
    const counted: Reward = {
      ...lengths,
      start(answer) {
        alive += 1;
        const session = lengths.start(answer);
        return { ...session, length: 0, [Symbol.dispose]: () => void (alive -= 1) };
      },
    };
    const broken: Reward = {
      ...lengths,
      start() {
        throw new Error('cannot start');
      },
    };
    const weigh = (...rewards: Reward[]) =>
      weightedSum(
        'sum',
        rewards.map((reward) => ({ reward, weight: 1 })),
      );
    const session = weigh(counted, counted).start(byteAnswer);
    expect(alive).toBe(2);
    session[Symbol.dispose]();
    expect(alive).toBe(0);
    expect(() => weigh(counted, broken).start(byteAnswer)).toThrow('cannot start');
    expect(alive).toBe(0);
  });
});
