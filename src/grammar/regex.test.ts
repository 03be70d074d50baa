import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { matchesWhole } from '../../test/support/grammar-matcher.ts';
import { ConstraintError } from '../spec/index.ts';
import { compileGrammar } from './compile-grammar.ts';
import type { Expression, Grammar } from './grammar.ts';
import type { Configuration } from './configuration.ts';
import { Recogniser } from './recogniser.ts';
import { parseRegex } from './regex.ts';

const noRules: Grammar = { root: 'root', rules: new Map() };

const matches = (pattern: string, text: string, mode: 'whole' | 'search' = 'whole'): boolean =>
  matchesWhole(noRules, parseRegex(pattern, { mode }), text);

/** Whether the compiled automaton reads a whole text; an expression that matches nothing reads none. */
function reads(expression: Expression, texts: readonly string[]): boolean[] {
  let recogniser: Recogniser;
  try {
    const automaton = compileGrammar({ root: 'root', rules: new Map([['root', expression]]) });
    recogniser = new Recogniser(automaton, automaton.shortest);
  } catch (error) {
    if (error instanceof ConstraintError && error.message.includes('No text')) {
      return texts.map(() => false);
    }
    throw error;
  }
  return texts.map((text) => {
    let at: Configuration | null = recogniser.start;
    for (const byte of new TextEncoder().encode(text)) {
      at = at === null ? null : recogniser.step(at, byte);
    }
    return at?.accepting ?? false;
  });
}

const characters = ['a', 'b', 'c', '1', '_', ' ', '-', '\n', 'é', 'ß', '€', '😀', '{', ']'];
const atoms = fc.constantFrom(
  ...String.raw`a b c 1 é € 😀 . - _ \d \D \w \W \s \S \n \x61 \u00e9 \u{1F600}`.split(' '),
  ...String.raw`[ab] [^ab] [a-c] [^\d\s] [\w-] [é-€] [^😀] [] [^] \ud83d\ude00 \{ \] \.`.split(' '),
);
const quantifiers = fc.constantFrom(
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{1,}',
  '{0,2}?',
);

const patterns = fc.letrec<{ choice: string; sequence: string; item: string }>((tie) => ({
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((all) => all.join('|')),
  sequence: fc.array(tie('item'), { maxLength: 3 }).map((all) => all.join('')),
  item: fc
    .tuple(
      fc.oneof(
        { maxDepth: 1 },
        atoms,
        tie('choice').map((inner) => `(${inner})`),
        tie('choice').map((inner) => `(?:${inner})`),
        tie('choice').map((inner) => `(?<name>${inner})`),
      ),
      quantifiers,
    )
    .map(([atom, quantifier]) => atom + quantifier),
})).choice;

const texts = fc.array(fc.string({ unit: fc.constantFrom(...characters), maxLength: 4 }), {
  minLength: 20,
  maxLength: 20,
});

/** JavaScript refuses a name that is used twice in one alternative. */
const withoutNames = (pattern: string): string => pattern.replaceAll('?<name>', '');

/** What a pattern finds; nothing where it is refused as one that matches no text. */
function readsOrNothing(pattern: string, candidates: readonly string[]): readonly boolean[] {
  let expression: Expression;
  try {
    expression = parseRegex(pattern, { mode: 'search' });
  } catch (error) {
    if (String(error).includes('matches no text')) return candidates.map(() => false);
    throw error;
  }
  return reads(expression, candidates);
}

