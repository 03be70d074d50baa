import { uniformAt } from '../../math/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import { defaultConfidence, requireLevel, type Interval } from './interval.ts';
import { mean } from './mean.ts';
import { requirePaired } from './paired.ts';

export interface BootstrapOptions {
  /** Confidence of the interval, above 0 and below 1. */
  readonly level?: number;
  /** An integer of at least 1. */
  readonly resamples?: number;
  /** The same seed draws the same items for every statistic of as many items. */
  readonly seed?: number;
}

export const bootstrapDefaults = {
  level: defaultConfidence,
  resamples: 2000,
  seed: 0,
} as const satisfies BootstrapOptions;

/** Items of one resample, by group: indexes with repetition, shape `[groupSize]` each. */
export type Resample = readonly (readonly number[])[];

/**
 * Percentile bootstrap: items are drawn with replacement within each group, and the interval holds the
 * central `level` of the statistic's values. Where it is undefined (NaN) it counts as unboundedly low
 * for the one end and unboundedly high for the other, so that the interval is never too narrow for it.
 * @param groupSizes - Items of each group: one group for a plain bootstrap. Each at least 1.
 * @throws InvalidOptionError naming the option that cannot be used.
 * @see Efron 1979, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 7(1)
 */
export function bootstrapInterval(
  groupSizes: readonly number[],
  statistic: (resample: Resample) => number,
  options: BootstrapOptions = {},
): Interval {
  const { level, resamples, seed } = { ...bootstrapDefaults, ...options };
  requireLevel('level', level);
  requireSize('resamples', resamples);
  groupSizes.forEach((size, i) => requireSize(`groupSizes[${i}]`, size));
  const values = Array.from({ length: resamples }, (_, i) => statistic(draw(groupSizes, seed, i)));
  const tail = (1 - level) / 2;
  return {
    estimate: statistic(groupSizes.map((size) => Array.from({ length: size }, (_, item) => item))),
    from: ascending(values, -Infinity)[Math.floor(tail * resamples)]!,
    to: ascending(values, Infinity)[Math.ceil((1 - tail) * resamples) - 1]!,
  };
}

/** Bootstrap over items of a mean. @param values - One per item, at least one. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Interval {
  return bootstrapInterval(
    [values.length],
    ([items]) => mean(items!.map((item) => values[item]!)),
    options,
  );
}

/**
 * Paired bootstrap of `mean(b) − mean(a)`: both systems are resampled on the same items.
 * @param a - One value per item. @param b - Of the same items, in the same order.
 * @throws InvalidOptionError unless both have the same number of items, at least one.
 */
export function bootstrapDifference(
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions = {},
): Interval {
  requirePaired(a, b);
  return bootstrapMean(
    b.map((value, i) => value - a[i]!),
    options,
  );
}

function draw(groupSizes: readonly number[], seed: number, resample: number): Resample {
  const total = groupSizes.reduce((sum, size) => sum + size, 0);
  let counter = resample * total;
  return groupSizes.map((size) =>
    Array.from({ length: size }, () => Math.floor(uniformAt(seed, counter++) * size)),
  );
}

function ascending(values: readonly number[], undefinedAs: number): number[] {
  return values
    .map((value) => (Number.isNaN(value) ? undefinedAs : value))
    .toSorted((x, y) => x - y);
}

function requireSize(option: string, size: number): void {
  if (Number.isSafeInteger(size) && size >= 1) return;
  throw new InvalidOptionError(option, `${option} must be an integer of at least 1, not ${size}.`);
}
