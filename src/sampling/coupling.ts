import type { TokenId } from '../spec/index.ts';

/** A sparse distribution over tokens. */
export interface TokenProbabilities {
  /** Shape `[n]`, ascending. */
  readonly tokenIds: Int32Array;
  /** Shape `[n]`, each above 0, adding up to 1. */
  readonly probabilities: Float64Array;
}

/** A token that somebody drafted, and the distribution it was drawn from; `null`: it was certain. */
export interface DraftedToken {
  readonly tokenId: TokenId;
  readonly probabilities: TokenProbabilities | null;
}

/**
 * The probability with which a drafted token is kept, `min(1, p(d) / q(d))`, under the coupling of p and q in
 * which they agree most often.
 * @see Leviathan et al. 2022, "Fast Inference from Transformers via Speculative Decoding", arXiv:2211.17192
 */
export function keepProbability(target: TokenProbabilities, drafted: DraftedToken): number {
  const kept = probabilityOf(target, drafted.tokenId);
  const { probabilities } = drafted;
  return probabilities === null
    ? kept
    : Math.min(1, kept / probabilityOf(probabilities, drafted.tokenId));
}

/**
 * What the token is drawn from that takes a refused one's place, `max(0, p − q)` made to add up to 1: with it, the
 * outcome has the probabilities of p. It is p itself where the two are equal, but for rounding.
 */
export function recoveredProbabilities(
  target: TokenProbabilities,
  { tokenId: drafted, probabilities }: DraftedToken,
): TokenProbabilities {
  const rest = target.probabilities.map((p, i) => {
    const tokenId = target.tokenIds[i]!;
    const q =
      probabilities === null ? Number(tokenId === drafted) : probabilityOf(probabilities, tokenId);
    return Math.max(0, p - q);
  });
  const mass = rest.reduce((sum, p) => sum + p, 0);
  if (mass === 0) return target;
  return { tokenIds: target.tokenIds, probabilities: rest.map((p) => p / mass) };
}

/** By bisection: ids ascend. */
function probabilityOf({ tokenIds, probabilities }: TokenProbabilities, tokenId: TokenId): number {
  let low = 0;
  let high = tokenIds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (tokenIds[middle]! < tokenId) low = middle + 1;
    else high = middle;
  }
  return tokenIds[low] === tokenId ? probabilities[low]! : 0;
}
