import { describe, expect, it } from 'vitest';
import { byteAnswer, scoreTexts } from '../../test/support/score-texts.ts';
import { InvalidOptionError, RewardError } from '../spec/index.ts';
import type { Reward, RewardSession } from '../spec/index.ts';
import { guardedReward } from './guarded-reward.ts';

type Score = RewardSession['score'];

/** A reward whose sessions do nothing but score. */
const rewardOf = (score: Score): Reward => ({
  name: 'watched',
  scope: 'both',
  start: () => ({ length: 0, score, accept() {}, truncate() {}, [Symbol.dispose]() {} }),
});
const never = () => new Promise<Float64Array>(() => {});

/** Scores two candidates. */
const scoring = (score: Score, timeoutMs: number | null = null, signal?: AbortSignal) =>
  scoreTexts(
    guardedReward(rewardOf(score), { timeoutMs }),
    ['a', 'b'],
    signal === undefined ? {} : { signal },
  );

describe('a guarded reward', () => {
  it('gives what the reward gives, at once where that does', async () => {
    const values = Float64Array.of(1, 2);
    expect(await scoring(() => values, 10_000)).toEqual([1, 2]);
    expect(await scoring(() => Promise.resolve(values), 10_000)).toEqual([1, 2]);
    const session = guardedReward(
      rewardOf(() => values),
      { timeoutMs: 10_000 },
    ).start(byteAnswer);
    expect(session.score([[1], [2]], new AbortController().signal)).toBe(values);
  });

  it.each<[string, () => Float64Array, string]>([
    ['gives too few', () => Float64Array.of(1), '1 numbers for 2 candidates'],
    ['gives NaN', () => Float64Array.of(1, Number.NaN), 'NaN for candidate 1 of 2'],
    ['gives nothing', () => undefined as unknown as Float64Array, 'undefined where'],
    [
      'throws',
      () => {
        throw new TypeError('no such thing');
      },
      'failed: no such thing',
    ],
  ])('names a reward that %s', async (_, score, says) => {
    for (const watched of [score, async () => score()]) {
      const failure = scoring(watched);
      await expect(failure).rejects.toBeInstanceOf(RewardError);
      await expect(failure).rejects.toMatchObject({ reward: 'watched' });
      await expect(failure).rejects.toThrow(
        `"watched" ${says.startsWith('failed') ? '' : 'gave '}${says}`,
      );
    }
  });

  it('keeps the cause of a failure', async () => {
    const cause = new TypeError('no such thing');
    await expect(scoring(() => Promise.reject(cause))).rejects.toMatchObject({ cause });
    const own = new RewardError('inner', 'its own words');
    await expect(scoring(() => Promise.reject(own))).rejects.toBe(own);
  });

  it('leaves a promise that takes too long, and says so to it', async () => {
    let inner: AbortSignal | undefined;
    const failure = scoring((_, signal) => {
      inner = signal;
      return never();
    }, 20);
    await expect(failure).rejects.toThrow(/^The reward "watched" took longer than 20 ms/);
    expect(inner!.aborted).toBe(true);
  });

  it('refuses synchronous work that took too long', () => {
    const times = [0, 101, 0, 100];
    const session = guardedReward(
      rewardOf(() => Float64Array.of(1)),
      { timeoutMs: 100, now: () => times.shift()! },
    ).start(byteAnswer);
    const { signal } = new AbortController();
    expect(() => session.score([[1]], signal)).toThrow('took longer than 100 ms');
    expect(session.score([[1]], signal)).toEqual(Float64Array.of(1));
  });

  it('rejects with the reason of an abort, before and during', async () => {
    const reason = new Error('gone');
    const controller = new AbortController();
    let calls = 0;
    const score = () => {
      calls += 1;
      return never();
    };
    const running = scoring(score, 10_000, controller.signal);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(scoring(score, 10_000, controller.signal)).rejects.toBe(reason);
    expect(calls).toBe(1);
  });

  it('gives the reason also where the reward itself ends with it', async () => {
    const reason = new Error('gone');
    const controller = new AbortController();
    const running = scoring(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
      null,
      controller.signal,
    );
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('hands on everything else', () => {
    const done: unknown[] = [];
    const session = guardedReward(
      {
        name: 'watched',
        scope: 'answer',
        start: (answer) => ({
          length: 7,
          score: never,
          accept: (tokens) => void done.push(tokens),
          truncate: (length) => void done.push(length),
          [Symbol.dispose]: () => void done.push(answer),
        }),
      },
      { timeoutMs: 1 },
    ).start(byteAnswer);
    session.accept([1, 2]);
    session.truncate(1);
    session[Symbol.dispose]();
    expect(done).toEqual([[1, 2], 1, byteAnswer]);
    expect(session.length).toBe(7);
  });

  it.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses a limit of %d ms', (timeoutMs) => {
    expect(() => guardedReward(rewardOf(never), { timeoutMs })).toThrow(InvalidOptionError);
  });
});
