import type { RewardShift } from '../../compose/index.ts';
import { entropyOf } from '../../reward/index.ts';
import type { Coupling } from '../../options/index.ts';
import {
  unknownAmongBest,
  type BoundedChoice,
  type DraftedToken,
  type Sampler,
} from '../../sampling/index.ts';
import type {
  Certificate,
  ConstraintState,
  KlBudget,
  LogitBounds,
  SparseRow,
  TokenId,
} from '../../spec/index.ts';
import type { CandidateRewards } from '../reward/candidate-rewards.ts';
import type { GenerationRewards } from '../reward/generation-rewards.ts';
import type { RewardShare } from '../reward/reward-shares.ts';
import { valueCandidates } from './candidate-race.ts';
import { Certainty } from './certainty.ts';
import { valueOf, type Steps } from './course.ts';
import type { Window } from './window.ts';

export interface TokenChooserOptions {
  /** Whose current position a token is chosen for. */
  readonly window: Window;
  readonly sampler: Sampler;
  readonly constraint: ConstraintState | null;
  readonly rewards: GenerationRewards | null;
  /** How many tokens rewards choose among; 0 where they do not act on every token. */
  readonly candidates: number;
  /** Whether the likeliest end is one more of them. */
  readonly offersEnd: boolean;
  /** Whether draws may depend on more than which token is chosen: then every candidate is valued. */
  readonly readsDistribution: boolean;
  readonly klBudget: KlBudget | null;
  /** Best tokens that are told of each position. */
  readonly topLogprobs: number;
  /** Asks for more of a row that does not tell all: see `ModelContext.extendRow`. */
  readonly extendRow: (row: SparseRow, wanted: readonly TokenId[]) => Promise<SparseRow | null>;
  /** Tokens before which no answer ends, and those that end one. */
  readonly minTokens: number;
  readonly endTokens: ReadonlySet<TokenId>;
  readonly signal: AbortSignal;
}

/**
 * Steps 2 to 9 of the order of operations, one position after the other: `prepare`, `choose`, `accept`.
 * @see docs/adr/0002-order-of-operations.md
 */
export class TokenChooser {
  readonly #options: TokenChooserOptions;
  #row = 0;
  /** The candidates of this position and their rewards. */
  #scored: CandidateRewards | undefined;
  #kl = 0;
  /** Nats spent at each accepted position. */
  readonly #spent: number[] = [];
  /** Chosen already, where not all logits are exact. */
  #decided: TokenId | null = null;
  readonly #certainty = new Certainty();
  #isSteered = false;
  /** Whether a scheduled param was not 0 at each accepted position. */
  readonly #steered: boolean[] = [];

  constructor(options: TokenChooserOptions) {
    this.#options = options;
  }

  /** Nats of `KL(steered ‖ base)` over the accepted tokens; 0 without a budget. */
  get kl(): number {
    return this.#spent.reduce((sum, kl) => sum + kl, 0);
  }

  /** Accepted tokens at which a scheduled param was not 0. */
  get steeredTokens(): number {
    return this.#steered.filter(Boolean).length;
  }

  /**
   * Steps 2 to 5; rewards may take their time.
   * @param budget - Tokens that may still be chosen, this one included.
   * @param attempt - As {@link choose} will have it.
   */
  *prepare(budget: number, attempt = 0): Steps {
    const { window, rewards, candidates, klBudget, signal } = this.#options;
    this.#row = window.composition.finish(); // 2
    const scheduled = Object.values(window.composition.scheduledParams());
    this.#isSteered = scheduled.some((value) => value !== 0);
    this.#restrict(this.#row, budget); // 3 and 4
    this.#decided = null;
    if (window.composition.bounds !== null) yield* this.#settle(budget, attempt);
    const tokenIds = candidates > 0 ? this.#best(candidates) : undefined;
    if (rewards === null || tokenIds === undefined || tokenIds.length === 0) {
      if (klBudget !== null) this.#rescale(null, budget);
      return;
    }
    this.#scored = yield* valueOf(rewards.begin(tokenIds, signal));
    yield* this.#value(this.#scored, attempt);
    this.#applyRewards(this.#scored, budget); // 5
  }

