import { alikeBytes } from './automaton.ts';
import type { Configuration } from './configuration.ts';
import { PlainSearch } from './plain-text.ts';
import type { Recogniser } from './recogniser.ts';
import { briefBytes, type TokenIndex } from './token-index.ts';
import { toTokenSet, tokenSetBytes, type TokenSet } from './token-set.ts';
import type { TokenTrie } from './token-trie.ts';
import { TrieWalk } from './trie-walk.ts';

/** What is known of the tokens of a state without knowing the stack below it. */
export interface LocalTokens {
  /** Those that stay within the rule and what it calls. */
  readonly inside: TokenSet;
  /** Nodes where the rule may have ended, and more bytes follow. */
  readonly endings: readonly TrieNodes[];
  /** Most bytes that the shortest way to the rule's end grows by with one of them. */
  readonly growth: number;
}

export interface TrieNodes {
  readonly trie: TokenTrie;
  readonly nodes: Int32Array;
}

/** What they take in memory. */
export function localBytes({ inside, endings }: LocalTokens): number {
  return endings.reduce((sum, { nodes }) => sum + nodes.byteLength, tokenSetBytes(inside));
}

/**
 * Finds them by a walk over the vocabulary, which any mask that needs them may go on with. Where all plain texts
 * stay within the rule, their tokens are known before, and the walk is over the others.
 */
export class LocalSearch {
  readonly #recogniser: Recogniser;
  readonly #index: TokenIndex;
  readonly #alone: Configuration;
  readonly #plain: PlainSearch;
  /** Tokens that need no walk. */
  #known: Uint32Array | undefined;
  #walks: TrieWalk[] | undefined;
  readonly #ids: number[] = [];
  readonly #endings: { readonly trie: TokenTrie; readonly nodes: number[] }[] = [];
  #growth = -Infinity;

  /** @param alone - The state with nothing below it. */
  constructor(recogniser: Recogniser, index: TokenIndex, alone: Configuration) {
    this.#recogniser = recogniser;
    this.#index = index;
    this.#alone = alone;
    this.#plain = new PlainSearch(recogniser, alone, alikeBytes);
  }

  /** Goes on until it is done or the meter is over. @param words - Of a mask. */
  run(words: number): LocalTokens | undefined {
    if (this.#walks === undefined && !this.#plain.run()) return undefined;
    this.#walks ??= this.#tries().map((trie) => new TrieWalk(this.#recogniser, trie, this.#alone));
    for (let walk = this.#walks[0]; walk !== undefined; walk = this.#walks[0]) {
      if (!this.#walk(walk)) return undefined;
      this.#walks.shift();
    }
    return {
      inside: toTokenSet(this.#ids, words, this.#known),
      endings: this.#endings.map(({ trie, nodes }) => ({ trie, nodes: Int32Array.from(nodes) })),
      growth: this.#growth,
    };
  }

  /** Those that are to be walked over. */
  #tries(): readonly TokenTrie[] {
    const { short, plain } = this.#index;
    const { bytes, growth } = this.#plain;
    if (bytes < briefBytes) return [short];
    this.#growth = growth;
    if (bytes < alikeBytes) {
      this.#known = plain.brief;
      return [plain.longer, plain.others];
    }
    this.#known = plain.all;
    return [plain.others];
  }

  /** @returns Whether it is done. */
  #walk(walk: TrieWalk): boolean {
    const { meter } = this.#recogniser;
    while (walk.next()) {
      if (walk.hasTokens) {
        for (const tokenId of walk.tokens) this.#ids.push(tokenId);
        this.#growth = Math.max(this.#growth, walk.after.rest - this.#alone.rest);
      }
      if (walk.after.accepting && walk.hasLonger) this.#addEnding(walk);
      this.#recogniser.forgetIfLarge();
      if (meter.isOver) return false;
    }
    return true;
  }

  #addEnding({ trie, node }: TrieWalk): void {
    const last = this.#endings.at(-1);
    if (last?.trie === trie) last.nodes.push(node);
    else this.#endings.push({ trie, nodes: [node] });
  }
}
