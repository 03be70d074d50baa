import type { ChatMessage } from './chat.ts';
import type { TokenId, Vocabulary } from './tokens.ts';

/**
 * What a reward's values mean something on: unfinished answers, finished ones, or both. One that is
 * valid on whole answers alone is asked for whole answers (best-of-n), or warned about.
 */
export type RewardScope = 'prefix' | 'answer' | 'both';

/** Scores text, higher is better. One serves many generations. */
export interface Reward {
  /** Named in messages and reports. */
  readonly name: string;
  readonly scope: RewardScope;
  /**
   * Whether it is about where an answer ends: where it guides every token, the likeliest end is a candidate too,
   * however improbable. `false` by default.
   */
  readonly judgesEnds?: boolean | undefined;
  /** Begins one answer. The session is disposed of when the answer has ended. */
  start(answer: RewardedAnswer): RewardSession;
}

/** What a reward is told of the answer that it is to score. */
export interface RewardedAnswer {
  /** The conversation that is answered; a raw prompt is one message of the user. */
  readonly messages: readonly ChatMessage[];
  /** Of the base: what token ids mean. */
  readonly vocabulary: Vocabulary;
}

/** Candidate continuations: token ids of the base, each of at least one token. */
export type Continuations = readonly (readonly TokenId[])[];

/** A reward on the way through one answer. */
export interface RewardSession extends Disposable {
  /** Tokens accepted. */
  readonly length: number;
  /**
   * The value of the accepted tokens followed by each continuation, shape `[continuations]`; finite.
   * An end-of-generation token at the end of a continuation says that the answer is whole. At once
   * where that is possible, or as a promise that rejects with the signal's reason when it is aborted.
   */
  score(continuations: Continuations, signal: AbortSignal): Float64Array | Promise<Float64Array>;
  /** Appends tokens to the answer. */
  accept(tokens: readonly TokenId[]): void;
  /** Keeps the first `length` accepted tokens. */
  truncate(length: number): void;
}

/**
 * What a reward's values are never beyond, in its own units; at least one of the two. With the one that the sign of its
 * weight needs, only candidates that may still be chosen are valued.
 */
export interface RewardBounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** How the rewards act on a generation. */
export type Guidance =
  /**
   * At every token: `logit(v) + Σ weight × reward(x, v)` over the best candidates; nothing else may be
   * chosen. Khanov et al. 2024, arXiv:2402.01694.
   */
  | { readonly method: 'args'; readonly candidates: number }
  /**
   * The same with each reward clamped to [0, 1]. Deng & Raffel 2023, arXiv:2310.09520.
   */
  | { readonly method: 'rad'; readonly candidates: number }
  /**
   * Segments, ending where the entropy of the next token is at least `entropy` nats, are accepted with
   * probability `min(1, exp((reward - threshold) / beta))`, or sampled again. Li et al. 2024,
   * arXiv:2406.16306.
   */
  | {
      readonly method: 'segments';
      readonly entropy: number;
      readonly threshold: number;
      readonly beta: number;
      /** Tokens of a segment at most. */
      readonly maxTokens: number;
      /** Samples of one segment at most; then the best of them is taken. */
      readonly maxTries: number;
    }
  /** The best of `n` whole answers. */
  | { readonly method: 'best-of'; readonly n: number };

/**
 * How far an answer may leave the base: `KL(steered ‖ base)` in nats, before truncation at temperature
 * 1. The whole shift, formula and rewards, is scaled by the largest factor in [0, 1] that stays inside.
 */
export interface KlBudget {
  /** At each token. */
  readonly perToken?: number;
  /** Over the tokens of one answer. */
  readonly perAnswer?: number;
}
