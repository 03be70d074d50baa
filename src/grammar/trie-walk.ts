import type { Configuration } from './configuration.ts';
import type { Recogniser } from './recogniser.ts';
import type { TokenTrie } from './token-trie.ts';

/** A walk over what a configuration leads to in a tree of tokens: it can be left and gone on with. */
export class TrieWalk {
  readonly trie: TokenTrie;
  /** Where it is. */
  node: number;
  after: Configuration;
  readonly #recogniser: Recogniser;
  readonly #roots: Iterator<number>;
  readonly #start: Configuration;
  /** By depth: the configuration there. */
  readonly #path: Configuration[] = [];
  #next = 0;
  #end = 0;

  /** Over the nodes below each of `roots`, where `start` is. */
  constructor(
    recogniser: Recogniser,
    trie: TokenTrie,
    start: Configuration,
    roots: Iterable<number> = [0],
  ) {
    this.#recogniser = recogniser;
    this.trie = trie;
    this.node = 0;
    this.after = start;
    this.#start = start;
    this.#roots = roots[Symbol.iterator]();
  }

  /** Goes to the next node that is not refused. @returns Whether there is one. */
  next(): boolean {
    do {
      if (this.#nextBelowRoot()) return true;
    } while (this.#nextRoot());
    return false;
  }

  #nextRoot(): boolean {
    const { done, value: root } = this.#roots.next();
    if (done === true) return false;
    this.#path[this.trie.depths[root]!] = this.#start;
    this.#next = root + 1;
    this.#end = this.trie.ends[root]!;
    return true;
  }

  #nextBelowRoot(): boolean {
    const { bytes, depths, ends } = this.trie;
    const { meter } = this.#recogniser;
    while (this.#next < this.#end) {
      const node = this.#next;
      const depth = depths[node]!;
      const after = this.#recogniser.step(this.#path[depth - 1]!, bytes[node]!);
      meter.spent++;
      if (after === null) {
        this.#next = ends[node]!;
        continue;
      }
      this.#path[depth] = after;
      this.#next = node + 1;
      this.node = node;
      this.after = after;
      return true;
    }
    return false;
  }

  /** Whether tokens end where it is. */
  get hasTokens(): boolean {
    const { firsts } = this.trie;
    return firsts[this.node]! < firsts[this.node + 1]!;
  }

  /** Whether longer tokens go on from where it is. */
  get hasLonger(): boolean {
    return this.trie.ends[this.node]! > this.node + 1;
  }

  /** Those that end where it is. */
  get tokens(): Int32Array {
    const { firsts, tokens } = this.trie;
    return tokens.subarray(firsts[this.node], firsts[this.node + 1]);
  }
}
