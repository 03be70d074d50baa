/**
 * Vocabulary-sized arithmetic over `count` rows of `[length]` float32 in one memory that never
 * moves. Rows are named by index; the SIMD and the reference implementation agree to the rounding
 * stated in their contract suite. Implementations: `createRowKernels` (SIMD WebAssembly) and
 * `createReferenceRowKernels` (plain TypeScript).
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
  /** `y[i] <- y[i] + coefficient * (x[i] - offset)`, each operation rounded to float32, no fused steps. */
  accumulate(y: number, x: number, coefficient: number, offset: number): void;
  /** Index of the largest entry, the lowest index among equals. */
  argmax(x: number): number;
  /** Index of the first NaN or infinity, or -1. */
  firstNonFinite(x: number): number;
  /** `log Σ_i exp(scale * x[i])`, in float64; `-Infinity` entries count as 0. */
  logSumExp(x: number, scale?: number): number;
  /**
   * `KL(softmax(p) ‖ softmax(q)) = Σ_i p_i (log p_i − log q_i)` of two rows of logits, in nats, never
   * negative; entries where p is `-Infinity` count as 0.
   */
  kl(p: number, q: number): number;
  /** `mask[i] <- 0` where `x[i] >= threshold`; other entries stay. */
  permitAbove(mask: number, x: number, threshold: number): void;
  /** Indices with `x[i] >= threshold`, ascending; borrowed until the next call. */
  indicesAbove(x: number, threshold: number): Int32Array;
  /** Indices of the `k` largest entries, best first, the lower index first among equals; borrowed. */
  topK(x: number, k: number): Int32Array;
}
