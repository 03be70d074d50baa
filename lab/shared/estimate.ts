import { createBootstrap, type Interval } from '../../src/evaluation/index.ts';

/** Of the mean of `values[unit]`, group after group. */
export type Estimate = (values: readonly number[]) => Interval;

/** Units come in groups of one size, each resampled within itself: the same units for every mean. */
export function estimateOver(groups: number, groupSize: number): Estimate {
  const strata = Array.from({ length: groups }, () => groupSize);
  const bootstrap = createBootstrap(strata, { resamples: 500, seed: 77 });
  return (values) =>
    bootstrap((drawn) => {
      let sum = 0;
      drawn.forEach((units, group) => {
        for (const unit of units) sum += values[group * groupSize + unit]!;
      });
      return sum / values.length;
    });
}
