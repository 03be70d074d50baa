import { dot } from './gaussian.ts';
import type { ValueAndGradient } from './lbfgs.ts';
import { answerProbabilities, logLikelihood, slope, type ComparingAnswer } from './likelihood.ts';

/** What one user said of one pair, 'neither' left out. */
interface ComparedPair {
  readonly user: number;
  readonly pair: number;
  readonly answer: ComparingAnswer;
}

/** Users' answers by margins `λ_uᵀ W x_i`, linear in the user's λ and in the map `W`. */
export interface BilinearProblem {
  readonly users: number;
  /** `x_i`, differences of standardised features, shape `[pairs, features]`. */
  readonly differences: readonly (readonly number[])[];
  readonly comparisons: readonly ComparedPair[];
  /** Length of λ. */
  readonly dimension: number;
  readonly tieProbability: number;
}

/**
 * `−Σ log P(answer | λ_uᵀ W x_i) + ½ Σ ‖λ_u‖² + ½ ‖W‖²` and its gradient.
 * @param point - All λ, then `W`, row after row: shape `[(users + features) × dimension]`.
 */
export function bilinearLoss(problem: BilinearProblem, point: Float64Array): ValueAndGradient {
  const { users, differences, comparisons, dimension, tieProbability } = problem;
  const features = differences[0]!.length;
  const split = users * dimension;
  const lambdaOf = (user: number) => point.subarray(user * dimension, (user + 1) * dimension);
  const rowOf = (values: Float64Array, k: number) =>
    values.subarray(split + k * features, split + (k + 1) * features);

  const gradient = point.slice();
  let value = dot(point, point) / 2;
  const embeddings = differences.map((x) =>
    Array.from({ length: dimension }, (_, k) => dot(x, rowOf(point, k))),
  );
  /** Of the loss, by pair and dimension of its embedding. */
  const pulls = differences.map(() => new Float64Array(dimension));
  for (const { user, pair, answer } of comparisons) {
    const lambda = lambdaOf(user);
    const embedding = embeddings[pair]!;
    const margin = dot(lambda, embedding);
    value -= logLikelihood(answer, margin, tieProbability);
    const push = -slope(answer, answerProbabilities(margin, tieProbability));
    for (let k = 0; k < dimension; k++) {
      gradient[user * dimension + k]! += push * embedding[k]!;
      pulls[pair]![k]! += push * lambda[k]!;
    }
  }
  for (const [pair, pull] of pulls.entries()) {
    for (let k = 0; k < dimension; k++) {
      const row = rowOf(gradient, k);
      for (let j = 0; j < features; j++) row[j]! += pull[k]! * differences[pair]![j]!;
    }
  }
  return { value, gradient };
}
