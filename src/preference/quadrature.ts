import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Nodes and weights of a rule for expectations under a distribution; the weights sum to 1. */
export interface Quadrature {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Gauss–Hermite's rule for a standard normal x: `E f(x) ≈ Σ weight_i f(node_i)`, exact for polynomials
 * of degree below `2 count`. The nodes are the eigenvalues of the Jacobi matrix of the Hermite
 * polynomials, the weights the squares of its eigenvectors' first components.
 * @see Golub and Welsch 1969, "Calculation of Gauss Quadrature Rules"
 */
export function normalQuadrature(count: number): Quadrature {
  const jacobi = Matrix.zeros(count, count);
  for (let i = 1; i < count; i++) {
    jacobi.set(i, i - 1, Math.sqrt(i));
    jacobi.set(i - 1, i, Math.sqrt(i));
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(jacobi, {
    assumeSymmetric: true,
  });
  return {
    nodes: realEigenvalues,
    weights: eigenvectorMatrix.getRow(0).map((component) => component ** 2),
  };
}
