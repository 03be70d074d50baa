import type { Logits, TokenId } from '../spec/index.ts';
import type { LogitBias, ResolvedSampling } from './options.ts';

/** The tokens a penalty looks at. */
export interface SeenTokens {
  /** Distinct tokens of the prompt. */
  readonly prompt: ReadonlySet<TokenId>;
  /** Occurrences of each generated token, at least 1. */
  readonly generated: ReadonlyMap<TokenId, number>;
}

/**
 * Penalties in place, on seen tokens only. First repetition, for tokens of prompt and answer:
 * `x / r` if `x > 0`, else `x * r`; then, for tokens of the answer alone,
 * `x - frequency * count - presence`. Banned tokens stay so.
 * @param logits - Shape `[vocabSize]`.
 * @see Keskar et al. 2019, "CTRL", arXiv:1909.05858 (repetition); the order is that of vLLM
 */
export function penalizeInPlace(
  logits: Logits,
  seen: SeenTokens,
  { repetitionPenalty, presencePenalty, frequencyPenalty }: ResolvedSampling,
): void {
  const repeated = (x: number): number => (x > 0 ? x / repetitionPenalty : x * repetitionPenalty);
  if (repetitionPenalty !== 1) {
    for (const tokenId of seen.prompt) {
      if (!seen.generated.has(tokenId)) logits[tokenId] = repeated(logits[tokenId]!);
    }
  }
  if (repetitionPenalty === 1 && presencePenalty === 0 && frequencyPenalty === 0) return;
  for (const [tokenId, count] of seen.generated) {
    logits[tokenId] = repeated(logits[tokenId]!) - frequencyPenalty * count - presencePenalty;
  }
}

/**
 * `logits[tokenId] += bias`, in place; a bias of `-Infinity` bans a token whatever its logit, also one
 * that a penalty has made overflow. @param logits - Shape `[vocabSize]`.
 */
export function biasInPlace(logits: Logits, biases: readonly LogitBias[]): void {
  for (const { tokenId, bias } of biases) {
    logits[tokenId] = bias === -Infinity ? -Infinity : logits[tokenId]! + bias;
  }
}
