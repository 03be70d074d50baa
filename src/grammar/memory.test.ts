import { describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import { wordPieces } from '../../test/support/word-pieces.ts';
import type { Constraint, ConstraintState } from '../spec/index.ts';
import { createConstraintState, rememberedBytes } from './bind-constraint.ts';
import { compileConstraint, compiledBytes } from './compile-constraint.ts';
import { constraintLimits } from './limits.ts';

/** Few words, but so many tokens that a mask has 64 KiB. */
const vocabulary = { ...pieceVocabulary([...everyByte, ...wordPieces(1000)]), size: 2 ** 19 };

/** Masks and tokens along a text. */
function walk(state: ConstraintState, text: string): void {
  for (const token of vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false })) {
    state.mask(Infinity);
    state.accept(token);
  }
}

/** More than one constraint may take while it is the newest. */
const mostOfOne = 2 * constraintLimits.masksBytes + constraintLimits.recogniserBytes + 2 ** 20;
const most = Math.max(constraintLimits.rememberedBytes, mostOfOne);

describe('the memory of constraints', () => {
  it('does not grow with ever-new schemas', { tags: ['slow'] }, () => {
    const taken: number[] = [];
    for (let i = 0; i < 150; i++) {
      const jsonSchema = {
        type: 'object',
        properties: { [`field_${i}`]: { type: 'string' }, other: { enum: [i, 'x'] } },
        required: [`field_${i}`, 'other'],
        additionalProperties: false,
      };
      walk(
        createConstraintState(compileConstraint({ jsonSchema }), vocabulary),
        `{"field_${i}":"ab cd","other":"x"}`,
      );
      taken.push(rememberedBytes(vocabulary));
      expect(compiledBytes()).toBeLessThanOrEqual(constraintLimits.compiledBytes);
    }
    expect(Math.max(...taken)).toBeLessThanOrEqual(constraintLimits.rememberedBytes);
    expect(taken.at(-1)).toBeGreaterThan(constraintLimits.rememberedBytes / 2); // what fits is kept
  });

  it(
    'does not grow with one constraint, however much of it is met, nor with several in use',
    { tags: ['slow'] },
    () => {
      const grammars: readonly Constraint[] = [
        { grammar: 'root ::= [a-d] root [a-d] | "."' }, // remembers all that it read
        { grammar: 'root ::= ([a-d] root "1" | [a-d] root "2" | ".")' },
        { jsonSchema: { type: 'string', maxLength: 5000 } },
      ];
      const states = grammars.map((constraint) =>
        createConstraintState(compileConstraint(constraint), vocabulary),
      );
      for (let round = 0; round < 40; round++) {
        for (const [i, state] of states.entries()) {
          const open = i === 2 && state.length === 0 ? '"' : '';
          walk(
            state,
            open + Array.from({ length: 60 }, (_, j) => 'abcd'[(round + j * j) % 4]).join(''),
          );
          expect(rememberedBytes(vocabulary)).toBeLessThanOrEqual(most);
        }
      }
    },
  );

  it('gives the same masks after it has forgotten', { tags: ['slow'] }, () => {
    const compiled = compileConstraint({ grammar: 'root ::= [a-d] root [a-d] | "."' });
    const state = createConstraintState(compiled, vocabulary);
    walk(state, 'abcddcba'.repeat(10));
    const before = state.mask(1000).slice();
    const other = createConstraintState(compileConstraint({ regex: '[^]*' }), vocabulary);
    for (let i = 0; i < 100; i++) {
      const { length } = state;
      walk(state, 'abcd'.repeat(20));
      walk(other, 'some words');
      state.truncate(length);
    }
    expect(state.mask(1000)).toEqual(before);
  });
});
