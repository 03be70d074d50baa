import { expect, it } from 'vitest';

import { compareAnswers, type GreedyAnswer } from './compare.ts';

function answer(
  ...steps: readonly (readonly [token: number, ...logprobs: number[]])[]
): GreedyAnswer {
  return {
    tokens: steps.map(([token]) => token),
    logprobs: steps.map(([, ...logprobs]) => new Map(logprobs.map((each, i) => [i, each]))),
  };
}

it('finds the largest difference of log-probs, up to where answers part', () => {
  const one = answer([0, -0.1, -3], [1, -0.5, -0.4], [0, -1, -9]);
  const other = answer([0, -0.15, -3], [1, -0.5, -0.7], [0, -1, -9]);
  const found = compareAnswers([one, one], [one, other]);
  expect(found).toMatchObject({ prompts: 2, tokens: 6, partings: [], faults: [] });
  expect(found.largestDifference).toBeCloseTo(0.3, 12);
});

it('excuses a parting only between tokens that are as close as rounding', () => {
  const one = answer([0, -0.1, -3], [0, -0.7, -0.701]);
  const other = answer([0, -0.101, -3], [1, -0.701, -0.7]);
  const close = compareAnswers([one], [other]);
  expect(close.partings).toHaveLength(1);
  expect(close.partings[0]).toMatchObject({ prompt: 0, position: 1 });
  expect(close.faults).toEqual([]);
  const far = compareAnswers([answer([0, -0.1, -3])], [answer([1, -0.1, -3])]);
  expect(far.faults).toHaveLength(1);
});

it('takes an answer that ends early for one that parts', () => {
  const one = answer([0, -0.1, -3], [0, -0.1, -3]);
  const other = answer([0, -0.1, -3]);
  expect(compareAnswers([one], [other]).faults).toEqual([{ prompt: 0, position: 1, gap: 2.9 }]);
  expect(compareAnswers([other], [one]).faults).toEqual([
    { prompt: 0, position: 1, gap: Infinity },
  ]);
});
