import { uniformAt } from '../../src/math/index.ts';

export interface Estimate {
  readonly mean: number;
  /** Percentile bootstrap, 95 %. */
  readonly from: number;
  readonly to: number;
}

/**
 * Resamples of units that come in groups of one size, each group resampled within itself; the same for
 * every mean, so that means of the same units can be compared.
 */
export function createBootstrap(groups: number, groupSize: number, resamples = 500) {
  const drawn = Array.from({ length: resamples }, (_, sample) =>
    Array.from({ length: groups * groupSize }, (_unit, i) => {
      const draw = uniformAt(77, sample * groups * groupSize + i);
      return Math.floor(i / groupSize) * groupSize + Math.floor(draw * groupSize);
    }),
  );
  /** Of `values[unit]`, group after group. */
  return function estimate(values: readonly number[]): Estimate {
    const means = drawn
      .map((units) => units.reduce((sum, unit) => sum + values[unit]!, 0) / units.length)
      .toSorted((a, b) => a - b);
    return {
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      from: means[Math.floor(0.025 * resamples)]!,
      to: means[Math.ceil(0.975 * resamples) - 1]!,
    };
  };
}
