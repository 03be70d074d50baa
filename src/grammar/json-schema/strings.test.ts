import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../../test/support/runs.ts';
import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { everyByte, pieceVocabulary, tokensOf } from '../../../test/support/piece-vocabulary.ts';
import { ConstraintError, type ConstraintState } from '../../spec/index.ts';
import { createConstraintState } from '../bind-constraint.ts';
import { anyCharacter } from '../code-points.ts';
import { compileGrammar } from '../compile-grammar.ts';
import type { Grammar } from '../grammar.ts';
import { repeat, sequence, text } from './expressions.ts';
import { compileJsonSchema } from './index.ts';
import { spell } from './spelling.ts';
import { blockLength } from './strings.ts';

const pieces = ['a"', '"a', 'abc', 'é€', '😀😀', '\\n', '\\u00', '1f\\', 'b'.repeat(70)];
const vocabulary = pieceVocabulary([
  ...everyByte,
  ...pieces.map((piece) => new TextEncoder().encode(piece)),
  ...Array.from({ length: 31 }, (_, i) => new TextEncoder().encode('a'.repeat(i + 2))),
  Uint8Array.of(0x61, 0xf0, 0x9f),
  Uint8Array.of(0x98, 0x80, 0x22),
]);

function stringsOf(minLength: number, maxLength?: number): Grammar {
  const type = 'string';
  return compileJsonSchema(
    maxLength === undefined ? { type, minLength } : { type, minLength, maxLength },
  );
}

/** The same strings as one repetition. */
function writtenOut(min: number, max: number): Grammar {
  const content = repeat(spell(anyCharacter), min, max);
  return { root: 'root', rules: new Map([['root', sequence(text('"'), content, text('"'))]]) };
}

function begin(grammar: Grammar): ConstraintState {
  return createConstraintState({ ignored: [], automaton: compileGrammar(grammar) }, vocabulary);
}

/** Nothing where the mask refuses. */
function maskOf(state: ConstraintState, budget: number): number[] {
  try {
    return tokensOf(state.mask(budget));
  } catch (error) {
    if (error instanceof ConstraintError) return [];
    throw error;
  }
}

/** Around the ends of blocks, and elsewhere. */
const lengths = fc.oneof(
  fc.tuple(fc.nat(4), fc.integer({ min: -2, max: 2 })).map(([blocks, more]) => {
    return Math.max(0, blocks * blockLength + more);
  }),
  fc.nat(5 * blockLength),
);

describe('lengths of strings', () => {
  it('are counted in blocks as they are one by one', () => {
    fc.assert(
      fc.property(lengths, fc.option(lengths), lengths, (min, more, length) => {
        const max = more === null ? undefined : min + more;
        const grammar = stringsOf(min, max);
        for (const each of new Set([length, min, min - 1, max ?? min, (max ?? min) + 1])) {
          if (each < 0) continue;
          const isFit = each >= min && each <= (max ?? Infinity);
          expect(matchesGrammar(grammar, JSON.stringify('é'.repeat(each)))).toBe(isFit);
        }
      }),
      { numRuns: runs(30) },
    );
  });

  it.each([
    [0, 2 * blockLength],
    [blockLength + 4, 3 * blockLength + 3],
  ])('give the masks of the repetition written out: %i to %i', { tags: ['slow'] }, (min, max) => {
    const [inBlocks, plain] = [begin(stringsOf(min, max)), begin(writtenOut(min, max))];
    const opening = vocabulary.tokenize('"', { addSpecial: false, parseSpecial: false })[0]!;
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const start = fc.oneof(
      ...[blockLength, min, max, 2 * blockLength].map((length) =>
        fc.integer({ min: Math.max(0, length - 45), max: Math.min(length, max) }),
      ),
    );
    fc.assert(
      fc.property(start, fc.array(draws, { minLength: 1, maxLength: 12 }), (length, choices) => {
        for (const state of [inBlocks, plain]) {
          state.truncate(0);
          state.accept(opening);
          for (let i = 0; i < length; i++) state.accept(0x61);
        }
        for (const draw of choices) {
          for (const budget of [Infinity, 0, 1, 2, 8, blockLength, max]) {
            expect(maskOf(inBlocks, budget)).toEqual(maskOf(plain, budget));
          }
          expect([inBlocks.canEnd, inBlocks.mustEnd]).toEqual([plain.canEnd, plain.mustEnd]);
          const allowed = maskOf(plain, Infinity);
          const token = allowed[Math.floor(draw * allowed.length)]!;
          if (vocabulary.special.endOfGeneration.includes(token)) break;
          inBlocks.accept(token);
          plain.accept(token);
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it('take few states, however long', { tags: ['slow'] }, () => {
    for (const max of [1000, 10_000, 100_000]) {
      const { size } = compileGrammar(stringsOf(0, max));
      expect(size).toBeLessThan(2 * 14 * blockLength + max / blockLength + 100);
    }
  });
});
