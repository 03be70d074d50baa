import {
  answerProbabilities,
  createPosterior,
  nextQuestion,
  type Candidate,
  type Gaussian,
} from '../../src/preference/index.ts';
import { marginOf } from './users.ts';

/**
 * The best questionnaire that is the same for all: pairs chosen one after another by D-optimality under
 * the population's prior, each as if it had been answered as the mean user would.
 */
export function designedOrder(
  prior: Gaussian,
  pool: readonly Candidate[],
  count: number,
): Candidate[] {
  let posterior = createPosterior({ prior });
  const asked = new Set<string>();
  const order: Candidate[] = [];
  while (order.length < count) {
    const next = nextQuestion(posterior, pool, {
      asked,
      criterion: 'd-optimal',
      minQuestions: 0,
      maxQuestions: count,
      minGain: 0,
    });
    if (next.kind === 'stop') break;
    asked.add(next.pair.id);
    order.push(next.pair);
    posterior = {
      ...posterior,
      covariance: narrow(posterior, next.pair, posterior.model.tieProbability),
    };
  }
  return order;
}

/** `(C⁻¹ + I v vᵀ)⁻¹`, by Sherman and Morrison, I the information of one answer at the mean. */
function narrow(
  { mean, covariance }: Gaussian,
  pair: Candidate,
  tieProbability: number,
): number[][] {
  const { first, tie, second } = answerProbabilities(marginOf(mean, pair), tieProbability);
  const information = (tie * (first + second)) / 4 + first * second;
  const product = covariance.map((row) => marginOf(row, pair));
  const variance = marginOf(product, pair);
  const scale = information / (1 + information * variance);
  return covariance.map((row, i) =>
    row.map((value, j) => value - scale * product[i]! * product[j]!),
  );
}
