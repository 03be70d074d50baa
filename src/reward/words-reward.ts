import { InvalidOptionError } from '../spec/index.ts';
import type { Reward } from '../spec/index.ts';
import { createPhraseTotal } from './phrase-total.ts';
import { createTextReward } from './text-reward.ts';

export interface WordsRewardOptions {
  readonly name: string;
  /** What one occurrence adds, by word or phrase. */
  readonly words: ReadonlyMap<string, number>;
  /** `false` by default. */
  readonly caseSensitive?: boolean;
}

/**
 * `Σ weight × occurrences` of words and phrases. Only whole words count, by Unicode's boundaries: "can"
 * is not in "can't", nor "cat" in "category"; in scripts without spaces a dictionary tells words apart.
 * Composed and decomposed spellings are the same, and so is all white space. A word at the end of an
 * unfinished answer counts until the next token proves it part of a longer one.
 * @throws InvalidOptionError for an empty word or a weight that is not finite.
 * @see Unicode Standard Annex #29, "Unicode Text Segmentation", word boundaries
 */
export function wordsReward({ name, words, caseSensitive = false }: WordsRewardOptions): Reward {
  const fold = (text: string): string => {
    const plain = text.normalize('NFC').replaceAll(/\s+/gu, ' ');
    return caseSensitive ? plain : plain.toLowerCase();
  };
  const phrases = [...words].map(([word, weight]) => {
    const phrase = fold(word).trim();
    if (phrase === '') throw new InvalidOptionError('words', 'A word is empty: remove it.');
    if (!Number.isFinite(weight)) {
      throw new InvalidOptionError(
        `words["${word}"]`,
        `The weight of "${word}" is ${weight}, but must be a finite number.`,
      );
    }
    return { phrase, weight };
  });
  return createTextReward({
    name,
    scope: 'both',
    start() {
      const total = createPhraseTotal(phrases, fold);
      return (candidates, accepted) => {
        total.accept(accepted);
        return Float64Array.from(candidates, ({ text }) => total.of(text));
      };
    },
  });
}
