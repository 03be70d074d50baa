import { expect, it } from 'vitest';

import { gatherComparisons } from './compared-answers.ts';

const prompt = { messages: [{ role: 'user' as const, content: 'Who?' }] };

it('counts users, prompts, answers and pairs once, and mirrors what was shown the other way', () => {
  const gathered = gatherComparisons([
    { user: 'ann', prompt, first: 'A', second: 'B', outcome: 'first' },
    { user: 'bob', prompt: structuredClone(prompt), first: 'B', second: 'A', outcome: 'first' },
    { user: 'ann', prompt, first: 'C', second: 'A', outcome: 'second' },
    { user: 'ann', prompt: 'Who?', first: 'A', second: 'B', outcome: 'neither' },
    { user: 'bob', prompt, first: 'B', second: 'A', outcome: 'tie' },
  ]);
  expect(gathered).toEqual({
    prompts: [
      { prompt, answers: ['A', 'B', 'C'] },
      { prompt: 'Who?', answers: ['A', 'B'] },
    ],
    pairs: [
      { prompt: 0, first: 0, second: 1 },
      { prompt: 0, first: 0, second: 2 },
      { prompt: 1, first: 0, second: 1 },
    ],
    comparisons: [
      { user: 0, pair: 0, answer: 'first' },
      { user: 1, pair: 0, answer: 'second' },
      { user: 0, pair: 1, answer: 'first' },
      { user: 0, pair: 2, answer: 'neither' },
      { user: 1, pair: 0, answer: 'tie' },
    ],
  });
});
