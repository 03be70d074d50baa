import type { Configuration, Ending } from './configuration.ts';
import type { Recogniser } from './recogniser.ts';
import type { TokenIndex } from './token-index.ts';
import { childOf } from './token-trie.ts';

/**
 * How many tokens an unfinished text needs. Its completion is the shortest in bytes, and the first in
 * the order of bytes among those: so what is left of it after some tokens is again the completion of
 * what they lead to, and an answer that fits its budget still fits after the completion's next token.
 */
export class Completion {
  readonly #recogniser: Recogniser;
  readonly #index: TokenIndex;

  constructor(recogniser: Recogniser, index: TokenIndex) {
    this.#recogniser = recogniser;
    this.#index = index;
  }

  /**
   * Fewest tokens, of those up to `alikeBytes` bytes long, that spell the completion; 0 where the text
   * may end, `Infinity` where the vocabulary's single bytes cannot spell one. Pauses when the
   * recogniser's meter is over.
   */
  *tokensToEnd(configuration: Configuration): Generator<undefined, number> {
    if (configuration.rest === Infinity) return Infinity;
    const { meter } = this.#recogniser;
    const way: { readonly from: Configuration; readonly byte: number }[] = [];
    let at = configuration;
    while (!at.accepting && at.ending === undefined) {
      const byte = this.#shortestByte(at);
      way.push({ from: at, byte });
      at = this.#recogniser.advance(at, byte)!;
      if (meter.isOver) yield;
    }
    let ending = at.accepting ? null : at.ending!;
    for (const { from, byte } of way.toReversed()) {
      ending = { byte, next: ending, tokens: this.#fewestTokens(byte, ending) };
      from.ending = ending;
      if (meter.isOver) yield;
    }
    return ending?.tokens ?? 0;
  }

  /** One token of `byte` and what follows, and the fewest from behind it on. */
  #fewestTokens(byte: number, next: Ending | null): number {
    const { short } = this.#index;
    let fewest = Infinity;
    let node = childOf(short, 0, byte);
    for (let after = next; node >= 0; after = after.next) {
      this.#recogniser.meter.spent++;
      if (short.firsts[node]! < short.firsts[node + 1]!) {
        fewest = Math.min(fewest, 1 + (after?.tokens ?? 0));
      }
      if (after === null) break;
      node = childOf(short, node, after.byte);
    }
    return fewest;
  }

  #shortestByte({ entries, rest }: Configuration): number {
    const { automaton, shortest } = this.#recogniser;
    const { byteFirsts, byteFroms, byteTos, byteTargets } = automaton;
    let least = 256;
    for (const { state, stack } of entries) {
      for (let edge = byteFirsts[state]!; edge < byteFirsts[state + 1]!; edge++) {
        if (1 + shortest.rest[byteTargets[edge]!]! + stack.rest !== rest) continue;
        const byte = this.#index.nextSpellable[byteFroms[edge]!]!;
        if (byte <= byteTos[edge]! && byte < least) least = byte;
      }
    }
    return least;
  }
}
