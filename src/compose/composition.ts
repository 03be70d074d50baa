import type { RowKernels } from '../math/rows.ts';
import type { TokenId } from '../spec/index.ts';
import type { VocabularyAlignment } from './alignment.ts';
import type { Formula, TermSpace } from './formula.ts';
import type { Plausibility } from './plausibility.ts';

/** A term whose coefficient is a number: not 0, or it would not be in a plan. */
export interface PlannedTerm {
  readonly model: string;
  readonly space: TermSpace;
  readonly coefficient: number;
}

/** What one request composes: a formula under its params. Make it with {@link planComposition}. */
export interface CompositionPlan {
  /** The model whose vocabulary is the output's and which `explain` compares with. */
  readonly base: string;
  /** The terms that count, in the formula's order. */
  readonly terms: readonly PlannedTerm[];
  /** `null` also where nothing steers: one term with coefficient 1 is that model, unmasked. */
  readonly plausibility: Plausibility | null;
  /** The models whose rows every position needs. The others need not run. */
  readonly models: readonly string[];
  /** Whether the composed row stays readable after sampling has changed the one handed out. */
  readonly keepRows: boolean;
  /** Rows of the kernels that a composition of this plan takes. */
  readonly rowCount: number;
  /** By model; a model without one has the base's own vocabulary. */
  readonly alignments: ReadonlyMap<string, VocabularyAlignment>;
}

export interface PlanCompositionOptions {
  readonly formula: Formula;
  /** A value for every param of the formula. */
  readonly params: Readonly<Record<string, number>>;
  readonly base: string;
  readonly plausibility?: Plausibility | null;
  /** From {@link alignVocabularies}, by model. */
  readonly alignments?: ReadonlyMap<string, VocabularyAlignment>;
  /**
   * Needed by `explain`, and by `logprob` and `topLogprobs` after sampling. Costs one row and one
   * copy a token, and the base's forward where the formula does not need it.
   */
  readonly keepRows?: boolean;
}

export interface RankedToken {
  readonly tokenId: TokenId;
  /** In nats. */
  readonly logprob: number;
}

/** Why a token was chosen, in token ids; the engine adds texts. See `TokenTrace`. */
export interface TokenExplanation {
  readonly terms: readonly {
    readonly model: string;
    readonly coefficient: number;
    readonly logprob: number;
    readonly share: number;
  }[];
  readonly baseChoice: RankedToken;
  readonly shift: number;
  readonly kl: number;
  readonly topBefore: readonly RankedToken[];
  readonly topAfter: readonly RankedToken[];
}

/** The composed next-token logits of one generation, one position after the other. */
export interface Composition {
  readonly plan: CompositionPlan;
  /** Starts a position: `position` (tokens before it) is for messages. */
  reset(position: number): void;
  /**
   * Takes one model's logits `[its vocabulary's size]`, in any order; copied, so `row` may be reused.
   * @throws NonFiniteLogitsError naming the model, the position and the token.
   */
  add(model: string, row: Float32Array): void;
  /** Whether every model of `plan.models` has been added since the last reset. */
  readonly isComplete: boolean;
  /**
   * Index of the kernels' row that holds the composed logits `[base's vocabulary size]`: the
   * caller's to change until the next reset.
   */
  finish(): number;
  /** Log-prob of a token under the composition, before penalties and sampling. */
  logprob(tokenId: TokenId): number;
  /** The composition's `count` most probable tokens, best first, before penalties and sampling. */
  topLogprobs(count: number): RankedToken[];
  /** Needs `keepRows`. @param top - Length of the lists before and after. */
  explain(tokenId: TokenId, top: number): TokenExplanation;
}

/** Which terms count under `params`, which models must run for them, and how many rows it takes. */
export declare function planComposition(options: PlanCompositionOptions): CompositionPlan;

/** @param firstRow - The composition takes rows `firstRow` to `firstRow + plan.rowCount - 1`. */
export declare function createComposition(
  plan: CompositionPlan,
  kernels: RowKernels,
  firstRow?: number,
): Composition;
