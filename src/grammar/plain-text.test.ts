import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary, tokensOf } from '../../test/support/piece-vocabulary.ts';
import { runs } from '../../test/support/runs.ts';
import { spentIn } from '../../test/support/spent-in.ts';
import { wordPieces } from '../../test/support/word-pieces.ts';
import { ConstraintError, type Constraint, type ConstraintState } from '../spec/index.ts';
import { createConstraintState } from './bind-constraint.ts';
import { compileConstraint } from './compile-constraint.ts';
import { isPlainText } from './plain-text.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Plain tokens of every length up to 32 bytes, and others that are plain up to their ends. */
const lengths = Array.from({ length: 32 }, (_, i) => i + 1);
const pieces = [
  ...lengths.flatMap((length) => ['e'.repeat(length), `${'ä'.repeat(length >> 1)}x`]),
  ...lengths.map((length) => `${'e'.repeat(length - 1)}"`),
  'name',
  'names',
  'name"',
  'names":',
  '": ',
  '",',
  '", "',
  '"}',
  ' \\n',
  '\n',
  'e\n',
  '😀',
  'e😀e',
];
const vocabulary = pieceVocabulary([
  ...everyByte,
  ...new Map(
    pieces.filter((piece) => encode(piece).length > 1).map((piece) => [piece, encode(piece)]),
  ).values(),
  Uint8Array.of(0x65, 0xf0, 0x9f),
  Uint8Array.of(0x98, 0x80, 0x22),
]);

const schemas: readonly Constraint[] = [
  { jsonSchema: { type: 'string' } },
  { jsonSchema: { type: 'string', maxLength: 40 } },
  { jsonSchema: { type: 'string', minLength: 3, maxLength: 12 } },
  { jsonSchema: { type: 'string', minLength: 300, maxLength: 600 } },
  { jsonSchema: { type: 'string', pattern: '^[a-e ]{1,20}$' } },
  { jsonSchema: { type: 'string', not: { enum: ['name', 'eeee'] } } },
  // Behind a name the shortest end is further away than behind any token that is not plain.
  { jsonSchema: { type: 'string', not: { pattern: '^name[^]{0,4}$' } } },
  { jsonSchema: { properties: { name: { type: 'null' }, names: true }, type: 'object' } },
  {
    jsonSchema: {
      propertyNames: { pattern: 'e' },
      additionalProperties: { type: 'string' },
      type: 'object',
    },
  },
];

function maskOf(state: ConstraintState, budget: number): readonly number[] {
  try {
    return tokensOf(state.mask(budget));
  } catch (error) {
    if (error instanceof ConstraintError) return [];
    throw error;
  }
}

describe('isPlainText', () => {
  it('is what JSON takes inside a string as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6 }), (text) => {
        expect(isPlainText(encode(text))).toBe(isRaw(text));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('is of whole characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), (bytes) => {
        expect(isPlainText(bytes)).toBe(decodes(bytes) && isRaw(new TextDecoder().decode(bytes)));
      }),
      { numRuns: runs(2000) },
    );
  });
});

/** No quote, backslash or control. */
function isRaw(text: string): boolean {
  return Array.from(text).every(
    (character) => character >= ' ' && character !== '"' && character !== '\\',
  );
}

function decodes(bytes: Uint8Array): boolean {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) !== undefined;
  } catch {
    return false;
  }
}

describe('masks where plain text may come', () => {
  it.each(schemas)('are what trying every token says: %j', (constraint) => {
    const compiled = compileConstraint(constraint);
    const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 1,
      maxLength: 8,
    });
    const budgets = [1_000_000, 700, 40, 12, 8, 7, 6, 5, 4, 3, 2, 1];
    fc.assert(
      fc.property(draws, (choices) => {
        const state = createConstraintState(compiled, vocabulary);
        for (const draw of choices) {
          for (const budget of budgets) {
            const wanted = lengthOf(vocabulary.size).filter((token) => state.allows(token, budget));
            expect(maskOf(state, budget)).toEqual(wanted);
          }
          const allowed = maskOf(state, 1_000_000);
          const token = allowed[Math.floor(draw * allowed.length)]!;
          if (vocabulary.special.endOfGeneration.includes(token)) break;
          state.accept(token);
        }
      }),
      { numRuns: runs(20) },
    );
  });
});

function lengthOf(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

describe('work', () => {
  const opening = 0x22;
  const firstMask = (constraint: Constraint, over: ReturnType<typeof pieceVocabulary>): number => {
    const state = createConstraintState(compileConstraint(constraint), over);
    state.accept(opening);
    return spentIn(() => void state.prepareMask(1_000_000, Infinity));
  };
  const large = (): ReturnType<typeof pieceVocabulary> =>
    pieceVocabulary([...everyByte, ...wordPieces(4000)]);

  it('is not spent on plain tokens where all may come', () => {
    const walked = firstMask({ regex: '"[^"z]*"' }, large());
    expect(walked).toBeGreaterThan(3000);
    expect(firstMask({ jsonSchema: { type: 'string' } }, large())).toBeLessThan(walked / 4);
  });

  it('is spent once on the strings of all constraints over a vocabulary', () => {
    const over = large();
    const first = firstMask({ jsonSchema: { type: 'string', maxLength: 100 } }, over);
    const second = firstMask({ jsonSchema: { type: 'string', maxLength: 200 } }, over);
    const pattern = { type: 'string', pattern: '^[a-z]+$' };
    const other = firstMask({ jsonSchema: pattern }, over);
    const again = firstMask({ jsonSchema: { oneOf: [pattern, { type: 'null' }] } }, over);
    expect(second).toBeLessThan(first / 4);
    expect(again).toBeLessThan(other / 4);
  });
});
