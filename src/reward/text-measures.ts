const word = /[\p{L}\p{M}\p{N}_]+(?:['’.,][\p{L}\p{M}\p{N}_]+)*/gu;

/** Scripts that are written without spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });
const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Unicode code points. */
export function countCharacters(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF]/g)?.length ?? 0);
}

/**
 * The words of a text: runs of letters and digits, with single apostrophes, points and commas inside
 * ("can't", "3.14"). A dictionary divides runs in scripts without spaces; it is not asked about others,
 * because it takes a hundred times longer.
 */
export function wordsOf(text: string): string[] {
  const runs = text.match(word) ?? [];
  if (!unspaced.test(text)) return runs;
  return runs.flatMap((run) => (unspaced.test(run) ? divide(run) : [run]));
}

function divide(run: string): string[] {
  return Array.from(wordSegmenter.segment(run))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

/** Sentences that have a letter or digit, the last one finished or not. */
export function countSentences(text: string): number {
  let count = 0;
  for (const { segment } of sentenceSegmenter.segment(text)) {
    if (/[\p{L}\p{N}]/u.test(segment)) count += 1;
  }
  return count;
}
