import {
  CholeskyDecomposition,
  EigenvalueDecomposition,
  inverse,
  Matrix,
  SingularValueDecomposition,
} from 'ml-matrix';

import { bilinearLoss, type BilinearProblem } from './bilinear-loss.ts';
import { minimize } from './lbfgs.ts';

export interface FactorizationProblem extends BilinearProblem {
  /** Above 0: how strongly `W` is drawn to 0. At 1 a margin's dimensions vary by about 1. */
  readonly penalty: number;
}

/** `margin of user u on pair i = λ_uᵀ W x_i`. */
interface Factorization {
  /** λ by user, shape `[users, dimension]`. */
  readonly lambdas: Matrix;
  /** W, shape `[dimension, features]`. */
  readonly weights: Matrix;
}

/**
 * The map `W`, shape `[dimension, features]`, that with some λ for every user maximises
 * `Σ log P(answer | λ_uᵀ W x_i) − ½ Σ ‖λ_u‖² − ½ penalty · features · ‖W‖²`. Not concave in both: it
 * begins at the singular vectors of the matrix of users × pairs and climbs from there. Then it is turned
 * so that users' weights are uncorrelated, of second moment 1, and the dimensions orthogonal over the
 * pairs, the largest first: of all the pairs (λ, W) of the same margins that is one, up to signs.
 * @see Shenfeld et al. 2025, "Language Model Personalization via Reward Factorization",
 *   arXiv:2503.06358
 */
export function factorize(problem: FactorizationProblem): Matrix {
  // With features that much smaller, W is penalised as λ is: the climb is then well conditioned.
  const unit = Math.sqrt(problem.penalty * problem.differences[0]!.length);
  const differences = problem.differences.map((x) => x.map((value) => value / unit));
  const scaled = { ...problem, differences };
  return turn(differences, refine(scaled, initialize(scaled))).div(unit);
}

/**
 * The best answers of rank `dimension` that could stand in the matrix of +1 (first), −1 (second) and 0
 * (a tie, or not seen), and by ridge regression the `W` that predicts their pairs' part from features.
 */
function initialize(problem: BilinearProblem): Factorization {
  const { users, differences, comparisons, dimension } = problem;
  const choices = Matrix.zeros(users, differences.length);
  for (const { user, pair, answer } of comparisons) {
    if (answer !== 'tie') choices.set(user, pair, answer === 'first' ? 1 : -1);
  }
  const decomposition = new SingularValueDecomposition(choices, { autoTranspose: true });
  const columns = Array.from({ length: dimension }, (_, k) => k);
  const root = Matrix.diag(columns.map((k) => Math.sqrt(decomposition.diagonal[k] ?? 0)));
  const leading = (vectors: Matrix) => vectors.subMatrixColumn(columns).mmul(root);
  return {
    lambdas: leading(decomposition.leftSingularVectors),
    weights: regress(
      new Matrix(differences.map((row) => [...row])),
      leading(decomposition.rightSingularVectors),
    ).transpose(),
  };
}

/**
 * Ridge regression, `B` of `targets ≈ X B`, shape `[features, targets]`; with fewer pairs than features
 * through `Xᵀ (X Xᵀ + I)⁻¹`, which is the same.
 */
function regress(x: Matrix, targets: Matrix): Matrix {
  const transposed = x.transpose();
  return x.rows < x.columns
    ? transposed.mmul(ridgeInverse(x.mmul(transposed))).mmul(targets)
    : ridgeInverse(transposed.mmul(x)).mmul(transposed).mmul(targets);
}

function ridgeInverse(gram: Matrix): Matrix {
  return inverse(gram.add(Matrix.eye(gram.rows)));
}

/** L-BFGS over all λ and `W` at once. */
function refine(problem: BilinearProblem, { lambdas, weights }: Factorization): Factorization {
  const { users, dimension, differences } = problem;
  const features = differences[0]!.length;
  const split = users * dimension;
  const start = Float64Array.from([...lambdas.to1DArray(), ...weights.to1DArray()]);
  const options = { tolerance: 1e-4, maxIterations: 500 };
  const end = minimize((point) => bilinearLoss(problem, point), start, options);
  return {
    lambdas: Matrix.from1DArray(users, dimension, end.subarray(0, split)),
    weights: Matrix.from1DArray(dimension, features, end.subarray(split)),
  };
}

/** Keeps the moments of users who differ in nothing invertible. */
const JITTER = 1e-9;

/** `W` where `Λᵀ Λ / users = I` and `Zᵀ Z` is diagonal, descending, Z being the pairs' embeddings. */
function turn(
  differences: BilinearProblem['differences'],
  { lambdas, weights }: Factorization,
): Matrix {
  const dimension = lambdas.columns;
  const moments = lambdas.transpose().mmul(lambdas).div(lambdas.rows);
  const lower = new CholeskyDecomposition(moments.add(Matrix.eye(dimension, dimension, JITTER)))
    .lowerTriangularMatrix;
  const whitened = lower.transpose().mmul(weights);
  const embeddings = new Matrix(differences.map((x) => [...x])).mmul(whitened.transpose());
  const { eigenvectorMatrix } = new EigenvalueDecomposition(
    embeddings.transpose().mmul(embeddings),
    { assumeSymmetric: true },
  );
  const descending = Array.from({ length: dimension }, (_, k) => dimension - 1 - k);
  return eigenvectorMatrix.subMatrixColumn(descending).transpose().mmul(whitened);
}
