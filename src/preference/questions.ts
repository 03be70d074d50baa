import { uniformAt } from '../math/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { determinantGain, mutualInformation, predictionVariance } from './criteria.ts';
import { requireDifference } from './observation.ts';
import type { Posterior } from './posterior.ts';

/** A pair of answers that could be shown. */
export interface Candidate {
  /** Of the pair, whichever of the two is shown first. */
  readonly id: string;
  /** `φ(first) − φ(second)`, shape `[dimension]`. */
  readonly difference: readonly number[];
}

/**
 * How a question is chosen: the largest mutual information (`information`), gain of the posterior's
 * determinant (`d-optimal`) or variance of the predicted answer (`pref`); or, to compare with, at
 * random, or the first one left.
 */
export type Criterion = 'information' | 'd-optimal' | 'pref' | 'random' | 'fixed';

export interface QuestionOptions {
  /** Ids of the pairs that were shown, whatever was answered: they are not shown again. */
  readonly asked: ReadonlySet<string>;
  readonly criterion?: Criterion;
  /** Questions before the gain may end it. */
  readonly minQuestions?: number;
  /** Questions at most. */
  readonly maxQuestions?: number;
  /** Ends when no question is expected to teach as many nats, 0 to 0.69 or so (an even choice). */
  readonly minGain?: number;
  /** Of the criterion `random`. */
  readonly seed?: number;
}

export const questionDefaults = {
  criterion: 'information',
  minQuestions: 5,
  maxQuestions: 20,
  minGain: 0.1,
  seed: 0,
} as const satisfies Omit<QuestionOptions, 'asked'>;

export type NextQuestion<Pair extends Candidate = Candidate> =
  /** `gain` is what its answer is expected to teach, in nats. */
  | { readonly kind: 'ask'; readonly pair: Pair; readonly gain: number }
  /**
   * Enough were asked, none is expected to teach enough, or none is left; `gain` is what the best of
   * those left would teach, in nats.
   */
  | {
      readonly kind: 'stop';
      readonly reason: 'count' | 'gain' | 'none left';
      readonly gain: number;
    };

/**
 * The question to ask next, or why there is none. The same arguments give the same question; of equally
 * good ones it is the first.
 * @throws InvalidOptionError naming the option or the candidate that cannot be used.
 */
export function nextQuestion<Pair extends Candidate>(
  posterior: Posterior,
  candidates: readonly Pair[],
  options: QuestionOptions,
): NextQuestion<Pair> {
  const { criterion, minQuestions, maxQuestions, minGain, seed } = resolve(options);
  const left = candidates.filter(({ id }) => !options.asked.has(id));
  for (const { id, difference } of left) {
    requireDifference(`candidates["${id}"]`, difference, posterior.mean.length);
  }
  const gains = left.map(({ difference }) => mutualInformation(posterior, difference));
  const most = gains[largest(gains)] ?? 0;
  const count = options.asked.size;
  if (left.length === 0) return { kind: 'stop', reason: 'none left', gain: 0 };
  if (count >= maxQuestions) return { kind: 'stop', reason: 'count', gain: most };
  if (count >= minQuestions && most < minGain) return { kind: 'stop', reason: 'gain', gain: most };
  const chosen = choosers[criterion]({ posterior, left, gains, seed, count });
  return { kind: 'ask', pair: left[chosen]!, gain: gains[chosen]! };
}

interface Choice {
  readonly posterior: Posterior;
  /** At least one. */
  readonly left: readonly Candidate[];
  /** Of those left, in nats. */
  readonly gains: readonly number[];
  readonly seed: number;
  readonly count: number;
}

/** By criterion: an index into those left. */
const choosers: Readonly<Record<Criterion, (choice: Choice) => number>> = {
  information: ({ gains }) => largest(gains),
  'd-optimal': ({ posterior, left }) =>
    largest(left.map(({ difference }) => determinantGain(posterior, difference))),
  pref: ({ posterior, left }) =>
    largest(left.map(({ difference }) => predictionVariance(posterior, difference))),
  random: ({ left, seed, count }) => Math.floor(uniformAt(seed, count) * left.length),
  fixed: () => 0,
};

function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

function resolve(options: QuestionOptions): Required<QuestionOptions> {
  const resolved = { ...questionDefaults, ...options };
  const { criterion, minQuestions, maxQuestions, minGain } = resolved;
  if (!Object.hasOwn(choosers, criterion)) {
    refuse('criterion', `one of ${Object.keys(choosers).join(', ')}`, criterion);
  }
  if (!Number.isInteger(minQuestions) || minQuestions < 0) {
    refuse('minQuestions', 'an integer of at least 0', minQuestions);
  }
  if (!Number.isInteger(maxQuestions) || maxQuestions < minQuestions) {
    refuse('maxQuestions', `an integer of at least minQuestions, ${minQuestions}`, maxQuestions);
  }
  if (!(minGain >= 0)) refuse('minGain', 'a number of nats of at least 0', minGain);
  return resolved;
}

function refuse(option: string, expected: string, value: string | number): never {
  throw new InvalidOptionError(option, `${option} must be ${expected}, not ${value}.`);
}
