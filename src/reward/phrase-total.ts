/** What one occurrence of a phrase adds. */
export interface WeightedPhrase {
  /** Not empty; without white space at its ends. */
  readonly phrase: string;
  readonly weight: number;
}

/** The sum over phrases of a growing text; what was found in accepted text is not searched for again. */
export interface PhraseTotal {
  /** Tells the text that all that follow begin with. */
  accept(text: string): void;
  /** `Σ weight × occurrences` in a text that begins with the accepted one. */
  of(text: string): number;
}

/**
 * Counts phrases at every place where they stand as whole words.
 * @param fold - Makes spellings equal; gives the same for a text as for its parts, if it is cut before
 *   white space.
 */
export function createPhraseTotal(
  phrases: readonly WeightedPhrase[],
  fold: (text: string) => string,
): PhraseTotal {
  const nothing = { text: '', folded: '', total: 0 };
  /** Accepted text up to the end of a word, and the total of it. */
  let settled = nothing;

  /** The settled text, folded, with what follows it in `text`; and the total. */
  const extend = (text: string) => {
    const folded = settled.folded + fold(text.slice(settled.text.length));
    return { text, folded, total: settled.total + totalAfter(folded, settled.folded.length) };
  };

  /** Of the occurrences that end after `start`. */
  const totalAfter = (folded: string, start: number): number => {
    const isBoundary = wordBoundaries(folded);
    let total = 0;
    for (const { phrase, weight } of phrases) {
      let at = folded.indexOf(phrase, start - phrase.length + 1);
      while (at !== -1) {
        if (isBoundary(at) && isBoundary(at + phrase.length)) total += weight;
        at = folded.indexOf(phrase, at + 1);
      }
    }
    return total;
  };

  return {
    accept(text) {
      const { length } = settled.text;
      if (!text.startsWith(settled.text) || !isSpace(text[length])) settled = nothing;
      const end = lastWordEnd(text);
      if (end > settled.text.length) settled = extend(text.slice(0, end));
    },
    of: (text) => extend(text).total,
  };
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/u.test(character);
}

/** Where the last white space begins that has something in front of it: a word ends there. */
function lastWordEnd(text: string): number {
  let end = text.length;
  while (end > 0 && !isSpace(text[end - 1])) end -= 1;
  while (end > 0 && isSpace(text[end - 1])) end -= 1;
  return end;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Whether words begin or end at a position; the text is looked at only where that is asked. */
function wordBoundaries(text: string): (position: number) => boolean {
  const segments = segmenter.segment(text);
  return (position) =>
    position === text.length || segments.containing(position)?.index === position;
}
