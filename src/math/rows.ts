import type { Noise } from './random.ts';

/**
 * Vocabulary-sized arithmetic over `count` rows of `[length]` float32 in one memory that never
 * moves. Rows are named by index, from 0.
 *
 * Entries are finite, at most 1e38 in magnitude, or `-Infinity` (banned). What else models produce
 * must be refused first, {@link RowKernels.firstNonFinite} finds it: no other result is defined for
 * NaN or `+Infinity`.
 * Results that are views are borrowed, and the borrower may overwrite them: `indicesAbove`, `topK`
 * and `banOutside` share one buffer of indices; `exponentials`, `logSumExp`, `kl` and `tiltedMoments`
 * share one of weights. No kernel writes a row but those whose formula says `<-`.
 *
 * Every method throws `InvalidOptionError` for a row that does not exist.
 *
 * Implementations: `createRowKernels` (SIMD WebAssembly) and `createReferenceRowKernels` (plain
 * TypeScript). `fill`, `accumulate`, `permitAbove` and `banOutside` give the same bits in both, `argmax`,
 * `firstNonFinite`, `indicesAbove` and `topK` the same indices; the others state their error, and races are the
 * same where no two entries are nearer to one another than it.
 */
export interface RowKernels {
  /** Entries of one row: the vocabulary size. */
  readonly length: number;
  /** Number of rows. */
  readonly count: number;
  /** Row `r` as a view `[length]`, valid and writable for the life of the kernels. */
  row(r: number): Float32Array;
  /** `y[i] <- value`. */
  fill(y: number, value: number): void;
  /**
   * `y[i] <- y[i] + coefficient * (x[i] - offset)`: both numbers and the result of each operation
   * rounded to float32, no fused steps.
   */
  accumulate(y: number, x: number, coefficient: number, offset: number): void;
  /** Index of the largest entry, the lowest index among equals; 0 if all are `-Infinity`. */
  argmax(x: number): number;
  /** Index of the first NaN or infinity, or -1. */
  firstNonFinite(x: number): number;
  /**
   * `log Σ_i exp(scale * x[i])`, in float64; `-Infinity` entries count as 0, and a row of nothing
   * else gives `-Infinity`. The sum's relative error is at most 1e-6, whatever the row and scale.
   * @param scale - Above 0, at most 1e30; 1 by default. @throws ContractError otherwise.
   */
  logSumExp(x: number, scale?: number): number;
  /**
   * `exp(scale * (x[i] - max_j x[j]))`, each with a relative error of at most 1e-6, or below e^-86 an
   * absolute one of e^-86; `-Infinity` gives exactly 0. This is softmax before its division: the
   * largest weight is 1 and none overflows.
   * @param scale - As for {@link logSumExp}.
   */
  exponentials(x: number, scale?: number): Exponentials;
  /**
   * `KL(softmax(p) ‖ softmax(q)) = Σ_i p_i (log p_i − log q_i)` of two rows of logits, in nats, never
   * negative; entries where p is `-Infinity` count as 0, one where only q is makes it `Infinity`.
   * The absolute error is at most 1e-6 × (1 + the largest |p[i] − q[i]|).
   */
  kl(p: number, q: number): number;
  /**
   * Moments of `s` under `q = softmax(b + t s)`, `-Infinity` entries of b counting as 0; `s` is finite
   * wherever b is. `KL(q ‖ softmax(b)) = t E_q[s] − (log Z_t − log Z_0)`, Z being the sum whose
   * logarithm is given, and its derivative by t is `t Var_q[s]`. The stated errors count what has
   * less than e^-86 of the heaviest entry's probability as 0.
   * @param t - At least 0, at most 1e30. @throws ContractError otherwise.
   */
  tiltedMoments(b: number, s: number, t: number): TiltedMoments;
  /** `mask[i] <- 0` where `x[i] >= threshold`; other entries stay. */
  permitAbove(mask: number, x: number, threshold: number): void;
  /**
   * `x[i] <- -Infinity` where bit `i & 31` of `mask[i >>> 5]` is 0; other entries stay.
   * @param mask - Shape `[ceil(length / 32)]`. @throws ContractError for another length.
   */
  banOutside(x: number, mask: Uint32Array): void;
  /** Indices with `x[i] >= threshold`, ascending; borrowed. */
  indicesAbove(x: number, threshold: number): Int32Array;
  /**
   * Indices of the `k` largest entries, all of them if `k` exceeds `length`, best first, the lower
   * index first among equals; borrowed. Banned entries come last but are not left out.
   * @throws ContractError if `k` is not an integer of at least 0.
   */
  topK(x: number, k: number): Int32Array;
  /**
   * A draw from `softmax(scale * x)`: the index that wins the race
   * `argmax_i exp(scale * (x[i] - max_j x[j])) / e[i]`, e being the noise's exponential variates
   * (`exponentialAt`); the lowest index among equals. It is the Gumbel-max trick: the same noise over another
   * row gives the same index as far as the rows agree.
   * @param scale - As for {@link logSumExp}.
   * @throws ContractError also if every entry is `-Infinity`.
   */
  race(x: number, scale: number, noise: Noise): number;
  /**
   * The same among a few: the place `i` in the list that wins the race `argmax_i weights[i] / e[tokenIds[i]]`.
   * @param tokenIds - Shape `[n]`, n from 1 to `length`, ascending; may be borrowed from these kernels.
   * @param weights - Shape `[n]`, at least 0, one of them above 0; may be borrowed from these kernels.
   * @throws ContractError for no token, or too many.
   */
  raceAmong(tokenIds: Int32Array, weights: Float32Array, noise: Noise): number;
}

/** See {@link RowKernels.exponentials}. */
export interface Exponentials {
  /** Shape `[length]`, in [0, 1]; borrowed. All 0 if every entry is `-Infinity`. */
  readonly weights: Float32Array;
  /** `Σ_i weights[i]`, added up in float64. */
  readonly sum: number;
}

/** See {@link RowKernels.tiltedMoments}. */
export interface TiltedMoments {
  /**
   * `log Σ_i exp(b[i] + t s[i])`, the sum's relative error at most 1e-6; `-Infinity` if every entry of
   * b is.
   */
  readonly logSum: number;
  /**
   * `E_q[s]`: its error is at most 1e-6 standard deviations of s under q and 1e-15 of its magnitude. 0
   * if b allows nothing.
   */
  readonly mean: number;
  /** `Var_q[s]`, with a relative error of at most 1e-6. 0 if b allows nothing. */
  readonly variance: number;
}