  /**
   * Steps 6 to 8.
   * @param attempt - Each draws another token of the same distribution.
   * @param drafted - A token that the draw depends on; none does as a rule.
   */
  choose(attempt = 0, drafted: DraftedToken | null = null): TokenId {
    const { window, sampler } = this.#options;
    if (this.#decided !== null) return this.#decided;
    if (drafted === null) return sampler.choose(window.kernels, this.#row, attempt);
    return sampler.couple(window.kernels, this.#row, drafted, attempt);
  }

  /** Makes the log-prob of a token known that the constraint leaves no choice about, as far as it can be asked for. */
  *learn(tokenId: TokenId): Steps {
    const { composition } = this.#options.window;
    composition.finish();
    while (composition.bounds?.known[tokenId] === 0) {
      const longer = yield* this.#extendRow([tokenId]);
      if (longer === null) break;
      composition.revise(longer);
      composition.finish();
    }
    if (composition.bounds !== null) this.#certainty.note(0, composition);
  }

  /**
   * Takes tokens that are only supposed to come next, for `draft`, until `forget`; rewards do not learn of them.
   * @throws ContractError for one that the constraint does not allow.
   */
  suppose(tokens: readonly TokenId[]): void {
    const { sampler, constraint } = this.#options;
    for (const tokenId of tokens) {
      constraint?.accept(tokenId);
      sampler.accept(tokenId);
    }
  }

  /** Forgets what was supposed. */
  forget(): void {
    const { sampler, constraint } = this.#options;
    sampler.truncate(this.#spent.length);
    constraint?.truncate(this.#spent.length);
  }

  /**
   * The token that would be chosen, after what is accepted and supposed, if the logits in `row` were the composed
   * ones: under the same penalties, mask and settings and with the same noise, without rewards and budget.
   * @param row - Of the window's kernels: overwritten. @param budget - As in {@link prepare}.
   */
  draft(row: number, budget: number, coupling: Coupling, attempt = 0): DraftedToken {
    const { window, sampler } = this.#options;
    this.#restrict(row, budget);
    if (coupling === 'maximal') return sampler.draft(window.kernels, row, attempt);
    return { tokenId: sampler.choose(window.kernels, row, attempt), probabilities: null };
  }

  /** Each reward's share in the score of one of this position's candidates; none of other tokens. */
  sharesOf(tokenId: TokenId): readonly RewardShare[] {
    const index = this.#scored?.tokenIds.indexOf(tokenId) ?? -1;
    return index === -1 ? [] : this.#scored!.sharesOf(index);
  }

  /** How far the accepted tokens may be from those of whole distributions. */
  get certificate(): Certificate {
    return this.#certainty.certificate;
  }

  /** Of the current position's choice. */
  get totalVariation(): number {
    return this.#certainty.current;
  }

  /** Entropy of the distribution that is sampled from at temperature 1, nats. */
  entropy(): number {
    return entropyOf(this.#options.window.kernels.row(this.#row));
  }

  /**
   * Step 9. A token of a position that was not prepared steers nothing and spends nothing.
   * @param tokens - The chosen one, or several that a constraint forces.
   */
  accept(tokens: readonly TokenId[]): void {
    const { sampler, constraint, rewards } = this.#options;
    for (const tokenId of tokens) {
      sampler.accept(tokenId);
      constraint?.accept(tokenId);
      this.#certainty.accept();
      this.#spent.push(this.#kl);
      this.#kl = 0;
      this.#steered.push(this.#isSteered);
      this.#isSteered = false;
    }
    this.#scored = undefined;
    rewards?.accept(tokens);
  }

  truncate(length: number): void {
    const { sampler, constraint, rewards } = this.#options;
    sampler.truncate(length);
    constraint?.truncate(length);
    rewards?.truncate(length);
    this.#spent.length = length;
    this.#steered.length = length;
    this.#certainty.truncate(length);
  }

  /**
   * Asks for more of the base's row until it is known what would be chosen if all of it were, or no more can be had. Then what is
   * not known is not chosen.
   */
  *#settle(budget: number, attempt: number): Steps {
    const { composition } = this.#options.window;
    for (;;) {
      const bounds = composition.bounds!;
      const { tokenId, isCertain, needed, totalVariation } = this.#judge(bounds, attempt);
      const wanted = [...new Set([...needed, ...this.#unknownToTell(bounds)])];
      const isEnough = isCertain && wanted.length === 0;
      const longer = isEnough ? null : yield* this.#extendRow(wanted);
      if (longer === null) {
        this.#certainty.note(isCertain ? 0 : totalVariation, composition);
        if (!isCertain) this.#banUnknown(bounds);
        this.#decided = tokenId;
        return;
      }
      composition.revise(longer);
      this.#row = composition.finish();
      this.#restrict(this.#row, budget);
    }
  }

  *#extendRow(wanted: readonly TokenId[]): Steps<SparseRow | null> {
    const { window, extendRow } = this.#options;
    return yield* valueOf(extendRow(window.composition.sparseRow!, wanted));
  }

  /** What would be chosen, or, where rewards choose, whether they know all that they choose among. */
  #judge(bounds: LogitBounds, attempt: number): BoundedChoice {
    const { window, sampler, rewards, candidates } = this.#options;
    const { kernels } = window;
    if (rewards === null || candidates === 0) {
      return sampler.chooseBounded(kernels, this.#row, bounds, attempt);
    }
    const needed = unknownAmongBest({ kernels, row: this.#row, bounds }, candidates);
    const isCertain = needed.length === 0;
    return { tokenId: null, isCertain, needed, totalVariation: isCertain ? 0 : 1 };
  }

  /** Of the best tokens that somebody wants to be told. */
  #unknownToTell(bounds: LogitBounds): readonly TokenId[] {
    const { window, topLogprobs } = this.#options;
    const { kernels, composition } = window;
    if (topLogprobs === 0) return [];
    return unknownAmongBest({ kernels, row: composition.composedIndex, bounds }, topLogprobs);
  }

  /** Tokens that are not known are not chosen, but where nothing else may be. */
  #banUnknown({ known }: LogitBounds): void {
    const logits = this.#options.window.kernels.row(this.#row);
    if (!logits.some((logit, tokenId) => known[tokenId] === 1 && logit !== -Infinity)) return;
    for (let i = 0; i < logits.length; i++) if (known[i] === 0) logits[i] = -Infinity;
  }

  /** Steps 3 and 4. */
  #restrict(row: number, budget: number): void {
    const { sampler, constraint } = this.#options;
    const { kernels } = this.#options.window;
    sampler.adjust(kernels, row);
    if (constraint !== null) kernels.banOutside(row, constraint.mask(budget));
    this.#holdEnds(row);
  }

  /** Bans the end of an answer that is still too short, unless nothing else may follow. */
  #holdEnds(row: number): void {
    const { sampler, minTokens, endTokens } = this.#options;
    if (sampler.length >= minTokens) return;
    const { kernels } = this.#options.window;
    const logits = kernels.row(row);
    const held = [...endTokens].map((tokenId) => ({ tokenId, logit: logits[tokenId]! }));
    for (const { tokenId } of held) logits[tokenId] = -Infinity;
    if (logits[kernels.argmax(row)]! !== -Infinity) return;
    for (const { tokenId, logit } of held) logits[tokenId] = logit;
  }

  /** The best tokens that may be chosen, at most `count`, and an end if rewards are to judge it. */
  #best(count: number): Int32Array {
    const { offersEnd, endTokens } = this.#options;
    const { kernels } = this.#options.window;
    const logits = kernels.row(this.#row);
    const best = kernels.topK(this.#row, count).filter((tokenId) => logits[tokenId]! !== -Infinity);
    if (!offersEnd || best.some((tokenId) => endTokens.has(tokenId))) return best;
    const end = [...endTokens].toSorted((a, b) => logits[b]! - logits[a]!)[0];
    return end === undefined || logits[end] === -Infinity ? best : Int32Array.of(...best, end);
  }

  /** Values the candidates: those that may still be chosen, or all where more depends on them than the choice. */
  #value(candidates: CandidateRewards, attempt: number): Steps {
    const { window, sampler, klBudget, readsDistribution, signal } = this.#options;
    const { tokenIds } = candidates;
    const dependsOnAll = klBudget !== null || readsDistribution;
    const noise = dependsOnAll ? null : sampler.noise(tokenIds, attempt);
    const row = window.kernels.row(this.#row);
    const logits = Float64Array.from(tokenIds, (tokenId) => row[tokenId]!);
    return valueCandidates({ candidates, logits, noise, signal });
  }

  /** Step 5: nothing but valued candidates may be chosen, unless the budget leaves the base alone. */
  #applyRewards(candidates: CandidateRewards, budget: number): void {
    const { klBudget } = this.#options;
    const { tokenIds, totals } = candidates;
    const { kernels } = this.#options.window;
    const logits = kernels.row(this.#row);
    let added = totals;
    if (klBudget !== null) {
      const scale = this.#rescale({ tokenIds, values: this.#centred(tokenIds, totals) }, budget);
      if (scale === 0) return;
      added = new Float64Array(totals.length); // they are in the row already
    }
    const scores = added.map((total, i) => logits[tokenIds[i]!]! + total);
    kernels.fill(this.#row, -Infinity);
    for (const [i, tokenId] of tokenIds.entries()) {
      if (candidates.isValued(i)) logits[tokenId] = scores[i]!;
    }
  }

  /**
   * Rewards less what the candidates get on average: a reward that likes them all alike shifts nothing,
   * and must not be taken for a shift away from the tokens that are no candidates.
   */
  #centred(tokenIds: Int32Array, totals: Float64Array): Float64Array {
    const { kernels } = this.#options.window;
    const logits = kernels.row(this.#row);
    const max = logits[kernels.argmax(this.#row)]!;
    let mass = 0;
    let sum = 0;
    for (const [i, tokenId] of tokenIds.entries()) {
      const weight = Math.exp(logits[tokenId]! - max);
      mass += weight;
      sum += weight * totals[i]!;
    }
    return totals.map((total) => total - sum / mass);
  }

  /** The KL budget, then steps 3 and 4 again. @returns How much of the shift it left. */
  #rescale(rewards: RewardShift | null, budget: number): number {
    const { klBudget } = this.#options;
    const { composition } = this.#options.window;
    const { perToken = Infinity, perAnswer = Infinity } = klBudget!;
    const nats = Math.min(perToken, Math.max(0, perAnswer - this.kl));
    const { scale, kl } = composition.rescale(rewards, nats);
    this.#kl = kl;
    this.#restrict(this.#row, budget);
    return scale;
  }
}
