import type { Configuration, Recogniser } from './recogniser.ts';
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
   * may end, `Infinity` where the vocabulary's single bytes cannot spell one.
   */
  tokensToEnd(configuration: Configuration): number {
    if (configuration.rest === Infinity) return Infinity;
    const way: Configuration[] = [];
    let at = configuration;
    while (!at.accepting && at.tokensToEnd === undefined) {
      way.push(at);
      at = this.#shortest(at).after;
    }
    for (const place of way.toReversed()) place.tokensToEnd = this.#fewestFrom(place);
    return configuration.accepting ? 0 : configuration.tokensToEnd!;
  }

  /** One token, and the fewest from behind it on; those further along the completion are known. */
  #fewestFrom(place: Configuration): number {
    const { short } = this.#index;
    let fewest = Infinity;
    let at = place;
    let node = 0;
    while (!at.accepting) {
      const { byte, after } = this.#shortest(at);
      node = childOf(short, node, byte);
      if (node < 0) break;
      at = after;
      if (short.firsts[node]! < short.firsts[node + 1]!) {
        fewest = Math.min(fewest, 1 + (at.accepting ? 0 : at.tokensToEnd!));
      }
    }
    return fewest;
  }

  #shortest(configuration: Configuration): NonNullable<Configuration['shortest']> {
    if (configuration.shortest === undefined) {
      const byte = this.#shortestByte(configuration);
      configuration.shortest = { byte, after: this.#recogniser.advance(configuration, byte)! };
    }
    return configuration.shortest;
  }

  #shortestByte({ entries, rest }: Configuration): number {
    const { automaton, shortest } = this.#recogniser;
    let least = 256;
    for (const { state, stack } of entries) {
      for (const { from, to, target } of automaton.states[state]!.bytes) {
        if (1 + shortest.rest[target]! + stack.rest !== rest) continue;
        const byte = this.#index.nextSpellable[from]!;
        if (byte <= to && byte < least) least = byte;
      }
    }
    return least;
  }
}
