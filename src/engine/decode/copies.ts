import type { TokenId } from '../../spec/index.ts';

/** Tokens that must agree before what followed them is taken to follow again. */
const shortestMatch = 2;

/** Tokens that are compared at most, and earlier places that are looked at, the last ones first. */
const longestMatch = 16;
const mostPlaces = 16;

/** Places in prepared texts that are looked at. */
const mostPrepared = 64;

/** Between prepared texts: no token. */
const gap = -1;

/** Above every token id, so that two of them are one safe integer. */
const idRange = 2 ** 24;

/** What followed earlier, where the same tokens stood. */
export interface Copy {
  readonly tokens: readonly TokenId[];
  /** Tokens before it that agree, up to a few. */
  readonly matched: number;
  /** Whether they are of a prepared text. */
  readonly isPrepared: boolean;
}

/**
 * Finds what an answer may go on with among what stands in it, its prompt, and texts that were prepared for it, by the
 * tokens before.
 * Appending and dropping a token take constant time.
 * @see Saxena 2023, "Prompt Lookup Decoding"; Yang et al. 2023, "Inference with Reference", arXiv:2304.04487
 */
export class Copies {
  readonly #text: TokenId[] = [];
  /** Places behind each pair of tokens, ascending. */
  readonly #placesOf = new Map<number, number[]>();

  /** Where the prepared texts end. */
  readonly #preparedEnd: number;

  /** @param prepared - Texts, each apart from the others and from the prompt. */
  constructor(prompt: readonly TokenId[], prepared: readonly (readonly TokenId[])[] = []) {
    for (const text of prepared) for (const token of [...text, gap]) this.push(token);
    this.#preparedEnd = this.#text.length;
    for (const token of prompt) this.push(token);
  }

  push(token: TokenId): void {
    this.#text.push(token);
    const place = this.#text.length;
    if (place < shortestMatch) return;
    const pair = this.#pairBefore(place);
    const places = this.#placesOf.get(pair);
    if (places === undefined) this.#placesOf.set(pair, [place]);
    else places.push(place);
  }

  /** Drops the last `count` tokens. */
  drop(count: number): void {
    for (let i = 0; i < count; i++) {
      const place = this.#text.length;
      if (place >= shortestMatch) this.#placesOf.get(this.#pairBefore(place))!.pop();
      this.#text.length--;
    }
  }

  /**
   * At most `most` tokens that followed where the longest match ends, the latest of them before prepared ones; `null` if
   * there is none.
   */
  find(most: number): Copy | null {
    const end = this.#text.length;
    if (end < shortestMatch || most <= 0) return null;
    const places = this.#placesOf.get(this.#pairBefore(end))!;
    let best = { place: -1, matched: 0 };
    const latest = places.slice(-mostPlaces - 1, -1).toReversed();
    const prepared = places.slice(0, mostPrepared).filter((place) => place < this.#preparedEnd);
    for (const place of [...latest, ...prepared]) {
      const matched = this.#matchBefore(place, end);
      if (matched > best.matched && this.#text[place] !== gap) best = { place, matched };
    }
    if (best.matched === 0) return null;
    const { place, matched } = best;
    const tokens = this.#text.slice(place, place + most);
    const length = tokens.indexOf(gap);
    return {
      tokens: length === -1 ? tokens : tokens.slice(0, length),
      matched,
      isPrepared: place < this.#preparedEnd,
    };
  }

  #pairBefore(place: number): number {
    return this.#text[place - 2]! * idRange + this.#text[place - 1]!;
  }

  #matchBefore(a: number, b: number): number {
    const most = Math.min(a, longestMatch);
    let matched = shortestMatch;
    while (matched < most && this.#agree(a - matched - 1, b - matched - 1)) matched++;
    return matched;
  }

  #agree(a: number, b: number): boolean {
    return this.#text[a] === this.#text[b] && this.#text[a] !== gap;
  }
}
