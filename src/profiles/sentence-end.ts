const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });

/** What ends a sentence, quotation marks and the like behind it. */
const isEnd = /[.!?…。！？][\p{Pe}\p{Pf}"'*_]*\s*$/u;

/** Marks of emphasis behind a sentence: the segmenter counts them to the next one. */
const closing = /^[*_]+(?=\s|$)/;

/** A line of a list that has a number and no text yet, which looks like a sentence. */
const isNumber = /^\s*(?:\p{N}+|\p{L})[.)]\s*$/u;

/**
 * A text that was cut off, up to the last sentence or line that is whole; with ` …` where none is.
 * What it gives is never longer than the text, but for that mark.
 */
export function endAtSentence(text: string): string {
  const parts = [...sentences.segment(text.trimEnd())].map(({ segment }) => segment);
  const last = parts.findLastIndex((part) => isWhole(part));
  const marks = closing.exec(parts[last + 1] ?? '')?.[0] ?? '';
  const whole = `${parts.slice(0, last + 1).join('')}${marks}`.trimEnd();
  return last < 0 ? `${text.trimEnd()} …` : whole;
}

function isWhole(part: string): boolean {
  if (isEnd.test(part)) return !isNumber.test(part);
  return part.endsWith('\n') && !/^\s*$|:[*_]*\s*$/.test(part); // a colon says that more comes
}
