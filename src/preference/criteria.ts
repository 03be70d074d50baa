import { dot, varianceAlong } from './gaussian.ts';
import { answerProbabilities, information, type AnswerProbabilities } from './likelihood.ts';
import type { Posterior } from './posterior.ts';
import { normalQuadrature } from './quadrature.ts';

/** Margins are normal under the posterior; so many points tell an expectation over them. */
const quadrature = normalQuadrature(16);

/**
 * PReF's criterion: `σ′(m)² vᵀ C v` at the mean margin `m = λᵀv`, C the posterior covariance (the
 * inverse of the precision, PReF's Λ). By the delta method it is the variance of the predicted answer
 * that comes of not knowing λ. With ties σ′ is {@link information}, the slope of the expected answer.
 * @see Shenfeld et al. 2025, "Language Model Personalization via Reward Factorization",
 *   arXiv:2503.06358
 */
export function predictionVariance(posterior: Posterior, difference: readonly number[]): number {
  const probabilities = answerProbabilities(
    dot(posterior.mean, difference),
    posterior.model.tieProbability,
  );
  return information(probabilities) ** 2 * varianceAlong(posterior.covariance, difference);
}

/**
 * Bayesian D-optimality: the expected growth of `½ log det` of the precision by one answer, in nats,
 * `E ½ log(1 + I(λᵀv) vᵀ C v)` with I Fisher's information. It depends on λ through the margin alone,
 * so the expectation over the posterior is an integral in one dimension. At the mean alone it would
 * flatter pairs of unknown outcome: these are likely to turn out one-sided, and then teach little.
 * @see Chaloner and Verdinelli 1995, "Bayesian Experimental Design: A Review", Statistical Science 10(3)
 */
export function determinantGain(posterior: Posterior, difference: readonly number[]): number {
  const variance = varianceAlong(posterior.covariance, difference);
  let gain = 0;
  forEachAnswer(posterior, difference, variance, (weight, probabilities) => {
    gain += (weight / 2) * Math.log1p(information(probabilities) * variance);
  });
  return gain;
}

/**
 * The mutual information of the answer and λ, in nats: `H(E p) − E H(p)`, the expected fall of the
 * posterior's entropy.
 * @see Houlsby et al. 2011, "Bayesian Active Learning for Classification and Preference Learning",
 *   arXiv:1112.5745
 */
export function mutualInformation(posterior: Posterior, difference: readonly number[]): number {
  const variance = varianceAlong(posterior.covariance, difference);
  const expected = { first: 0, tie: 0, second: 0 };
  let noise = 0;
  forEachAnswer(posterior, difference, variance, (weight, probabilities) => {
    expected.first += weight * probabilities.first;
    expected.tie += weight * probabilities.tie;
    expected.second += weight * probabilities.second;
    noise += weight * entropy(probabilities);
  });
  return Math.max(0, entropy(expected) - noise);
}

/** Visits the answer's probabilities at points of the posterior, with the points' weights. */
function forEachAnswer(
  { mean, model }: Posterior,
  difference: readonly number[],
  variance: number,
  visit: (weight: number, probabilities: AnswerProbabilities) => void,
): void {
  const margin = dot(mean, difference);
  const sd = Math.sqrt(variance);
  for (const [i, node] of quadrature.nodes.entries()) {
    visit(quadrature.weights[i]!, answerProbabilities(margin + sd * node, model.tieProbability));
  }
}

function entropy({ first, tie, second }: AnswerProbabilities): number {
  return surprise(first) + surprise(tie) + surprise(second);
}

function surprise(p: number): number {
  return p > 0 ? -p * Math.log(p) : 0;
}
