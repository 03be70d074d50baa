import { describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import { ConstraintError } from '../spec/index.ts';
import { createConstraintState } from './bind-constraint.ts';
import { compileConstraint } from './compile-constraint.ts';
import { constraintLimits } from './limits.ts';
import type { Configuration } from './configuration.ts';
import { Recogniser } from './recogniser.ts';

const rules = (count: number, rule: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => rule(i));

/** Nullable and ambiguous: at most `2 ** levels` times `a`. */
const tower = (levels: number): string =>
  ['root ::= e0', ...rules(levels, (i) => `e${i} ::= e${i + 1} e${i + 1}`)]
    .concat(`e${levels} ::= "a" | ""`)
    .join('\n');

const recogniserOf = (grammar: string): Recogniser =>
  new Recogniser(compileConstraint({ grammar }).automaton);

/** Work of each byte of a text. */
function workOf(recogniser: Recogniser, text: string): number[] {
  let at: Configuration | null = recogniser.start;
  return Array.from(text, (character) => {
    const before = recogniser.meter.spent;
    at = recogniser.advance(at!, character.charCodeAt(0));
    if (at === null) throw new Error(`${character} is not allowed.`);
    return recogniser.meter.spent - before;
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each);

describe('an ambiguous grammar', () => {
  it.each([
    ['a tower of nullable pairs', tower(12)],
    ['the cubic one', 'root ::= s\ns ::= "a" s s | ""'],
    ['the cubic one, with an end', 'root ::= s\ns ::= "a" s s s "b"? | ""'],
    ['a long right recursion', 'root ::= "a" root? " "?'],
    ['an else that may belong to any if', 'root ::= "a" root ("b" root)? | "c"?'],
    ['palindromes', 'root ::= "a" root "a" | [ab] root [ab] | ""'],
    ['alternatives that begin alike', 'root ::= "a" root "x"? | "a" root "y"? | "a" root | "a"'],
    [
      'alternatives of alternatives',
      ['root ::= x0', ...rules(30, (i) => `x${i} ::= "a" x${i + 1} "b"? | x${i + 1} "c"?`)]
        .concat('x30 ::= "a"*')
        .join('\n'),
    ],
    ['a star of a star', 'root ::= (("a"*)* ("a" | "")*)* [ab]*'],
    ['an a, many characters before the end', `root ::= [ab]* "a" ${'[ab] '.repeat(40)}`],
  ])('costs no more at its end than at its beginning: %s', (_, grammar) => {
    const recogniser = recogniserOf(grammar);
    const work = workOf(recogniser, 'a'.repeat(1200));
    const [early, late] = [work.slice(200, 400), work.slice(-200)];
    expect(sum(late)).toBeLessThanOrEqual(1.1 * sum(early));
    expect(Math.max(...work)).toBeLessThan(constraintLimits.stepWork);
    expect(recogniser.bytes).toBeLessThan(constraintLimits.recogniserBytes);
  });

  it('still means what it says', () => {
    for (const levels of [3, 6, 9]) {
      const recogniser = recogniserOf(tower(levels));
      let at: Configuration | null = recogniser.start;
      let length = -1;
      for (; at !== null; length++) {
        expect(at.accepting).toBe(true);
        at = recogniser.advance(at, 0x61);
      }
      expect(length).toBe(2 ** levels);
    }
  });

  it.each([100, 400])('ends the answer where one byte takes too much work: %d levels', (levels) => {
    const { automaton } = compileConstraint({ grammar: tower(levels) });
    const recogniser = new Recogniser(automaton);
    const read = (): number[] => workOf(recogniser, 'a'.repeat(100));
    expect(read).toThrow(ConstraintError);
    expect(read).toThrow(`more than ${constraintLimits.stepWork} steps`);
    expect(recogniser.meter.spent).toBeLessThan(100 * constraintLimits.stepWork);
    // A vocabulary as models have it meets the place before any token is chosen.
    const vocabulary = pieceVocabulary([
      ...everyByte,
      ...[4, 8, 16].map((length) => new Uint8Array(length).fill(0x61)),
    ]);
    const state = createConstraintState({ ignored: [], automaton }, vocabulary);
    expect(() => state.mask(100)).toThrow(`more than ${constraintLimits.stepWork} steps`);
  });

  it('is refused where it begins with itself, however hidden', () => {
    for (const grammar of [
      'root ::= a\na ::= b a "x" | "y"\nb ::= "" | "z"',
      'root ::= a\na ::= b\nb ::= c\nc ::= a | "x"',
      'root ::= a a\na ::= "" | b\nb ::= a? a',
    ]) {
      expect(() => compileConstraint({ grammar })).toThrow('left-recursive');
    }
  });
});

it('a wide schema takes a small part of the work that is allowed', { tags: ['slow'] }, () => {
  const options = rules(40, (i) => `kind ${i}`).map((kind) => ({
    type: 'object',
    properties: { kind: { const: kind }, parts: { type: 'array', items: { type: 'object' } } },
    required: ['kind'],
  }));
  const { automaton } = compileConstraint({ jsonSchema: { anyOf: options } });
  const recogniser = new Recogniser(automaton);
  const work = workOf(recogniser, '{"kind":"kind 7","parts":[{"a":[[1,{}]]}],"b":{"c":null}}');
  expect(Math.max(...work)).toBeLessThan(constraintLimits.stepWork / 10);
});
