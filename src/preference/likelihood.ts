import { InvalidOptionError } from '../spec/index.ts';

/**
 * What a user says of a pair of answers: which one is better, that they are as good, or that neither
 * is any good.
 */
export type PreferenceAnswer = 'first' | 'second' | 'tie' | 'neither';

/** An answer that compares the two. */
export type ComparingAnswer = Exclude<PreferenceAnswer, 'neither'>;

export const preferenceAnswers: readonly PreferenceAnswer[] = ['first', 'second', 'tie', 'neither'];

/** Of the answers that compare; they sum to 1. */
export type AnswerProbabilities = Readonly<Record<ComparingAnswer, number>>;

/** How often two equally good answers are called a tie, unless it is said otherwise. */
export const defaultTieProbability = 0.2;

/** Beyond it nearly every answer would be a tie, and none would say anything. */
const LARGEST_TIE_PROBABILITY = 0.99;

/** @throws InvalidOptionError unless it is a number from 0 (no ties: Bradley–Terry) to 0.99. */
export function requireTieProbability(tieProbability: number): void {
  if (tieProbability >= 0 && tieProbability <= LARGEST_TIE_PROBABILITY) return;
  throw new InvalidOptionError(
    'tieProbability',
    `tieProbability must be a number from 0 to ${LARGEST_TIE_PROBABILITY}, not ${tieProbability}.`,
  );
}

/**
 * Davidson's model of three answers, `P(first) : P(tie) : P(second) = e^{m/2} : ν : e^{−m/2}`, where
 * `m = r(first) − r(second)` is the margin and `ν = 2τ / (1 − τ)`, τ being the probability of a tie
 * at `m = 0`. Whatever τ is, the odds of the two decided answers are Bradley–Terry's: `σ(m)`.
 *
 * Of the models with ties it is the one whose log-likelihood is that of an exponential family with
 * statistic ½, 0, −½ and parameter m. So it is concave in m, and its curvature does not depend on the
 * answer: what a question teaches is known before it is answered. Rao and Kupper's (1967) shares the
 * former but not the latter, and bends the odds of decided answers.
 *
 * 'Neither' has no term: it speaks of how good both are, which no difference of the two tells, and
 * says nothing of how they compare.
 * @param margin - Log-odds; any finite number.
 * @see Davidson 1970, "On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison
 *   Experiments", JASA 65(329)
 */
export function answerProbabilities(margin: number, tieProbability: number): AnswerProbabilities {
  const better = Math.exp(-Math.abs(margin) / 2); // over the worse answer's root odds: at most 1
  const tie = tieWeight(tieProbability) * better;
  const total = 1 + tie + better * better;
  const likely = 1 / total;
  const unlikely = (better * better) / total;
  return margin >= 0
    ? { first: likely, tie: tie / total, second: unlikely }
    : { first: unlikely, tie: tie / total, second: likely };
}

/** `log P(answer | margin)`, in nats. */
export function logLikelihood(
  answer: ComparingAnswer,
  margin: number,
  tieProbability: number,
): number {
  const distance = Math.abs(margin) / 2;
  const nu = tieWeight(tieProbability);
  const logTotal = distance + Math.log1p(Math.exp(-distance) * (nu + Math.exp(-distance)));
  return (answer === 'tie' ? Math.log(nu) : statistic(answer) * margin) - logTotal;
}

/** `d log P(answer | margin) / d margin`: the statistic less its expectation. */
export function slope(
  answer: ComparingAnswer,
  { first, tie, second }: AnswerProbabilities,
): number {
  if (answer === 'first') return tie / 2 + second; // sums of what is small: no cancellation
  if (answer === 'second') return -(tie / 2 + first);
  return (second - first) / 2;
}

/**
 * Fisher's information of one answer on the margin, `−d² log P / d margin²`, the same for all
 * answers: the variance of the statistic. Without ties it is `σ′(margin)`; at most ¼.
 */
export function information({ first, tie, second }: AnswerProbabilities): number {
  return (tie * (first + second)) / 4 + first * second;
}

/** Davidson's ν. */
function tieWeight(tieProbability: number): number {
  return (2 * tieProbability) / (1 - tieProbability);
}

function statistic(answer: 'first' | 'second'): number {
  return answer === 'first' ? 0.5 : -0.5;
}
