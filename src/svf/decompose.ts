import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** A matrix of weights as it stands in a file. */
export interface WeightMatrix {
  /** Row-major, shape `[rows, columns]`. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** What of `W = U diag(σ) Vᵀ` an expert needs, `r = min(rows, columns)`: the singular vectors of the shorter side, and σ. */
export interface Decomposition {
  /** Whether the vectors are those of rows (`U`) or of columns (`V`). */
  readonly side: 'rows' | 'columns';
  /** Shape `[r, r]`: vector i is row i. */
  readonly vectors: Float32Array;
  /** Shape `[r]`, descending. */
  readonly sigma: Float32Array;
}

/** Singular values and vectors by the eigenvectors of the smaller of `W Wᵀ` and `Wᵀ W`, in float64. */
export function decompose({ values, rows, columns }: WeightMatrix): Decomposition {
  const side = rows < columns ? 'rows' : 'columns';
  const rank = Math.min(rows, columns);
  const gram =
    side === 'rows' ? gramOfRows(values, rows, columns) : gramOfColumns(values, rows, columns);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, i) => i)
    .toSorted((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const vectors = new Float32Array(rank * rank);
  for (const [i, from] of order.entries()) vectors.set(eigenvectorMatrix.getColumn(from), i * rank);
  const sigma = Float32Array.from(order, (i) => Math.sqrt(Math.max(0, realEigenvalues[i]!)));
  return { side, vectors, sigma };
}

function gramOfRows(values: Float32Array, rows: number, columns: number): Matrix {
  const gram = Matrix.zeros(rows, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += values[i * columns + k]! * values[j * columns + k]!;
      gram.set(i, j, sum);
      gram.set(j, i, sum);
    }
  }
  return gram;
}

function gramOfColumns(values: Float32Array, rows: number, columns: number): Matrix {
  const transposed = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) transposed[j * rows + i] = values[i * columns + j]!;
  }
  return gramOfRows(transposed, columns, rows);
}

/** Multiplications that {@link decompose} takes, about. */
export function workOf(rows: number, columns: number): number {
  const rank = Math.min(rows, columns);
  return rank * rank * (Math.max(rows, columns) / 2 + 8 * rank);
}
