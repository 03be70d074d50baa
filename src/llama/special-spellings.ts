import type { TokenId } from '../spec/index.ts';

/** llama.h's attributes of a token. */
export const tokenAttributes = {
  unknown: 1 << 0,
  control: 1 << 3,
  userDefined: 1 << 4,
  stripsLeft: 1 << 7,
  stripsRight: 1 << 8,
} as const;

const { control, unknown, stripsLeft, stripsRight } = tokenAttributes;

/** A token that is cut out of a text before all else, where the text spells it. */
export interface SpecialSpelling {
  readonly tokenId: TokenId;
  readonly text: string;
  readonly attributes: number;
}

/** A token that stands in the text as such, or text for llama.cpp to cut. */
export type TextPart = TokenId | UncutText;

interface UncutText {
  readonly text: string;
  /** Whether a control token may be spelled in it. */
  readonly hasControls: boolean;
}

/** User-defined tokens that llama.cpp is given to find at once. */
const mostPerPart = 128;

/**
 * Cuts texts as llama.cpp does before all else, at the spellings of special tokens. Its own search
 * (`tokenizer_st_partition`) takes as long as the text is long times the number of such tokens that
 * there are, and in addition the square of those that it finds.
 */
export class SpecialSpellings {
  readonly #byText: ReadonlyMap<string, SpecialSpelling>;
  readonly #lengths: Lengths;
  readonly #controlLengths: Lengths;
  readonly #longest: number;

  constructor(spellings: readonly SpecialSpelling[]) {
    const written = spellings.filter(({ text }) => text !== '');
    this.#byText = new Map(written.map((spelling) => [spelling.text, spelling]));
    this.#lengths = lengthsOf(written);
    this.#controlLengths = lengthsOf(written.filter(isControl));
    this.#longest = written.reduce((most, { text }) => Math.max(most, text.length), 0);
  }

  /** Parts whose tokens, one after the other, are the text's. */
  *parts(text: string): Generator<TextPart> {
    let begin = 0;
    let count = 0;
    let hasControls = false;
    for (let index = 0; index < text.length; index++) {
      const found = this.#longestAt(text, index);
      if (found === undefined) continue;
      count++;
      if ((isControl(found) || count > mostPerPart) && this.#isCertain(text, begin, index, found)) {
        if (index > begin) yield { text: text.slice(begin, index), hasControls };
        begin = index;
        count = 0;
        hasControls = false;
        if (isControl(found)) {
          yield found.tokenId;
          begin += found.text.length;
        }
      } else hasControls ||= this.#spellsControl(text, index, index + found.text.length);
      index += found.text.length - 1;
    }
    if (begin < text.length) yield { text: text.slice(begin), hasControls };
  }

  /** The longest spelling that begins at `at`. */
  #longestAt(text: string, at: number): SpecialSpelling | undefined {
    for (const length of this.#lengths.get(text[at]!) ?? []) {
      const found = this.#byText.get(text.slice(at, at + length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether a control token's spelling begins from `begin` to `end`, be it inside of another. */
  #spellsControl(text: string, begin: number, end: number): boolean {
    for (let at = begin; at < end; at++) {
      for (const length of this.#controlLengths.get(text[at]!) ?? []) {
        const found = this.#byText.get(text.slice(at, at + length));
        if (found !== undefined && isControl(found)) return true;
      }
    }
    return false;
  }

  /**
   * Whether llama.cpp, which looks for the longest spelling of all first, must find `found` at `index`:
   * so it is where nothing longer begins there and nothing reaches across either of its ends.
   * @param begin - Where nothing reaches across for certain.
   */
  #isCertain(text: string, begin: number, index: number, found: SpecialSpelling): boolean {
    if (found.attributes & (stripsLeft | stripsRight)) return false;
    const end = index + found.text.length;
    for (let at = Math.max(begin, index - this.#longest + 1); at < end; at++) {
      if (at === index) continue;
      const reach = at + (this.#longestAt(text, at)?.text.length ?? 0);
      if (at < index ? reach > index : reach > end) return false;
    }
    return true;
  }
}

/** By the first UTF-16 unit of a spelling: the lengths there are, the longest first. */
type Lengths = ReadonlyMap<string, readonly number[]>;

function lengthsOf(spellings: readonly SpecialSpelling[]): Lengths {
  const lengths = new Map<string, number[]>();
  const longestFirst = spellings.toSorted((a, b) => b.text.length - a.text.length);
  for (const { text } of longestFirst) {
    const own = lengths.get(text[0]!) ?? [];
    lengths.set(text[0]!, own);
    if (own.at(-1) !== text.length) own.push(text.length);
  }
  return lengths;
}

function isControl({ attributes }: SpecialSpelling): boolean {
  return (attributes & (control | unknown)) !== 0;
}
