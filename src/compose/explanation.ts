import type { RowKernels } from '../math/index.ts';
import type { LogitBounds, TokenId } from '../spec/index.ts';
import { klOfKnown, type NormalisedRow } from './bounded-base.ts';
import type { PlannedTerm } from './formula.ts';

export interface RankedToken {
  readonly tokenId: TokenId;
  /** In nats. */
  readonly logprob: number;
}

/** Why a token was chosen, in token ids; the engine adds the texts that make it a `TokenTrace`. */
export interface TokenExplanation {
  readonly terms: readonly {
    readonly model: string;
    readonly coefficient: number;
    /** The model's own; the base's for a token that the model lacks. */
    readonly logprob: number;
    /** `coefficient × logprob`. */
    readonly share: number;
  }[];
  /** By model of a method of one's own, whose log-probs have no shares; empty where there are terms. */
  readonly models: readonly { readonly model: string; readonly logprob: number }[];
  /** What a schedule chose of its params; none without one. */
  readonly params: Readonly<Record<string, number>>;
  /** What `rescale` left of the shift of formula and rewards: 1 where it was not called. */
  readonly klScale: number;
  /** What the base alone would have chosen greedily. */
  readonly baseChoice: RankedToken;
  /** `log p_composed(token) − log p_base(token)`, the composition unscaled and without rewards. */
  readonly shift: number;
  /** `KL(composed ‖ base)`, in nats, likewise; what is known of it, where the base tells some tokens alone. */
  readonly kl: number;
  readonly topBefore: readonly RankedToken[];
  readonly topAfter: readonly RankedToken[];
}

export interface ExplainedRows {
  readonly base: string;
  /** With their coefficients at this position. */
  readonly terms: readonly PlannedTerm[];
  /** Whether the composition is their sum. */
  readonly isSum: boolean;
  readonly scheduled: Readonly<Record<string, number>>;
  readonly kernels: RowKernels;
  readonly composed: NormalisedRow;
  /** By model, all of the plan's. */
  readonly sources: ReadonlyMap<string, NormalisedRow>;
  readonly klScale: number;
  /** Of the composed row. */
  readonly bounds: LogitBounds | null;
}

/** @param top - Length of the lists before and after. */
export function explain(tokenId: TokenId, top: number, rows: ExplainedRows): TokenExplanation {
  const { kernels, composed, sources, klScale, bounds } = rows;
  const base = sources.get(rows.base)!;
  const logprobIn = ({ row, logZ }: NormalisedRow): number => kernels.row(row)[tokenId]! - logZ;
  const baseLogprob = logprobIn(base);
  const terms = rows.terms.map(({ model, coefficient }) => {
    const own = logprobIn(sources.get(model)!);
    const logprob = own === -Infinity ? baseLogprob : own;
    return { model, coefficient, logprob, share: coefficient === 0 ? 0 : coefficient * logprob };
  });
  return {
    terms: rows.isSum ? terms : [],
    models: rows.isSum ? [] : terms.map(({ model, logprob }) => ({ model, logprob })),
    params: rows.scheduled,
    klScale,
    baseChoice: rankTokens(kernels, base.row, base.logZ, 1, bounds)[0]!,
    shift: logprobIn(composed) - baseLogprob,
    kl:
      bounds === null
        ? kernels.kl(composed.row, base.row)
        : klOfKnown(kernels, composed, base, bounds),
    topBefore: rankTokens(kernels, base.row, base.logZ, top, bounds),
    topAfter: rankTokens(kernels, composed.row, composed.logZ, top, bounds),
  };
}

/** The `count` largest entries of a row as log-probs, best first; fewer if fewer can be chosen, or are known. */
export function rankTokens(
  kernels: RowKernels,
  row: number,
  logZ: number,
  count: number,
  bounds: LogitBounds | null = null,
): RankedToken[] {
  const logits = kernels.row(row);
  const best = kernels.topK(row, Math.min(count, kernels.length));
  return Array.from(best, (tokenId) => ({ tokenId, logprob: logits[tokenId]! - logZ })).filter(
    ({ tokenId, logprob }) => logprob !== -Infinity && bounds?.known[tokenId] !== 0,
  );
}