describe('parseRegex', () => {
  it('matches whole texts as JavaScript does between anchors', { tags: ['slow'] }, () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, candidates) => {
        const expected = new RegExp(`^(?:${withoutNames(pattern)})$`, 'u');
        const accepted = reads(parseRegex(pattern, { mode: 'whole' }), candidates);
        expect(accepted).toEqual(candidates.map((text) => expected.test(text)));
      }),
      { numRuns: runs(200) },
    );
  });

  it('finds what JavaScript finds, anchored or not', () => {
    const anchored = fc
      .tuple(fc.constantFrom('', '^'), patterns, fc.constantFrom('', '$'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(anchored, texts, (pattern, candidates) => {
        const expected = new RegExp(withoutNames(pattern), 'u');
        const accepted = reads(parseRegex(pattern, { mode: 'search' }), candidates);
        expect(accepted).toEqual(candidates.map((text) => expected.test(text)));
      }),
      { numRuns: runs(200) },
    );
  });

  it('finds what JavaScript finds, with anchors and look-ahead anywhere', () => {
    const small = fc.constantFrom('a', 'b', 'ab?', '[^a]', 'a*b', 'a|b', '');
    const part = fc.oneof(
      small.map((inner) => `(?:${inner})`),
      fc.constantFrom('^', '$', '.', 'b?', '(^|a)', '(b|$)?', '(?:^a|b$)'),
      small.map((inner) => `(?=${inner})`),
      small.map((inner) => `(?!${inner})`),
      small.map((inner) => `(?!${inner}$)`),
      fc
        .tuple(small, small, fc.constantFrom('', '?'))
        .map(([a, b, optional]) => `(?:(?!${a})b|(?=${b})|a$)${optional}`),
    );
    const composed = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
    const options = fc.array(composed, { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(options, texts, (given, chosen) => {
        // V8 looks ahead from between the halves of a surrogate pair, too.
        const pattern = withoutNames(given.join('|')).replaceAll(/\\u\{1F600\}|😀/g, 'b');
        const candidates = chosen.map((text) => text.replaceAll('😀', 'b'));
        const expected = new RegExp(pattern, 'u');
        const found = candidates.map((text) => expected.test(text));
        expect(readsOrNothing(pattern, candidates)).toEqual(found);
      }),
      { numRuns: runs(300) },
    );
  });

  it('matches in time that grows with the text alone', () => {
    expect(reads(parseRegex('(a+)+', { mode: 'whole' }), [`${'a'.repeat(5000)}!`])).toEqual([
      false,
    ]);
  });

  it.each([
    ['^a|b$', ['a', 'b'], ['ab', '']],
    ['a{', ['a{'], ['a']],
    ['{}]', ['{}]'], ['']],
    ['a{,2}', ['a{,2}'], ['a', 'aa']],
    ['\\-\\/\\"', ['-/"'], ['\\-']],
    ['[\\b\\-x-]', ['\b', '-', 'x'], ['b', '\\']],
    ['\\cJ\\0', ['\n\0'], ['J0']],
    ['', [''], ['a']],
    ['\\p{Lu}\\P{L}[\\p{Nd}é]', ['A1٣', 'Ω é'], ['a11', 'AAé', 'A1a']],
    ['\\p{Lu}\\P{L}[\\p{Nd}é]', ['A1٣', 'Ω é'], ['a11', 'AAé', 'A1a']],
  ])('reads %s', (pattern, accepted, refused) => {
    const matched = [...accepted, ...refused].filter((text) => matches(pattern, text));
    expect(matched).toEqual(accepted);
  });

  it.each<[string, number, string]>([
    ['a\\1', 1, 'backreference'],
    ['(?<x>a)\\k<x>', 7, 'backreference'],
    ['a\\b', 1, 'word boundary'],
    ['((?!c).)*', 0, 'looks ahead in a group that is repeated'],
    ['(?!a(?=b))', 0, 'looks ahead in a look-ahead'],
    ['(?:(?!a)|b)'.repeat(9), 0, 'in more than 8 groups'],
    ['a(?!^b)', 1, 'has a ^ in a look-ahead'],
    ['(?<=c)', 0, 'looks behind'],
    ['(?<!c)', 0, 'looks behind'],
    ['(^a|b)*', 0, 'repeats an anchor'],
    ['(?i)a', 0, '(?i'],
    ['a\\y', 1, 'unknown escape \\y'],
    ['\\p{Nonsense}', 0, 'general categories'],
    ['\\p{Lx}', 0, 'general categories'],
    ['\\p{Script=Greek}', 0, 'general categories'],
    ['\\pL', 0, 'general categories'],
    ['\\x1', 0, 'two hexadecimal digits'],
    ['\\u12', 0, 'hexadecimal digits'],
    ['\\u{110000}', 0, 'beyond U+10FFFF'],
    ['\\ud800', 0, 'surrogate'],
    ['\ud800', 0, 'surrogate'],
    ['[b-a]', 1, 'backwards'],
    ['[\\d-z]', 1, 'class of characters'],
    ['a[b', 1, 'never closed'],
    ['a(b', 1, 'never closed'],
    ['a)b', 1, 'closes nothing'],
    ['*a', 0, 'repeats nothing'],
    ['a**', 2, 'repeats nothing'],
    ['(|*)', 2, 'repeats nothing'],
    ['a^b', 0, 'matches no text'],
    ['a$b', 0, 'matches no text'],
    ['(a$)b', 0, 'matches no text'],
    ['a{2,1}', 1, 'at least 2 and at most 1'],
    ['a{1000000}', 1, '10000'],
    ['a{0,1000000}', 1, '10000'],
    ['a\\', 2, 'ends'],
    ['('.repeat(10_000), 200, 'deeper than 200'],
    ['('.repeat(60_000), 20_000, '20000'],
    ['a'.repeat(10_000_000), 20_000, '20000'],
  ])('refuses %#: %.20s', (pattern, offset, fault) => {
    const parse = (): unknown => parseRegex(pattern, { mode: 'whole' });
    expect(parse).toThrow(ConstraintError);
    expect(parse).toThrow(fault);
    expect(parse).toThrow(expect.objectContaining({ path: String(offset) }));
  });
});
