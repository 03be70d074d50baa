import { expect, it } from 'vitest';

import { countAnswers, msPerToken, type Counted } from './counts.ts';
import { showDrafts } from './report.ts';

const token = { tokenId: 1, text: 'a' };

function answer(
  tokens: number,
  forwards: Readonly<Record<string, number>>,
  drafts?: Counted['usage']['drafts'],
): Counted {
  const models = Object.fromEntries(
    Object.entries(forwards).map(([name, count]) => [
      name,
      { promptTokens: 9, cachedTokens: 0, forwards: count },
    ]),
  );
  return {
    tokens: Array.from({ length: tokens }, () => token),
    usage: {
      promptTokens: 9,
      completionTokens: tokens,
      models,
      ...(drafts !== undefined && { drafts }),
    },
  };
}

const timed = (tokens: number, decodeMs: number) => ({
  tokens: Array.from({ length: tokens }, () => token),
  timings: { queuedMs: 1, prefillMs: 50, decodeMs, tokensPerSecond: 0 },
});

it('counts passes for a token, and drafts by drafter', () => {
  const counts = countAnswers([
    answer(10, { base: 4, expert: 9 }, { copies: { drafted: 8, accepted: 3 } }),
    answer(
      30,
      { base: 12, expert: 31 },
      { copies: { drafted: 2, accepted: 2 }, expert: { drafted: 20, accepted: 15 } },
    ),
    answer(0, { base: 1 }),
  ]);
  expect(counts).toEqual({
    tokens: 40,
    passesPerToken: { base: 17 / 40, expert: 1 },
    drafts: { copies: { drafted: 10, accepted: 5 }, expert: { drafted: 20, accepted: 15 } },
  });
  expect(showDrafts(counts)).toBe('copies 5 of 10, expert 15 of 20');
});

it('has no drafts where nobody drafts', () => {
  const counts = countAnswers([answer(3, { base: 3 })]);
  expect(counts.drafts).toEqual({});
  expect(showDrafts(counts)).toBe('–');
});

it('times what is after first tokens; at once, the slowest answer is the time of all', () => {
  expect(msPerToken([[timed(11, 100)], [timed(6, 80)]])).toBe(180 / 15);
  expect(msPerToken([[timed(11, 100), timed(6, 80)]])).toBe(100 / 15);
  expect(msPerToken([[timed(0, 0), timed(1, 0)], [timed(5, 20)]])).toBe(5);
});
