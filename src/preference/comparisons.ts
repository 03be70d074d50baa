import { InvalidOptionError } from '../spec/index.ts';
import { preferenceAnswers, type PreferenceAnswer } from './likelihood.ts';

/** Two answers to one prompt, as their features, shape `[features]` each. */
export interface FeaturePair {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** What one user said of one pair. */
export interface Comparison {
  /** From 0; users are counted without gaps. */
  readonly user: number;
  /** Index into the pairs. */
  readonly pair: number;
  readonly answer: PreferenceAnswer;
}

/** Comparisons by many users, of pairs of which each user need not have seen but a few. */
export interface ComparisonData {
  readonly pairs: readonly FeaturePair[];
  readonly comparisons: readonly Comparison[];
}

/** Hidden states are far smaller; larger ones would lose the rest in standardising. */
const LARGEST_FEATURE = 1e6;

/**
 * @returns How many users there are.
 * @throws InvalidOptionError naming the pair or comparison that cannot be used.
 */
export function requireComparisons({ pairs, comparisons }: ComparisonData): number {
  requirePairs(pairs);
  const users = new Set(comparisons.map(({ user }) => user));
  for (const [i, { user, pair, answer }] of comparisons.entries()) {
    const refuse = (field: string, message: string): never => {
      const option = `comparisons[${i}].${field}`;
      throw new InvalidOptionError(option, `${option} ${message}`);
    };
    if (!Number.isInteger(user) || user < 0 || user >= users.size) {
      refuse('user', `is ${user}: users must be counted from 0 without gaps, here ${users.size}.`);
    }
    if (!Number.isInteger(pair) || pair < 0 || pair >= pairs.length) {
      refuse('pair', `is ${pair}: there are ${pairs.length} pairs, from 0.`);
    }
    if (!preferenceAnswers.includes(answer)) {
      refuse('answer', `must be one of ${preferenceAnswers.join(', ')}, not ${answer}.`);
    }
  }
  return users.size;
}

function requirePairs(pairs: readonly FeaturePair[]): void {
  const length = pairs[0]?.first.length ?? 0;
  if (length === 0) {
    throw new InvalidOptionError('pairs', 'A basis is learned from pairs with features.');
  }
  for (const [i, pair] of pairs.entries()) {
    for (const side of ['first', 'second'] as const) {
      const option = `pairs[${i}].${side}`;
      const features = pair[side];
      if (features.length !== length) {
        throw new InvalidOptionError(
          option,
          `${option} has ${features.length} features, the first pair ${length}.`,
        );
      }
      const strange = features.find((value) => !(Math.abs(value) <= LARGEST_FEATURE));
      if (strange === undefined) continue;
      throw new InvalidOptionError(
        option,
        `${option} has a feature of ${strange}: they must be numbers of at most ` +
          `${LARGEST_FEATURE} in magnitude.`,
      );
    }
  }
}
