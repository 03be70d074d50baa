import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type {
  Continuations,
  Reward,
  RewardedAnswer,
  RewardSession,
  TokenId,
} from '../../src/spec/index.ts';
import { runs } from './runs.ts';

export interface RewardContractOptions {
  readonly create: () => Reward | Promise<Reward>;
  readonly answer: RewardedAnswer;
  /** Pieces of answers: text in the reward's own terms, so that its values differ. */
  readonly phrases: readonly (readonly TokenId[])[];
  /** Largest difference of two values that should be equal: 0, exactly equal, by default. */
  readonly tolerance?: number;
  /** Random answers per law: 30 by default. */
  readonly answers?: number;
}

/** The laws of `Reward`, for every implementation of it. */
export function describeReward(name: string, options: RewardContractOptions): void {
  const { create, answer, phrases, tolerance = 0, answers = 30 } = options;
  const signal = new AbortController().signal;

  const text = (maxLength: number) =>
    fc.array(fc.constantFrom(...phrases), { minLength: 1, maxLength }).map((parts) => parts.flat());
  const continuations = fc.array(text(2), { minLength: 1, maxLength: 4 });

  const scoreOf = async (session: RewardSession, tokens: Continuations) =>
    Float64Array.from(await session.score(tokens, signal));
  /** The largest difference between values that should be equal. */
  const distance = (actual: Float64Array, expected: Float64Array): number => {
    expect(actual).toHaveLength(expected.length);
    return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  };

  describe(`${name}, as a reward,`, () => {
    let reward: Reward;
    const holds = <Values extends [unknown, ...unknown[]]>(
      arbitraries: { [K in keyof Values]: fc.Arbitrary<Values[K]> },
      law: (session: RewardSession, ...values: Values) => Promise<void>,
    ) =>
      fc.assert(
        fc.asyncProperty(...arbitraries, async (...values) => {
          const session = reward.start(answer);
          try {
            await law(session, ...values);
          } finally {
            session[Symbol.dispose]();
          }
        }),
        { numRuns: runs(answers) },
      );

    it('has a name and a scope', async () => {
      reward = await create();
      expect(reward.name).not.toBe('');
      expect(['prefix', 'answer', 'both']).toContain(reward.scope);
    });

    it('gives one finite number per candidate', () =>
      holds([text(3), continuations], async (session, prefix, candidates) => {
        session.accept(prefix);
        const values = await session.score(candidates, signal);
        expect(values).toBeInstanceOf(Float64Array);
        expect(values).toHaveLength(candidates.length);
        expect(values.every(Number.isFinite)).toBe(true);
        expect(await session.score([], signal)).toHaveLength(0);
      }));

    it('tells some candidates apart', async () => {
      const session = reward.start(answer);
      const values = await scoreOf(session, phrases);
      session[Symbol.dispose]();
      expect(new Set(values).size).toBeGreaterThan(1);
    });

    it('gives the same whether tokens are accepted or scored', () =>
      holds([text(3), text(3), fc.nat()], async (session, prefix, rest, cut) => {
        session.accept(prefix);
        const expected = await scoreOf(session, [rest]);
        const accepted = cut % rest.length;
        session.accept(rest.slice(0, accepted));
        const actual = await scoreOf(session, [rest.slice(accepted)]);
        expect(distance(actual, expected)).toBeLessThanOrEqual(tolerance);
      }));

    it('gives the same for candidates together and alone', () =>
      holds([text(3), continuations], async (session, prefix, candidates) => {
        session.accept(prefix);
        const together = await scoreOf(session, candidates);
        for (const [i, candidate] of candidates.entries()) {
          const alone = await scoreOf(session, [candidate]);
          expect(distance(alone, together.subarray(i, i + 1))).toBeLessThanOrEqual(tolerance);
        }
      }));

    it('is not changed by scoring', () =>
      holds([text(3), continuations, continuations], async (session, prefix, first, others) => {
        session.accept(prefix);
        const before = await scoreOf(session, first);
        await scoreOf(session, others);
        expect(session.length).toBe(prefix.length);
        expect(distance(await scoreOf(session, first), before)).toBeLessThanOrEqual(tolerance);
      }));

    it('goes back to where it was, and on another way from there', () =>
      holds([text(4), fc.nat(), text(3), text(3)], async (session, tokens, cut, dropped, other) => {
        const length = cut % (tokens.length + 1);
        const kept = tokens.slice(0, length);
        session.accept(kept);
        const expected = await scoreOf(session, [other]);
        session.accept(tokens.slice(length));
        await scoreOf(session, [dropped]);
        session.accept(dropped);
        await scoreOf(session, [other]);
        session.truncate(length);
        expect(session.length).toBe(length);
        expect(distance(await scoreOf(session, [other]), expected)).toBeLessThanOrEqual(tolerance);
        session.accept(other);
        const onward = await scoreOf(session, [dropped]);
        const fresh = reward.start(answer);
        fresh.accept([...kept, ...other]);
        expect(distance(await scoreOf(fresh, [dropped]), onward)).toBeLessThanOrEqual(tolerance);
        fresh[Symbol.dispose]();
      }));

    it('serves answers side by side', () =>
      holds([text(3), text(3), continuations], async (session, mine, others, candidates) => {
        session.accept(mine);
        const expected = await scoreOf(session, candidates);
        const other = reward.start(answer);
        other.accept(others);
        const [again] = await Promise.all([
          scoreOf(session, candidates),
          scoreOf(other, candidates),
        ]);
        other[Symbol.dispose]();
        expect(distance(again, expected)).toBeLessThanOrEqual(tolerance);
      }));

    it('gives the reason of an abort', async () => {
      const reason = new Error('no longer wanted');
      const session = reward.start(answer);
      const scoring = async () => session.score(phrases, AbortSignal.abort(reason));
      await expect(scoring()).rejects.toBe(reason);
      expect(await scoreOf(session, phrases)).toHaveLength(phrases.length);
      session[Symbol.dispose]();
    });
  });
}
