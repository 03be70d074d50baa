import type { Decomposition, WeightMatrix } from './decompose.ts';

/** `ΔW = B A` of a matrix, and what of it was left out. */
export interface LowRank {
  readonly rank: number;
  /** Shape `[rank, columns]`. */
  readonly a: Float32Array;
  /** Shape `[rows, rank]`. */
  readonly b: Float32Array;
  /** Frobenius norms: `‖ΔW‖` and that of what a lower rank leaves out, `Σ σ_i² (z_i − 1)²` each, squared. */
  readonly norm: number;
  readonly error: number;
}

/** Of the largest singular value: below it a component is nothing but rounding. */
const leastSigma = 1e-7;

/**
 * `ΔW = U diag(σ ∘ (z − 1)) Vᵀ` as `A = diag(|σ (z − 1)|^½) Vᵀ` and `B = U diag(± |σ (z − 1)|^½)`: exact at the full rank,
 * and at a lower one the nearest there is, its largest `|σ (z − 1)|`. Components with `z = 1` take no rank.
 * @param z - Shape `[r]`.
 * @see Sun et al. 2025, "Transformer²: Self-adaptive LLMs", arXiv:2501.06252; Eckart & Young 1936
 */
export function toLowRank(
  weights: WeightMatrix,
  { side, vectors, sigma }: Decomposition,
  z: Float32Array,
  most = Infinity,
): LowRank {
  const { rows, columns } = weights;
  const change = Float64Array.from(sigma, (s, i) => s * (z[i]! - 1));
  const order = [...change.keys()]
    .filter((i) => change[i] !== 0 && sigma[i]! > leastSigma * sigma[0]!)
    .toSorted((i, j) => Math.abs(change[j]!) - Math.abs(change[i]!));
  const kept = order.slice(0, most);
  const rank = kept.length;
  const [a, b] = [new Float32Array(rank * columns), new Float32Array(rows * rank)];
  const size = sigma.length;
  for (const [at, i] of kept.entries()) {
    const root = Math.sqrt(Math.abs(change[i]!));
    const sign = Math.sign(change[i]!);
    const vector = vectors.subarray(i * size, (i + 1) * size);
    // The other side's vector times σ is the matrix times this one.
    const image = side === 'rows' ? timesRows(weights, vector) : timesColumns(weights, vector);
    const [left, right] = side === 'rows' ? [vector, image] : [image, vector];
    const [ofLeft, ofRight] = side === 'rows' ? [1, sigma[i]!] : [sigma[i]!, 1];
    for (let row = 0; row < rows; row++) b[row * rank + at] = (sign * root * left[row]!) / ofLeft;
    for (let column = 0; column < columns; column++)
      a[at * columns + column] = (root * right[column]!) / ofRight;
  }
  const square = (of: Iterable<number>) => [...of].reduce((sum, i) => sum + change[i]! ** 2, 0);
  return {
    rank,
    a,
    b,
    norm: Math.sqrt(square(change.keys())),
    error: Math.sqrt(square(order.slice(most))),
  };
}

/** `vᵀ W`, shape `[columns]`. */
function timesRows({ values, rows, columns }: WeightMatrix, vector: Float32Array): Float64Array {
  const image = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const factor = vector[row]!;
    for (let column = 0; column < columns; column++)
      image[column]! += factor * values[row * columns + column]!;
  }
  return image;
}

/** `W v`, shape `[rows]`. */
function timesColumns({ values, rows, columns }: WeightMatrix, vector: Float32Array): Float64Array {
  const image = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++)
      sum += values[row * columns + column]! * vector[column]!;
    image[row] = sum;
  }
  return image;
}

/** `W + weight · B A` in place. */
export function addLowRankInPlace(
  { values, rows, columns }: WeightMatrix,
  { rank, a, b }: Pick<LowRank, 'rank' | 'a' | 'b'>,
  weight = 1,
): void {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = weight * b[row * rank + r]!;
      for (let column = 0; column < columns; column++)
        sums[column]! += factor * a[r * columns + column]!;
    }
    for (let column = 0; column < columns; column++)
      values[row * columns + column]! += sums[column]!;
  }
}
