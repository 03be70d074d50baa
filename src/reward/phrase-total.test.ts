import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { createPhraseTotal } from './phrase-total.ts';

const phrases = [
  { phrase: 'a', weight: 1 },
  { phrase: 'ab', weight: 10 },
  { phrase: 'a b', weight: 100 },
  { phrase: 'b a b', weight: 1000 },
  { phrase: '!a', weight: 10_000 },
];
const fold = (text: string) => text.toLowerCase().replaceAll(/\s+/g, ' ');

/** Every phrase at every place, by the regular expression of whole words in ASCII. */
function reference(text: string): number {
  return phrases.reduce((total, { phrase, weight }) => {
    const before = phrase.startsWith('!') ? '' : '(?<![a-z])';
    const places = fold(text).match(new RegExp(`${before}(?=${phrase}(?![a-z]))`, 'g'));
    return total + weight * (places?.length ?? 0);
  }, 0);
}

describe('the total of phrases', () => {
  it('is that of the whole text, however it grew and went back', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\n', '!'), maxLength: 9 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), text, text), { maxLength: 6 }), (steps) => {
        const total = createPhraseTotal(phrases, fold);
        let accepted = '';
        for (const [kept, added, candidate] of steps) {
          accepted = accepted.slice(0, kept % (accepted.length + 1)) + added;
          total.accept(accepted);
          expect(total.of(accepted + candidate)).toBe(reference(accepted + candidate));
          expect(total.of(accepted)).toBe(reference(accepted));
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('takes a word back that goes on after all', () => {
    const total = createPhraseTotal([{ phrase: 'cat', weight: 1 }], fold);
    total.accept('a cat sat');
    expect(total.of('a cat sat')).toBe(1);
    total.accept('a category of');
    expect(total.of('a category of')).toBe(0);
  });
});
