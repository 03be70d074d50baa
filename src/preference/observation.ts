import { InvalidOptionError } from '../spec/index.ts';
import { preferenceAnswers, type PreferenceAnswer } from './likelihood.ts';

/** One answered question. */
export interface Observation {
  /** `φ(first) − φ(second)`, shape `[dimension]`, each from −1000 to 1000. */
  readonly difference: readonly number[];
  readonly answer: PreferenceAnswer;
  /** When it was answered, in milliseconds since 1970. */
  readonly at: number;
}

/** Attributes are measured in standard deviations: what is larger is a fault, and would drown the rest. */
const LARGEST_DIFFERENCE = 1000;

/**
 * @param option - What the difference is to its caller, for the message.
 * @throws InvalidOptionError unless it has `dimension` numbers from −1000 to 1000.
 */
export function requireDifference(
  option: string,
  difference: readonly number[],
  dimension: number,
): void {
  if (difference.length !== dimension) {
    throw new InvalidOptionError(
      option,
      `${option} has ${difference.length} dimensions, the profile ${dimension}.`,
    );
  }
  const i = difference.findIndex((value) => !(Math.abs(value) <= LARGEST_DIFFERENCE));
  if (i < 0) return;
  throw new InvalidOptionError(
    `${option}[${i}]`,
    `${option}[${i}] must be a number from ${-LARGEST_DIFFERENCE} to ${LARGEST_DIFFERENCE}, not ` +
      `${difference[i]}: measure attributes in standard deviations.`,
  );
}

/** @throws InvalidOptionError naming the observation and what is wrong with it. */
export function requireObservation(
  option: string,
  { difference, answer, at }: Observation,
  { dimension, tieProbability }: { readonly dimension: number; readonly tieProbability: number },
): void {
  requireDifference(`${option}.difference`, difference, dimension);
  if (!preferenceAnswers.includes(answer)) {
    throw new InvalidOptionError(
      `${option}.answer`,
      `${option}.answer must be one of ${preferenceAnswers.join(', ')}, not ${answer}.`,
    );
  }
  if (answer === 'tie' && tieProbability === 0) {
    throw new InvalidOptionError(
      `${option}.answer`,
      `${option}.answer is a tie, which a tieProbability of 0 says never happens.`,
    );
  }
  if (!Number.isFinite(at)) {
    throw new InvalidOptionError(
      `${option}.at`,
      `${option}.at must be a time in milliseconds since 1970, not ${at}.`,
    );
  }
}
