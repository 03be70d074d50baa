import type { Configuration } from './configuration.ts';
import type { Recogniser } from './recogniser.ts';
import type { TokenIndex } from './token-index.ts';
import { toTokenSet, type TokenSet } from './token-set.ts';
import { TrieWalk } from './trie-walk.ts';

/** What is known of the tokens of a state without knowing the stack below it. */
export interface LocalTokens {
  /** Those that stay within the rule and what it calls. */
  readonly inside: TokenSet;
  /** Nodes of the short tokens' trie where the rule may have ended, and more bytes follow. */
  readonly endings: Int32Array;
  /** Most bytes that the shortest way to the rule's end grows by with one of them. */
  readonly growth: number;
}

/** Finds them by a walk over the whole vocabulary, which any mask that needs them may go on with. */
export class LocalSearch {
  readonly #recogniser: Recogniser;
  readonly #alone: Configuration;
  readonly #walk: TrieWalk;
  readonly #ids: number[] = [];
  readonly #endings: number[] = [];
  #growth = -Infinity;

  /** @param alone - The state with nothing below it. */
  constructor(recogniser: Recogniser, { short }: TokenIndex, alone: Configuration) {
    this.#recogniser = recogniser;
    this.#alone = alone;
    this.#walk = new TrieWalk(recogniser, short, alone);
  }

  /** Goes on until it is done or the meter is over. @param words - Of a mask. */
  run(words: number): LocalTokens | undefined {
    const walk = this.#walk;
    const { meter } = this.#recogniser;
    while (walk.next()) {
      if (walk.hasTokens) {
        for (const tokenId of walk.tokens) this.#ids.push(tokenId);
        this.#growth = Math.max(this.#growth, walk.after.rest - this.#alone.rest);
      }
      if (walk.after.accepting && walk.hasLonger) this.#endings.push(walk.node);
      this.#recogniser.forgetIfLarge();
      if (meter.isOver) return undefined;
    }
    return {
      inside: toTokenSet(this.#ids, words),
      endings: Int32Array.from(this.#endings),
      growth: this.#growth,
    };
  }
}
