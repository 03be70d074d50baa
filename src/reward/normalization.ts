import { InvalidOptionError } from '../spec/index.ts';

/** The scale of a reward: of its values on the base's own answers. */
export interface Normalization {
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
}

/** `(value - mean) / deviation`: in deviations from the base's average answer. */
export function normalise(value: number, { mean, deviation }: Normalization): number {
  return (value - mean) / deviation;
}

/**
 * Mean and sample standard deviation (of n - 1). Where all values are equal, the deviation given is 1:
 * such values say nothing of the reward's scale, so it is only centred and its weight acts on plain
 * values.
 * @param values - Of independent answers of the base; at least two.
 * @throws InvalidOptionError for fewer, or one that is not finite.
 * @see Welford 1962, "Note on a Method for Calculating Corrected Sums of Squares and Products"
 */
export function estimateNormalization(values: ArrayLike<number>): Normalization {
  if (values.length < 2) {
    throw new InvalidOptionError(
      'values',
      `A reward's scale cannot be estimated from ${values.length} values: give at least 2.`,
    );
  }
  let mean = 0;
  let squares = 0; // Σ (value - mean)²
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new InvalidOptionError(`values[${i}]`, `Value ${i} is ${value}: it must be finite.`);
    }
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  }
  const deviation = Math.sqrt(squares / (values.length - 1));
  return { mean, deviation: deviation === 0 ? 1 : deviation };
}
