import { BoundedCache } from './bounded-cache.ts';
import { Completion } from './completion.ts';
import { constraintLimits } from './limits.ts';
import { LocalSearch, localBytes, type LocalTokens } from './local-tokens.ts';
import type { Configuration, Entry } from './configuration.ts';
import type { Recogniser } from './recogniser.ts';
import type { TokenIndex } from './token-index.ts';
import { addTokenSet, isEmpty, setBit } from './token-set.ts';
import { TrieWalk } from './trie-walk.ts';

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

/** Work that pauses where the recogniser's meter is over, and is gone on with by asking again. */
export type MeteredSteps<Result> = Generator<undefined, Result>;

/** Searches that are not done yet, of which each holds what it has found. */
const mostSearches = 16;

/**
 * The tokens that may follow a configuration. Per state, the tokens that stay within its rule are
 * worked out once; only those that leave the rule are followed with the stack at hand.
 * @see Dong et al. 2024, "XGrammar", arXiv:2411.15100
 */
export class TokenMasks {
  readonly #recogniser: Recogniser;
  readonly #index: TokenIndex;
  /** Whether its single bytes spell the shortest texts there are. */
  readonly #spellsAll: boolean;
  readonly #allowedTokens = new BoundedCache<Configuration, AllowedTokens>(
    constraintLimits.masksBytes,
    ({ bits }) => bits.byteLength,
  );
  /** By class of alike states. */
  readonly #localTokens = new BoundedCache<number, LocalTokens>(
    constraintLimits.masksBytes,
    localBytes,
  );
  readonly #lasting: BoundedCache<string, LocalTokens>;
  readonly #searches = new Map<number, LocalSearch>();
  readonly #completion: Completion;
  /** Words of a mask: one bit per token. */
  readonly #words: number;
  #timesForgotten = 0;

  /** @param lasting - What is known of the vocabulary's tokens in states of lasting rules. */
  constructor(
    recogniser: Recogniser,
    index: TokenIndex,
    spellsAll: boolean,
    lasting: BoundedCache<string, LocalTokens>,
  ) {
    this.#recogniser = recogniser;
    this.#index = index;
    this.#lasting = lasting;
    this.#spellsAll = spellsAll;
    this.#completion = new Completion(recogniser, index);
    this.#words = Math.ceil(index.size / 32);
  }

  /** What it takes in memory: it grows with what it has been asked. */
  get bytes(): number {
    return this.#allowedTokens.weight + this.#localTokens.weight;
  }

  forget(): void {
    this.#allowedTokens.clear();
    this.#localTokens.clear();
    this.#searches.clear();
  }

  /**
   * Writes which tokens may follow so that the answer can still end within `budget` tokens.
   * @param bits - Shape `[ceil(vocabSize / 32)]`.
   * @returns Whether a token is allowed, the end of generation included.
   */
  *write(bits: Uint32Array, configuration: Configuration, budget: number): MeteredSteps<boolean> {
    const isFar =
      this.#spellsAll && budget > 0 && (yield* this.#mayNeed(configuration, budget)) < budget;
    if (isFar) bits.set((yield* this.#allowed(configuration)).bits);
    else yield* this.#writeNear(bits, configuration, budget);
    return !isEmpty(bits);
  }

  /** Fewest tokens that spell the shortest completion. */
  tokensToEnd(configuration: Configuration): number {
    const steps = this.#completion.tokensToEnd(configuration);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  /** Fewest tokens, the next one included, in which an answer is known to end; 0 if it may end here. */
  *tokensNeeded(configuration: Configuration): MeteredSteps<number> {
    if (configuration.accepting) return 0;
    let fewest = Infinity;
    for (const walk of this.#walksOfAll(configuration)) {
      while (walk.next()) {
        if (walk.hasTokens) {
          fewest = Math.min(fewest, 1 + (yield* this.#completion.tokensToEnd(walk.after)));
        }
        if (this.#isOver()) yield;
      }
    }
    return fewest;
  }

  /** At most so many tokens complete an answer after any allowed token: the least bound that suffices. */
  *#mayNeed(configuration: Configuration, budget: number): MeteredSteps<number> {
    const allowed = yield* this.#allowed(configuration);
    if (allowed.longestRest < budget) return allowed.longestRest;
    allowed.tokensNeeded ??= yield* this.#boundTokens(configuration, allowed);
    return allowed.tokensNeeded;
  }

  *#allowed(configuration: Configuration): MeteredSteps<AllowedTokens> {
    if (this.#timesForgotten !== this.#recogniser.timesForgotten) {
      this.#allowedTokens.clear(); // it would hold configurations that are no longer met
      this.#timesForgotten = this.#recogniser.timesForgotten;
    }
    const known = this.#allowedTokens.get(configuration);
    if (known !== undefined) return known;
    return this.#allowedTokens.set(configuration, yield* this.#findAllowed(configuration));
  }

  *#findAllowed(configuration: Configuration): MeteredSteps<AllowedTokens> {
    const bits = new Uint32Array(this.#words);
    let longestRest = 0;
    // What an entry allows is completed by its bound, so that a later one counts for what it adds.
    const bounded: { readonly entry: Entry; readonly bound: number }[] = [];
    for (const entry of configuration.entries) {
      bounded.push({ entry, bound: (yield* this.#bytesWithin(entry)) + entry.stack.rest });
    }
    const entries: Entry[] = [];
    for (const { entry, bound } of bounded.toSorted((a, b) => a.bound - b.bound)) {
      const { inside } = yield* this.#local(entry.state);
      if (!addTokenSet(bits, inside)) continue;
      longestRest = bound;
      entries.push(entry);
    }
    for (const walk of yield* this.#walksOutside(configuration)) {
      while (walk.next()) {
        if (walk.hasTokens) {
          setTokens(bits, walk);
          longestRest = Math.max(longestRest, walk.after.rest);
        }
        if (this.#isOver()) yield;
      }
    }
    this.#allowEnd(bits, configuration);
    return { bits, entries, longestRest, tokensNeeded: undefined };
  }

  /** Most bytes from behind a token within the entry's rule to the rule's end. */
  *#bytesWithin({ state }: Entry): MeteredSteps<number> {
    return this.#recogniser.shortest.enter[state]! + (yield* this.#local(state)).growth;
  }

  /** As bytes within the rule, and as tokens below and outside it. */
  *#boundTokens(configuration: Configuration, { entries }: AllowedTokens): MeteredSteps<number> {
    let most = 0;
    for (const entry of entries) {
      const popped = this.#recogniser.popped(entry.stack);
      const below = yield* this.#completion.tokensToEnd(popped);
      most = Math.max(most, (yield* this.#bytesWithin(entry)) + below);
    }
    for (const walk of yield* this.#walksOutside(configuration)) {
      while (walk.next()) {
        if (walk.hasTokens) {
          most = Math.max(most, yield* this.#completion.tokensToEnd(walk.after));
        }
        if (this.#isOver()) yield;
      }
    }
    return most;
  }

  *#writeNear(bits: Uint32Array, configuration: Configuration, budget: number): MeteredSteps<void> {
    bits.fill(0);
    this.#allowEnd(bits, configuration);
    if (budget === 0) return;
    for (const walk of this.#walksOfAll(configuration)) {
      while (walk.next()) {
        if (walk.hasTokens && (yield* this.#completion.tokensToEnd(walk.after)) < budget) {
          setTokens(bits, walk);
        }
        if (this.#isOver()) yield;
      }
    }
  }

  #allowEnd(bits: Uint32Array, { accepting }: Configuration): void {
    if (accepting) for (const tokenId of this.#index.endOfGeneration) setBit(bits, tokenId);
  }

  *#local(state: number): MeteredSteps<LocalTokens> {
    const alike = this.#recogniser.automaton.alike[state]!;
    for (;;) {
      const known = this.#localTokens.get(alike);
      if (known !== undefined) return known;
      const name = this.#lastingName(state);
      const lasting = name === undefined ? undefined : this.#lasting.get(name);
      if (lasting !== undefined) return this.#localTokens.set(alike, lasting);
      const search = this.#searches.get(alike) ?? this.#search(state, alike);
      const found = search.run(this.#words);
      if (found === undefined) {
        yield; // somebody else may go on with it meanwhile
        continue;
      }
      this.#searches.delete(alike);
      if (name !== undefined) this.#lasting.set(name, found);
      return this.#localTokens.set(alike, found);
    }
  }

  /** By which the tokens of a state are known to all constraints over the vocabulary. */
  #lastingName(state: number): string | undefined {
    const { rules, ruleOf, stateOf } = this.#recogniser.automaton.lasting;
    const rule = rules[ruleOf[state]!];
    return rule === undefined ? undefined : `${stateOf[state]} ${rule}`;
  }

  #search(state: number, alike: number): LocalSearch {
    const recogniser = this.#recogniser;
    const search = new LocalSearch(recogniser, this.#index, recogniser.alone(state));
    if (this.#searches.size === mostSearches) this.#searches.clear(); // of answers that were given up
    this.#searches.set(alike, search);
    return search;
  }

  /** Over what tokens lead to that leave a rule, and long tokens. */
  *#walksOutside(configuration: Configuration): MeteredSteps<readonly TrieWalk[]> {
    const recogniser = this.#recogniser;
    const walks = [new TrieWalk(recogniser, this.#index.long, configuration)];
    for (const { state, stack } of configuration.entries) {
      const { endings } = yield* this.#local(state);
      if (endings.length === 0) continue;
      const popped = recogniser.popped(stack);
      if (popped.entries.length === 0) continue;
      for (const { trie, nodes } of endings)
        walks.push(new TrieWalk(recogniser, trie, popped, nodes));
    }
    return walks;
  }

  #walksOfAll(configuration: Configuration): readonly TrieWalk[] {
    const { short, long } = this.#index;
    return [short, long].map((trie) => new TrieWalk(this.#recogniser, trie, configuration));
  }

  #isOver(): boolean {
    this.#recogniser.forgetIfLarge();
    return this.#recogniser.meter.isOver;
  }
}

function setTokens(bits: Uint32Array, { tokens }: TrieWalk): void {
  for (let i = 0; i < tokens.length; i++) setBit(bits, tokens[i]!);
}
