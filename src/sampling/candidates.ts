import type { RowKernels } from '../math/index.ts';
import { EmptySupportError, NonFiniteLogitsError, type TokenId } from '../spec/index.ts';
import type { ResolvedSampling } from './options.ts';
import type { Cut } from './smallest-set.ts';

/**
 * Tokens that may be chosen, and their share: the probability of `tokenIds[i]` is `weights[i] / mass`.
 * The arrays may be the kernels' own: they are borrowed until the kernels are called again, and
 * whoever narrows the candidates down reuses them.
 */
export interface Candidates {
  /** Shape `[n]`, n >= 1, ascending. */
  readonly tokenIds: Int32Array;
  /** Shape `[n]`, above 0: `exp((logit - largest logit) / temperature)`. */
  readonly weights: Float32Array;
  /**
   * Mass of the distribution they stand for: `Σ weights`, or more where the tail that a filter to
   * come removes for certain was left out from the start.
   */
  readonly mass: number;
}

/** `e^-87` of the best token's probability is none: the row kernels' weights are 0 there. */
const NEGLIGIBLE = -87;

/** Log-probabilities, below the best, at which the head of a distribution is tried for top-p. */
const HEADS = [-5, -8, -11, -14, -18, -24, -32];

/** Widens a threshold that a filter will apply exactly, so that rounding cannot lose a token. */
const MARGIN = 1e-3;

/**
 * The distribution `softmax(row / temperature)`, cut to its `topK` largest entries if `topK` is on,
 * the lower token id first among equals. Unless the filters need all of it, only its head is given:
 * a superset of what {@link ResolvedSampling.topP} and `minP` leave.
 * @throws EmptySupportError if every entry is `-Infinity`, NonFiniteLogitsError if the largest is no number.
 */
export function gatherCandidates(
  kernels: RowKernels,
  row: number,
  sampling: ResolvedSampling,
): Candidates {
  const scale = 1 / sampling.temperature;
  const max = kernels.row(row)[bestToken(kernels, row)]!;
  if (sampling.topK > 0 && sampling.topK < kernels.length) {
    return topCandidates(kernels, row, sampling.topK, scale);
  }
  const { topP, minP, typicalP } = sampling;
  const { weights, sum } = kernels.exponentials(row, scale);
  const within = (depth: number): Int32Array => kernels.indicesAbove(row, max + depth / scale);
  if (typicalP < 1 || (topP === 1 && minP === 0)) return pick(within(NEGLIGIBLE), weights);
  const floor = minP > 0 ? Math.max(NEGLIGIBLE, Math.log(minP) - MARGIN) : NEGLIGIBLE;
  const heads = topP < 1 ? HEADS.filter((depth) => depth > floor) : [];
  for (const depth of heads) {
    const tokenIds = within(depth);
    if (massOf(tokenIds, weights) >= topP * sum) return { ...pick(tokenIds, weights), mass: sum };
  }
  return { ...pick(within(floor), weights), mass: sum };
}

/** Moves the weights of the tokens, which are ascending, to the front; those of weight 0 are left out. */
function pick(tokenIds: Int32Array, weights: Float32Array): Candidates {
  for (let i = 0; i < tokenIds.length; i++) weights[i] = weights[tokenIds[i]!]!;
  return withoutZeros(tokenIds, weights);
}

function massOf(tokenIds: Int32Array, weights: Float32Array): number {
  let mass = 0;
  for (let i = 0; i < tokenIds.length; i++) mass += weights[tokenIds[i]!]!;
  return mass;
}

/** The `k` largest entries of the row, less what is banned. */
function topCandidates(kernels: RowKernels, row: number, k: number, scale: number): Candidates {
  const logits = kernels.row(row);
  const best = kernels.topK(row, k);
  const max = logits[best[0]!]!;
  const tokenIds = best.toSorted();
  const weights = Float32Array.from(tokenIds, (id) => Math.exp(scale * (logits[id]! - max)));
  return withoutZeros(tokenIds, weights);
}

/**
 * The candidates up to and including a cut, in ascending order of `keys`; takes the arrays over.
 * @param keys - Shape `[n]`. At least one candidate must remain.
 */
export function keepUpTo(candidates: Candidates, keys: Float64Array, cut: Cut): Candidates {
  const { tokenIds, weights } = candidates;
  for (let i = 0; i < weights.length; i++) {
    const key = keys[i]!;
    if (key > cut.key || (key === cut.key && i > cut.position)) weights[i] = 0;
  }
  return withoutZeros(tokenIds, weights);
}

/** The tokens whose weight is not 0, moved to the front, and their mass. */
function withoutZeros(tokenIds: Int32Array, weights: Float32Array): Candidates {
  let count = 0;
  let mass = 0;
  for (let i = 0; i < tokenIds.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    tokenIds[count] = tokenIds[i]!;
    weights[count++] = weight;
    mass += weight;
  }
  return { tokenIds: tokenIds.subarray(0, count), weights: weights.subarray(0, count), mass };
}

/** Whether every token of the distribution may be chosen. */
export function isUncut(
  { topK, topP, minP, typicalP }: ResolvedSampling,
  vocabSize: number,
): boolean {
  return (topK === 0 || topK >= vocabSize) && topP === 1 && minP === 0 && typicalP === 1;
}

/**
 * The token of the largest logit, the lowest id among equals.
 * @throws EmptySupportError if every entry is `-Infinity`, NonFiniteLogitsError if the largest is no number.
 */
export function bestToken(kernels: RowKernels, row: number): TokenId {
  const best = kernels.argmax(row);
  const logit = kernels.row(row)[best]!;
  if (Number.isFinite(logit)) return best;
  if (logit === -Infinity) {
    throw new EmptySupportError(
      'Every token is banned: penalties, bias, constraint or rewards leave nothing to choose.',
    );
  }
  throw new NonFiniteLogitsError(
    `Penalties, bias or rewards made the logit of token ${best} ${logit}: ask for less of them.`,
  );
}
