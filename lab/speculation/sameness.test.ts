import { expect, it } from 'vitest';

import type { LoadedRecipe } from '../../src/index.ts';
import { compareAnswers, firstDifference } from './sameness.ts';

const end = 9;

/** Scores a token by a table, whatever stands before it. */
function scoredBy(logprobs: Readonly<Record<number, number>>) {
  const scored: (readonly number[])[] = [];
  const loaded = {
    tokenizeExchange: async () => ({ prompt: [], answer: [end] }),
    score: async (_: unknown, continuation: readonly number[]) => {
      scored.push(continuation);
      return { tokens: continuation.map((tokenId) => ({ tokenId, logprob: logprobs[tokenId]! })) };
    },
  } as unknown as LoadedRecipe;
  return { loaded, scored };
}

const answer = (...ids: number[]) => ({
  text: ids.join(' '),
  tokens: ids.map((tokenId) => ({ tokenId, text: String(tokenId) })),
});
const greedy = { prompt: 'a', options: { temperature: 0 } };
const sampled = { prompt: 'a', options: { temperature: 1 } };

it('finds where two lists part', () => {
  expect(firstDifference([1, 2, 3], [1, 2, 3])).toBe(-1);
  expect(firstDifference([1, 2, 3], [1, 5, 3])).toBe(1);
  expect(firstDifference([1, 2], [1, 2, 3])).toBe(2);
  expect(firstDifference([], [1])).toBe(0);
});

it('tells near ties of greedy answers from other differences', async () => {
  const { loaded, scored } = scoredBy({ 1: -1, 2: -1.1, 3: -4, [end]: -1.05 });
  const asked = [greedy, greedy, greedy, greedy, sampled];
  const plain = [answer(7, 1), answer(7, 1), answer(7, 1), answer(7), answer(1)];
  const drafted = [answer(7, 1), answer(7, 2, 5), answer(7, 3), answer(7, 1), answer(2)];
  expect(await compareAnswers(loaded, asked, plain, drafted)).toEqual({
    answers: 5,
    differing: 4,
    nearTies: 2,
    broken: 1,
  });
  expect(scored.slice(0, 2)).toEqual([
    [7, 1],
    [7, 2],
  ]);
});

it('compares bytes, too', async () => {
  const { loaded } = scoredBy({});
  const other = { ...answer(1), text: 'one' };
  expect(await compareAnswers(loaded, [greedy], [answer(1)], [other])).toMatchObject({
    differing: 1,
    nearTies: 0,
  });
});
