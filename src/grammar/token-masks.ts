import { BoundedCache } from './bounded-cache.ts';
import { Completion } from './completion.ts';
import { limits } from './limits.ts';
import type { Configuration, Entry, Recogniser } from './recogniser.ts';
import type { TokenIndex } from './token-index.ts';
import {
  addTokens,
  byteLengthOf,
  isEmpty,
  setBit,
  toTokenSet,
  type TokenSet,
} from './token-set.ts';
import type { TokenTrie } from './token-trie.ts';

/** What is allowed after a configuration, whatever the budget. */
interface AllowedTokens {
  readonly bits: Uint32Array;
  /** Entries that together allow all tokens within a rule, those with the shortest completions. */
  readonly entries: readonly Entry[];
  /** Most bytes that the shortest completion still needs after one of the tokens. */
  readonly longestRest: number;
  /** No fewer than the tokens it needs; worked out when first asked for. */
  tokensNeeded: number | undefined;
}

/** What is known of the tokens of a state without knowing the stack below it. */
interface LocalTokens {
  /** Those that stay within the rule and what it calls. */
  readonly inside: TokenSet;
  /** Nodes of the short tokens' trie where the rule may have ended, and more bytes follow. */
  readonly endings: Int32Array;
  /** Most bytes that the shortest way to the rule's end grows by with one of them. */
  readonly growth: number;
}

/**
 * The tokens that may follow a configuration. Per state, the tokens that stay within its rule are
 * worked out once; only those that leave the rule are followed with the stack at hand.
 * @see Dong et al. 2024, "XGrammar", arXiv:2411.15100
 */
