import { uniformAt } from '../../math/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import { groupMembers, groupSums, type Grouping } from './groups.ts';
import { defaultConfidence, requireLevel, type Interval } from './interval.ts';
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

/** What one resample draws, by stratum: indexes with repetition, shape `[stratumSize]` each. */
export type Resample = readonly (readonly number[])[];

/**
 * Percentile bootstrap: units are drawn with replacement within each stratum, and the interval holds the
 * central `level` of the statistic's values. Where it is undefined (NaN) it counts as unboundedly low
 * for the one end and unboundedly high for the other, so that the interval is never too narrow for it.
 * @param strata - Units of each stratum: one stratum for a plain bootstrap. Each at least 1.
 * @throws InvalidOptionError naming the option that cannot be used.
 * @see Efron 1979, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 7(1)
 */
export function bootstrapInterval(
  strata: readonly number[],
  statistic: (resample: Resample) => number,
  options: BootstrapOptions = {},
): Interval {
  const resolved = resolve(strata, options);
  const { resamples, seed } = resolved;
  const values = Array.from({ length: resamples }, (_, i) => statistic(draw(strata, seed, i)));
  return intervalOf(statistic(everything(strata)), values, resolved);
}

/** {@link bootstrapInterval} of many statistics of the same units, which are drawn once and kept. */
export function createBootstrap(
  strata: readonly number[],
  options: BootstrapOptions = {},
): (statistic: (resample: Resample) => number) => Interval {
  const resolved = resolve(strata, options);
  const { resamples, seed } = resolved;
  const drawn = Array.from({ length: resamples }, (_, i) => draw(strata, seed, i));
  return (statistic) => intervalOf(statistic(everything(strata)), drawn.map(statistic), resolved);
}

/**
 * Bootstrap of a mean over items. Of groups, whole ones are drawn (the cluster bootstrap), and the mean is
 * that of all their items: large groups count for more. With few groups the interval is too
 * narrow: of ten, one of 95 % holds the mean about 90 % of the time; of one, it has no width.
 * @param values - One per item, at least one.
 * @throws InvalidOptionError naming the option that cannot be used.
 * @see Cameron, Gelbach & Miller 2008, "Bootstrap-Based Improvements for Inference with Clustered
 *   Errors", Review of Economics and Statistics 90(3)
 */
export function bootstrapMean(
  values: readonly number[],
  options: BootstrapOptions & Grouping = {},
): Interval {
  const members = groupMembers(values.length, options.groups);
  const sums = groupSums(values, members);
  return bootstrapInterval(
    [members.length],
    ([drawn]) => {
      const sum = drawn!.reduce((total, group) => total + sums[group]!, 0);
      return sum / drawn!.reduce((total, group) => total + members[group]!.length, 0);
    },
    options,
  );
}

/**
 * Paired bootstrap of `mean(b) − mean(a)`: both systems are resampled on the same items, or groups.
 * @param a - One value per item. @param b - Of the same items, in the same order.
 * @throws InvalidOptionError unless both have the same number of items, at least one.
 */
export function bootstrapDifference(
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions & Grouping = {},
): Interval {
  requirePaired(a, b);
  return bootstrapMean(
    b.map((value, i) => value - a[i]!),
    options,
  );
}

function resolve(strata: readonly number[], options: BootstrapOptions): Required<BootstrapOptions> {
  const resolved = { ...bootstrapDefaults, ...options };
  requireLevel('level', resolved.level);
  requireSize('resamples', resolved.resamples);
  strata.forEach((size, i) => requireSize(`strata[${i}]`, size));
  return resolved;
}

function intervalOf(
  estimate: number,
  values: readonly number[],
  { level, resamples }: Required<BootstrapOptions>,
): Interval {
  const tail = (1 - level) / 2;
  return {
    estimate,
    from: ascending(values, -Infinity)[Math.floor(tail * resamples)]!,
    to: ascending(values, Infinity)[Math.ceil((1 - tail) * resamples) - 1]!,
  };
}

/** Each unit once. */
function everything(strata: readonly number[]): Resample {
  return strata.map((size) => Array.from({ length: size }, (_, item) => item));
}

function draw(strata: readonly number[], seed: number, resample: number): Resample {
  const total = strata.reduce((sum, size) => sum + size, 0);
  let counter = resample * total;
  return strata.map((size) =>
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
