import { CholeskyDecomposition, Matrix, solve } from 'ml-matrix';

import { choleskyFactor, dot, type Gaussian } from './gaussian.ts';
import {
  answerProbabilities,
  information,
  logLikelihood,
  slope,
  type ComparingAnswer,
} from './likelihood.ts';

/** An answer's part of a log-posterior. */
export interface Evidence {
  /** Shape `[dimension]`. */
  readonly difference: readonly number[];
  readonly answer: ComparingAnswer;
  /** Above 0: what its log-likelihood is multiplied by. */
  readonly weight: number;
}

/** Newton decrements, in posterior standard deviations squared. */
const CONVERGED = 1e-18;
/** Steps that small converge quadratically by themselves, and their gain drowns in rounding. */
const ACCEPTED_WHOLE = 1e-8;
/** Of the gain that a step promises; Armijo's rule. */
const SUFFICIENT_GAIN = 0.1;
/** A concave function needs a dozen steps; separable answers by the thousand, some thirty. */
const MOST_STEPS = 200;
const MOST_HALVINGS = 60;

/**
 * Laplace's approximation of `p(λ | answers) ∝ N(λ; prior) Π P(answer | λᵀ difference)^weight`: the
 * mode, and the inverse of the exact Hessian there. The log-posterior is strictly concave, so the mode
 * is one and Newton's method, with steps halved until they gain, finds it from anywhere.
 *
 * It works in coordinates z where the prior is standard normal (`λ = μ + L z`, `Σ = L Lᵀ`). There
 * the Hessian is the identity plus what the answers add, never singular, and the covariance is a Gram
 * matrix: symmetric and positive definite whatever the answers are.
 * @param start - Where to begin: the mode of fewer answers saves steps and changes nothing else.
 * @see MacKay 1992, "The Evidence Framework Applied to Classification Networks"
 */
export function laplaceApproximation(
  prior: Gaussian,
  evidence: readonly Evidence[],
  { tieProbability, start }: { readonly tieProbability: number; readonly start: readonly number[] },
): Gaussian {
  const factor = choleskyFactor(prior.covariance);
  const density = createWhitenedDensity(prior.mean, factor, evidence, tieProbability);
  const mode = maximize(density, whiten(prior.mean, factor, start));
  const root = new CholeskyDecomposition(density.precision(mode)).lowerTriangularMatrix;
  const half = solve(root, factor.transpose()); // covariance = L (root rootᵀ)⁻¹ Lᵀ = halfᵀ half
  return {
    mean: factor
      .mmul(Matrix.columnVector(mode))
      .to1DArray()
      .map((shift, i) => prior.mean[i]! + shift),
    covariance: half.transpose().mmul(half).to2DArray(),
  };
}

/** A log-posterior over z, up to a constant. */
interface WhitenedDensity {
  value(z: readonly number[]): number;
  gradient(z: readonly number[]): number[];
  /** Minus the Hessian: at least the identity. */
  precision(z: readonly number[]): Matrix;
}

function createWhitenedDensity(
  mean: readonly number[],
  factor: Matrix,
  evidence: readonly Evidence[],
  tieProbability: number,
): WhitenedDensity {
  const terms = evidence.map(({ difference, answer, weight }) => ({
    answer,
    weight,
    offset: dot(mean, difference),
    direction: transposedTimes(factor, difference),
  }));
  const marginOf = ({ offset, direction }: (typeof terms)[number], z: readonly number[]) =>
    offset + dot(direction, z);
  return {
    value(z) {
      let value = -dot(z, z) / 2;
      for (const term of terms) {
        value += term.weight * logLikelihood(term.answer, marginOf(term, z), tieProbability);
      }
      return value;
    },
    gradient(z) {
      const gradient = z.map((value) => -value);
      for (const term of terms) {
        const probabilities = answerProbabilities(marginOf(term, z), tieProbability);
        const push = term.weight * slope(term.answer, probabilities);
        for (let i = 0; i < z.length; i++) gradient[i]! += push * term.direction[i]!;
      }
      return gradient;
    },
    precision(z) {
      const rows = z.map((_, i) => z.map((_value, j) => (i === j ? 1 : 0)));
      for (const term of terms) {
        const probabilities = answerProbabilities(marginOf(term, z), tieProbability);
        addOuterProduct(rows, term.direction, term.weight * information(probabilities));
      }
      return new Matrix(rows);
    },
  };
}

function maximize(density: WhitenedDensity, start: readonly number[]): readonly number[] {
  let z = start;
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = density.gradient(z);
    const direction = new CholeskyDecomposition(density.precision(z))
      .solve(Matrix.columnVector(gradient))
      .to1DArray();
    const decrement = dot(gradient, direction);
    if (decrement <= CONVERGED) break;
    const next = stepUphill(density, z, direction, decrement);
    if (next === undefined) break; // nothing left to gain in double precision
    z = next;
  }
  return z;
}

/** The longest of 1, ½, ¼, … steps that gains enough. */
function stepUphill(
  density: WhitenedDensity,
  z: readonly number[],
  direction: readonly number[],
  decrement: number,
): number[] | undefined {
  const along = (length: number) => z.map((value, i) => value + length * direction[i]!);
  if (decrement <= ACCEPTED_WHOLE) return along(1);
  const value = density.value(z);
  for (let halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    const length = 0.5 ** halvings;
    const next = along(length);
    if (density.value(next) >= value + SUFFICIENT_GAIN * length * decrement) return next;
  }
  return undefined;
}

/** `L⁻¹ (λ − μ)`. */
function whiten(mean: readonly number[], factor: Matrix, lambda: readonly number[]): number[] {
  const shift = lambda.map((value, i) => value - mean[i]!);
  return solve(factor, Matrix.columnVector(shift)).to1DArray();
}

/** `Lᵀ v`. */
function transposedTimes(factor: Matrix, vector: readonly number[]): Float64Array {
  const product = new Float64Array(vector.length);
  for (let i = 0; i < vector.length; i++) {
    for (let j = 0; j <= i; j++) product[j]! += factor.get(i, j) * vector[i]!;
  }
  return product;
}

/** `rows += scale × v vᵀ`, both triangles alike. */
function addOuterProduct(rows: number[][], vector: Float64Array, scale: number): void {
  for (let i = 0; i < vector.length; i++) {
    const row = rows[i]!;
    const scaled = scale * vector[i]!;
    for (let j = 0; j < i; j++) {
      row[j]! += scaled * vector[j]!;
      rows[j]![i] = row[j]!;
    }
    row[i]! += scaled * vector[i]!;
  }
}