export class TokenMasks {
  readonly #recogniser: Recogniser;
  readonly #index: TokenIndex;
  readonly #allowedTokens = new BoundedCache<Configuration, AllowedTokens>(
    limits.rememberedBytes,
    ({ bits }) => bits.byteLength,
  );
  readonly #localTokens = new BoundedCache<Configuration, LocalTokens>(
    limits.rememberedBytes,
    ({ inside, endings }) => byteLengthOf(inside) + endings.byteLength,
  );
  readonly #completion: Completion;
  /** Words of a mask: one bit per token. */
  readonly #words: number;
  /** By class of alike states: the first of them met, alone. */
  readonly #alone = new Map<number, Configuration>();
  /** Of a walk: by depth, the configuration there. */
  readonly #path: Configuration[] = [];

  constructor(recogniser: Recogniser, index: TokenIndex) {
    this.#recogniser = recogniser;
    this.#index = index;
    this.#completion = new Completion(recogniser, index);
    this.#words = Math.ceil(index.size / 32);
  }

  /** What it takes in memory: it grows with what it has been asked. */
  get bytes(): number {
    return this.#allowedTokens.weight + this.#localTokens.weight;
  }

  /**
   * Writes which tokens may follow so that the answer can still end within `budget` tokens.
   * @param bits - Shape `[ceil(vocabSize / 32)]`.
   * @returns Whether a token is allowed, the end of generation included.
   */
  write(bits: Uint32Array, configuration: Configuration, budget: number): boolean {
    const isFar =
      this.#index.spellsAll && budget > 0 && this.#mayNeed(configuration, budget) < budget;
    if (isFar) bits.set(this.#allowed(configuration).bits);
    else this.#writeNear(bits, configuration, budget);
    return !isEmpty(bits);
  }

  /** Fewest tokens, the next one included, in which an answer is known to end; 0 if it may end here. */
  tokensNeeded(configuration: Configuration): number {
    if (configuration.accepting) return 0;
    let fewest = Infinity;
    this.#walkAll(configuration, (trie, node, after) => {
      if (trie.firsts[node]! < trie.firsts[node + 1]!) {
        fewest = Math.min(fewest, 1 + this.#completion.tokensToEnd(after));
      }
    });
    return fewest;
  }

  /** At most so many tokens complete an answer after any allowed token: the least bound that suffices. */
  #mayNeed(configuration: Configuration, budget: number): number {
    const allowed = this.#allowed(configuration);
    if (allowed.longestRest < budget) return allowed.longestRest;
    allowed.tokensNeeded ??= this.#boundTokens(configuration, allowed);
    return allowed.tokensNeeded;
  }

  #allowed(configuration: Configuration): AllowedTokens {
    return this.#allowedTokens.get(configuration, () => this.#findAllowed(configuration));
  }

  #findAllowed(configuration: Configuration): AllowedTokens {
    const bits = new Uint32Array(this.#words);
    let longestRest = 0;
    // What an entry allows is completed by its bound, so that a later one counts for what it adds.
    const byBound = configuration.entries
      .map((entry) => ({ entry, bound: this.#bytesWithin(entry) + entry.stack.rest }))
      .toSorted((a, b) => a.bound - b.bound);
    const entries = byBound.flatMap(({ entry, bound }) => {
      if (!addTokens(bits, this.#local(entry.state).inside)) return [];
      longestRest = bound;
      return entry;
    });
    this.#walkOutside(configuration, (trie, node, after) => {
      if (setTokens(bits, trie, node)) longestRest = Math.max(longestRest, after.rest);
    });
    this.#allowEnd(bits, configuration);
    return { bits, entries, longestRest, tokensNeeded: undefined };
  }

  /** Most bytes from behind a token within the entry's rule to the rule's end. */
  #bytesWithin({ state }: Entry): number {
    return this.#recogniser.shortest.enter[state]! + this.#local(state).growth;
  }

  /** As bytes within the rule, and as tokens below and outside it. */
  #boundTokens(configuration: Configuration, { entries }: AllowedTokens): number {
    let most = 0;
    for (const entry of entries) {
      const below = this.#completion.tokensToEnd(this.#recogniser.popped(entry.stack));
      most = Math.max(most, this.#bytesWithin(entry) + below);
    }
    this.#walkOutside(configuration, (trie, node, after) => {
      if (trie.firsts[node]! < trie.firsts[node + 1]!) {
        most = Math.max(most, this.#completion.tokensToEnd(after));
      }
    });
    return most;
  }

  #writeNear(bits: Uint32Array, configuration: Configuration, budget: number): void {
    bits.fill(0);
    this.#allowEnd(bits, configuration);
    if (budget === 0) return;
    this.#walkAll(configuration, (trie, node, after) => {
      if (this.#completion.tokensToEnd(after) < budget) setTokens(bits, trie, node);
    });
  }

  #allowEnd(bits: Uint32Array, { accepting }: Configuration): void {
    if (accepting) for (const tokenId of this.#index.endOfGeneration) setBit(bits, tokenId);
  }

  #local(state: number): LocalTokens {
    const alike = this.#recogniser.automaton.alike[state]!;
    let alone = this.#alone.get(alike);
    if (alone === undefined) {
      alone = this.#recogniser.alone(state);
      this.#alone.set(alike, alone);
    }
    const representative = alone;
    return this.#localTokens.get(representative, () => this.#findLocal(representative));
  }

  #findLocal(alone: Configuration): LocalTokens {
    const { short } = this.#index;
    const ids: number[] = [];
    const endings: number[] = [];
    let growth = -Infinity;
    this.#walk(short, 0, alone, (_, node, after) => {
      const [first, end] = [short.firsts[node]!, short.firsts[node + 1]!];
      for (let i = first; i < end; i++) ids.push(short.tokens[i]!);
      if (first < end) growth = Math.max(growth, after.rest - alone.rest);
      if (after.accepting && short.ends[node]! > node + 1) endings.push(node);
    });
    return {
      inside: toTokenSet(ids, this.#words),
      endings: Int32Array.from(endings),
      growth,
    };
  }

  /** Visits what tokens lead to that leave a rule, and long tokens. */
  #walkOutside(configuration: Configuration, visit: Visit): void {
    const { short, long } = this.#index;
    for (const { state, stack } of configuration.entries) {
      const { endings } = this.#local(state);
      if (endings.length === 0) continue;
      const popped = this.#recogniser.popped(stack);
      if (popped.entries.length === 0) continue;
      for (let i = 0; i < endings.length; i++) this.#walk(short, endings[i]!, popped, visit);
    }
    this.#walk(long, 0, configuration, visit);
  }

  #walkAll(configuration: Configuration, visit: Visit): void {
    this.#walk(this.#index.short, 0, configuration, visit);
    this.#walk(this.#index.long, 0, configuration, visit);
  }

  /** Visits the nodes below `root` that `configuration`, which is at `root`, leads to. */
  #walk(trie: TokenTrie, root: number, configuration: Configuration, visit: Visit): void {
    const { bytes, depths, ends } = trie;
    const path = this.#path;
    path[depths[root]!] = configuration;
    const end = ends[root]!;
    for (let node = root + 1; node < end;) {
      const depth = depths[node]!;
      const after = this.#recogniser.step(path[depth - 1]!, bytes[node]!);
      if (after === null) {
        node = ends[node]!;
      } else {
        path[depth] = after;
        visit(trie, node, after);
        node++;
      }
    }
  }
}

type Visit = (trie: TokenTrie, node: number, after: Configuration) => void;

/** @returns Whether the node has tokens. */
function setTokens(bits: Uint32Array, { firsts, tokens }: TokenTrie, node: number): boolean {
  const [first, end] = [firsts[node]!, firsts[node + 1]!];
  for (let i = first; i < end; i++) setBit(bits, tokens[i]!);
  return first < end;
}
