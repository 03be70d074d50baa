import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { runs } from '../../../test/support/runs.ts';
import type { SourceRow } from '../../compose/index.ts';
import { attributeValues, RowScorer } from './row-scorer.ts';

/** Rows in which a token's log-prob is a tenth of its id under the attribute's view, and 0 under the other. */
const rowOf = (model: string): SourceRow => {
  const read = (tokenId: number): number => (model === 'asked' ? tokenId / 10 : 0);
  return { value: read, logprob: read } as unknown as SourceRow;
};

const scorerOf = (answerTokens: number | null) =>
  new RowScorer('joy', attributeValues('asked', 'plain'), rowOf, answerTokens);

const tokens = fc.array(fc.integer({ min: -90, max: 90 }), { minLength: 1, maxLength: 30 });
const sumOf = (ids: readonly number[]) => ids.reduce((sum, id) => sum + id / 10, 0);

it('values an answer by the sum over its tokens, or by their mean', async () => {
  await fc.assert(
    fc.asyncProperty(tokens, fc.double({ min: 1, max: 100, noNaN: true }), async (ids, usual) => {
      for (const [answerTokens, length] of [
        [null, 1],
        [usual, ids.length],
      ] as const) {
        const cut = scorerOf(answerTokens);
        cut.accept(ids);
        expect((await cut.value(null))[0]).toBeCloseTo(sumOf(ids) / length, 6);
        const ended = scorerOf(answerTokens);
        ended.accept(ids.slice(0, -1));
        expect((await ended.value(ids.at(-1)!))[0]).toBeCloseTo(sumOf(ids) / length, 6);
      }
    }),
    { numRuns: runs(50) },
  );
});

it('says the same of an answer of the usual length, on the way and in the end', async () => {
  await fc.assert(
    fc.asyncProperty(tokens, async (ids) => {
      const scorer = scorerOf(ids.length);
      scorer.accept(ids.slice(0, -1));
      const [values] = scorer.score([[ids.at(-1)!]]);
      scorer.accept(ids.slice(-1));
      expect(values![0]).toBeCloseTo((await scorer.value(null))[0]!, 6);
    }),
    { numRuns: runs(50) },
  );
});

it('weighs the same tokens alike wherever they come', () => {
  const scorer = scorerOf(8);
  const difference = () => {
    const [values] = scorer.score([[30], [10]]);
    return values![0]! - values![1]!;
  };
  expect(difference()).toBeCloseTo(2 / 8, 9);
  scorer.accept([5, 6, 7, -20]);
  expect(difference()).toBeCloseTo(2 / 8, 9);
});
