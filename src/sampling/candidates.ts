import type { RowKernels } from '../math/index.ts';
import { EmptySupportError, type TokenId } from '../spec/index.ts';
import type { ResolvedSampling } from './options.ts';

/** Tokens that may be chosen, and their share: the probability of `tokenIds[i]` is `weights[i] / mass`. */
export interface Candidates {
  /** Shape `[n]`, n >= 1, ascending. */
  readonly tokenIds: Int32Array;
  /** Shape `[n]`, above 0: `exp((logit - largest logit) / temperature)`. */
  readonly weights: Float64Array;
  /**
   * Mass of the distribution they stand for: `Σ weights`, or more where the tail that a filter to
   * come removes for certain was left out from the start.
   */
  readonly mass: number;
}

/** `e^-87` of the best token's probability is none: the row kernels' weights are 0 there. */
const NEGLIGIBLE = -87;

/** Log-probabilities, below the best, at which the head of a distribution is tried for top-p. */
const HEADS = [-8, -16, -32, NEGLIGIBLE];

/** Widens a threshold that a filter will apply exactly, so that rounding cannot lose a token. */
const MARGIN = 1e-3;

/**
 * The distribution `softmax(row / temperature)`, cut to its `topK` largest entries if `topK` is on,
 * the lower token id first among equals. Unless the filters need all of it, only its head is given:
 * a superset of what {@link ResolvedSampling.topP} and `minP` leave.
 * @throws EmptySupportError if every entry is `-Infinity`.
 */
export function gatherCandidates(
  kernels: RowKernels,
  row: number,
  sampling: ResolvedSampling,
): Candidates {
  const scale = 1 / sampling.temperature;
  const max = kernels.row(row)[kernels.argmax(row)]!;
  if (max === -Infinity) throw noSupport();
  if (sampling.topK > 0 && sampling.topK < kernels.length) {
    return topCandidates(kernels, row, sampling.topK, scale);
  }
  const { weights, sum } = kernels.exponentials(row, scale);
  const within = (depth: number): Candidates =>
    weigh(kernels.indicesAbove(row, max + depth / scale), (tokenId) => weights[tokenId]!);
  const { topP, minP, typicalP } = sampling;
  if (typicalP < 1 || (topP === 1 && minP === 0)) return within(NEGLIGIBLE);
  const floor = minP > 0 ? Math.max(NEGLIGIBLE, Math.log(minP) - MARGIN) : NEGLIGIBLE;
  if (topP < 1) {
    for (const depth of HEADS) {
      if (depth <= floor) break;
      const head = within(depth);
      if (head.mass >= topP * sum) return { ...head, mass: sum };
    }
  }
  return { ...within(floor), mass: sum };
}

/** The `k` largest entries of the row, less what is banned. */
function topCandidates(kernels: RowKernels, row: number, k: number, scale: number): Candidates {
  const logits = kernels.row(row);
  const best = kernels.topK(row, k);
  const max = logits[best[0]!]!;
  return weigh(best.toSorted(), (tokenId) => Math.exp(scale * (logits[tokenId]! - max)));
}

/** Pairs tokens with their weights, without those of weight 0. */
function weigh(tokenIds: Int32Array, weightOf: (tokenId: TokenId) => number): Candidates {
  const kept = new Int32Array(tokenIds.length);
  const weights = new Float64Array(tokenIds.length);
  let count = 0;
  let mass = 0;
  for (let i = 0; i < tokenIds.length; i++) {
    const weight = weightOf(tokenIds[i]!);
    if (weight === 0) continue;
    kept[count] = tokenIds[i]!;
    weights[count++] = weight;
    mass += weight;
  }
  return { tokenIds: kept.subarray(0, count), weights: weights.subarray(0, count), mass };
}

/** Those of the candidates whose position `keeps` says yes to; at least one must remain. */
export function keepWhere(
  { tokenIds, weights }: Candidates,
  keeps: (position: number) => boolean,
): Candidates {
  const keptIds = tokenIds.filter((_, position) => keeps(position));
  const keptWeights = weights.filter((_, position) => keeps(position));
  return {
    tokenIds: keptIds,
    weights: keptWeights,
    mass: keptWeights.reduce((sum, weight) => sum + weight, 0),
  };
}

/**
 * The candidate at quantile `uniform` of their distribution, in order of token id.
 * @param uniform - In [0, 1).
 */
export function drawCandidate({ tokenIds, weights, mass }: Candidates, uniform: number): TokenId {
  const target = uniform * mass;
  let reached = 0;
  for (let i = 0; i < tokenIds.length; i++) {
    reached += weights[i]!;
    if (reached > target) return tokenIds[i]!;
  }
  return tokenIds.at(-1)!; // the sum's rounding, if it was added up in another order
}

/** The error of a row without a token to choose. */
export function noSupport(): EmptySupportError {
  return new EmptySupportError(
    'Every token is banned: penalties, bias, constraint or rewards leave nothing to choose.',
  );
}
