import type { TokenId } from '../../spec/index.ts';

/** Tokens that must agree before what followed them is taken to follow again. */
const shortestMatch = 2;

/** Tokens that are compared at most, and earlier places that are looked at, the last ones first. */
const longestMatch = 16;
const mostPlaces = 16;

/** Above every token id, so that two of them are one safe integer. */
const idRange = 2 ** 24;

/** What followed earlier, where the same tokens stood. */
export interface Copy {
  readonly tokens: readonly TokenId[];
  /** Tokens before it that agree, up to a few. */
  readonly matched: number;
}

/**
 * Finds what an answer may go on with among what stands in it and its prompt already, by the tokens before.
 * Appending and dropping a token take constant time.
 * @see Saxena 2023, "Prompt Lookup Decoding"; Yang et al. 2023, "Inference with Reference", arXiv:2304.04487
 */
export class Copies {
  readonly #text: TokenId[] = [];
  /** Places behind each pair of tokens, ascending. */
  readonly #placesOf = new Map<number, number[]>();

  constructor(prompt: readonly TokenId[]) {
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

  /** At most `most` tokens that followed where the longest match ends, the latest of them; `null` if there is none. */
  find(most: number): Copy | null {
    const end = this.#text.length;
    if (end < shortestMatch || most <= 0) return null;
    const places = this.#placesOf.get(this.#pairBefore(end))!;
    let best = { place: -1, matched: 0 };
    for (const place of places.slice(-mostPlaces - 1, -1).toReversed()) {
      const matched = this.#matchBefore(place, end);
      if (matched > best.matched) best = { place, matched };
    }
    if (best.matched === 0) return null;
    return { tokens: this.#text.slice(best.place, best.place + most), matched: best.matched };
  }

  #pairBefore(place: number): number {
    return this.#text[place - 2]! * idRange + this.#text[place - 1]!;
  }

  #matchBefore(a: number, b: number): number {
    const most = Math.min(a, longestMatch);
    let matched = shortestMatch;
    while (matched < most && this.#text[a - matched - 1] === this.#text[b - matched - 1]) matched++;
    return matched;
  }
}
