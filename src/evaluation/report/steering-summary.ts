import { klMeasure, steeredMeasure } from '../metrics/steering-scores.ts';
import { bootstrapMean, type BootstrapOptions } from '../statistics/bootstrap.ts';
import type { Interval } from '../statistics/interval.ts';
import { isLowerBetter, type MetricValues } from './metric-values.ts';

/** How answers were steered, in one respect. */
export interface SteeringSummary {
  /** `reward.NAME`, not normalised; `kl`, in nats a token; `steered`, a share of the tokens. */
  readonly measure: string;
  readonly lowerIsBetter: boolean;
  /** Items that all of these systems have answered. */
  readonly n: number;
  /** Those that are steered that way. */
  readonly systems: readonly { readonly system: string; readonly value: Interval }[];
}

export function summariseSteering(
  { metric, values, items, groups }: MetricValues,
  statistics: BootstrapOptions,
): SteeringSummary {
  return {
    measure: metric,
    lowerIsBetter: isLowerBetter(metric),
    n: items.length,
    systems: [...values].map(([system, own]) => ({
      system,
      value: bootstrapMean(own, { ...statistics, groups }),
    })),
  };
}

const titles: ReadonlyMap<string, string> = new Map([
  [klMeasure, 'KL a token'],
  [steeredMeasure, 'steered tokens'],
]);

/** `reward.cheerful`, `KL ↓`: what a column is called. */
export function steeringTitle({ measure, lowerIsBetter }: SteeringSummary): string {
  const name = titles.get(measure) ?? measure;
  return lowerIsBetter ? `${name} ↓` : name;
}
