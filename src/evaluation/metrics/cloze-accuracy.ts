/** A continuation and what a model thinks of it: see `ScoreResult`. */
export interface ScoredContinuation {
  /** Summed over its tokens, in nats. */
  readonly logprob: number;
  /** Whether each of its tokens was the greedy choice. */
  readonly isGreedy: boolean;
}

/**
 * 1 if the right continuation is more likely than every wrong one, or, where there are no wrong ones, is
 * what greedy decoding writes; else 0. A tie is a loss.
 */
export function clozeAccuracy(
  right: ScoredContinuation,
  wrong: readonly Pick<ScoredContinuation, 'logprob'>[],
): number {
  if (wrong.length === 0) return right.isGreedy ? 1 : 0;
  return wrong.every(({ logprob }) => right.logprob > logprob) ? 1 : 0;
}
