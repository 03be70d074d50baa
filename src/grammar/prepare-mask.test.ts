import { describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary, tokensOf } from '../../test/support/piece-vocabulary.ts';
import { spentIn } from '../../test/support/spent-in.ts';
import { wordPieces } from '../../test/support/word-pieces.ts';
import { ConstraintError, type Constraint, type Vocabulary } from '../spec/index.ts';
import { createConstraintState } from './bind-constraint.ts';
import { compileConstraint } from './compile-constraint.ts';

const words = wordPieces(4000);
const vocabularyOf = (bytes: readonly Uint8Array[]): Vocabulary =>
  pieceVocabulary([...bytes, ...words]);

/** Bytes that SmolLM2's vocabulary lacks by themselves; texts may have some of them. */
const smolLacks = Buffer.from('04061314161dc0c1f1f2f5f6f7f8f9fafbfcfdfeff', 'hex');

/** Bytes that no UTF-8 text has. */
const isImpossible = (byte: number): boolean => byte === 0xc0 || byte === 0xc1 || byte > 0xf4;

const constraints: readonly Constraint[] = [
  { regex: '"[^"]{0,30}"?|[a-z]{2}.*' },
  { regex: '[^"]*' },
  { regex: '[a-z]+( [a-z]+)*' },
  { grammar: 'root ::= s\ns ::= [a-z] s s | "."' },
];

describe('prepareMask', () => {
  it.each(constraints)(
    'gives the mask in slices of the work that was asked for: %j',
    (constraint) => {
      const vocabulary = vocabularyOf(everyByte);
      const compiled = compileConstraint(constraint);
      let count = 0;
      for (const budget of [2000, 40, 4]) {
        const sliced = createConstraintState(compiled, vocabularyOf(everyByte));
        const slices: number[] = [];
        for (const ready: boolean[] = []; ready.at(-1) !== true;) {
          slices.push(spentIn(() => ready.push(sliced.prepareMask(budget, 50))));
        }
        count += slices.length;
        expect(Math.max(...slices)).toBeLessThan(50 + 400); // what cannot be cut: a node's children
        const mask = tokensOf(sliced.mask(budget));
        expect(spentIn(() => sliced.mask(budget))).toBe(0);
        expect(mask).toEqual(tokensOf(createConstraintState(compiled, vocabulary).mask(budget)));
      }
      expect(count).toBeGreaterThan(20);
    },
  );

  it('shares what it found with others that ask meanwhile', () => {
    const vocabulary = vocabularyOf(everyByte);
    const compiled = compileConstraint({ regex: '[a-z]*' });
    const alone = spentIn(() => createConstraintState(compiled, vocabularyOf(everyByte)).mask(99));
    const together = spentIn(() => {
      const states = Array.from({ length: 8 }, () => createConstraintState(compiled, vocabulary));
      while (!states.map((state) => state.prepareMask(99, 100)).every(Boolean));
    });
    expect(together).toBeLessThan(1.2 * alone);
  });

  it('throws what the mask throws', () => {
    const compiled = compileConstraint({ regex: 'abcdefghij[0-9]' });
    const state = createConstraintState(compiled, vocabularyOf(everyByte));
    const run = (): void => {
      while (!state.prepareMask(2, 10));
    };
    expect(run).toThrow(ConstraintError);
    expect(run).toThrow('only 2 are left');
    expect(state.prepareMask(50, Infinity)).toBe(true);
  });
});

describe('a vocabulary that lacks bytes by themselves', () => {
  const lacking = (isLacking: (byte: number) => boolean): Vocabulary =>
    vocabularyOf(everyByte.filter((bytes) => !isLacking(bytes[0]!)));
  const text = '{"name": "some words of a text"}';

  /** Work of the masks along a text that was walked once. */
  function workAgain(vocabulary: Vocabulary, constraint: Constraint): number {
    const compiled = compileConstraint(constraint);
    const tokens = vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
    const walk = (): void => {
      const state = createConstraintState(compiled, vocabulary);
      for (const token of tokens.slice(0, 20)) {
        state.mask(1000);
        state.accept(token);
      }
    };
    walk();
    return spentIn(walk);
  }

  it.each<[string, (byte: number) => boolean, Constraint]>([
    ['none', () => false, { jsonSchema: { type: 'object' } }],
    ['those that no UTF-8 text has', isImpossible, { jsonSchema: { type: 'object' } }],
    ['control characters', (byte) => byte < 9, { jsonSchema: { type: 'object' } }],
    ['SmolLM2 has not', (byte) => smolLacks.includes(byte), { jsonSchema: { type: 'object' } }],
    ['SmolLM2 has not', (byte) => smolLacks.includes(byte), { regex: '[^]{3,30}!' }],
    ['all beyond ASCII, which no text has', (byte) => byte > 127, { regex: '[ -~]*' }],
  ])('is as fast as another where no shortest text needs them: %s', (_, isLacking, constraint) => {
    expect(workAgain(lacking(isLacking), constraint)).toBe(0);
  });

  it('looks closer where they may', () => {
    expect(
      workAgain(
        lacking((byte) => byte > 127),
        { jsonSchema: {} },
      ),
    ).toBeGreaterThan(0);
  });
});
