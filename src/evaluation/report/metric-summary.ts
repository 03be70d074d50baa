import { bootstrapMean, type BootstrapOptions } from '../statistics/bootstrap.ts';
import { comparePaired, type PairedComparison } from '../statistics/compare-paired.ts';
import { countGroups, type Grouping } from '../statistics/groups.ts';
import type { Interval } from '../statistics/interval.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';
import type { VerdictKind } from '../verdict.ts';
import { isLowerBetter, type MetricValues } from './metric-values.ts';
import type { SystemRoles } from './roles.ts';

export interface SystemValue {
  readonly system: string;
  readonly value: Interval;
  /** How it differs from the base; `null` for the base. */
  readonly overBase: PairedComparison | null;
  /** Holm's, over all comparisons with the base in the evaluation; `null` for the base. */
  readonly correctedPValue: number | null;
}

export interface SystemVerdict {
  readonly system: string;
  readonly kind: VerdictKind;
  readonly text: string;
}

export interface MetricSummary {
  readonly metric: string;
  readonly lowerIsBetter: boolean;
  /** Items that all systems have answered. */
  readonly n: number;
  /** Groups of items that intervals and p-values are over; `null` where items are independent. */
  readonly groups: number | null;
  readonly systems: readonly SystemValue[];
  /** Of the recipes without a role, where an expert is named; by corrected p-values. */
  readonly verdicts: readonly SystemVerdict[];
}

export interface MetricStatistics extends BootstrapOptions {
  readonly level: number;
  readonly significance: number;
}

/** A metric before its p-values are corrected. */
export interface MetricComparisons extends Omit<MetricSummary, 'systems' | 'verdicts'> {
  readonly systems: readonly Omit<SystemValue, 'correctedPValue'>[];
  readonly judged: readonly {
    readonly system: string;
    readonly overBase: PairedComparison;
    readonly overExpert: PairedComparison;
  }[];
}

/** @param judged - Systems that get a verdict. */
export function compareMetric(
  { metric, values, items, groups }: MetricValues,
  roles: SystemRoles,
  judged: readonly string[],
  statistics: MetricStatistics,
): MetricComparisons {
  const of = (system: string): readonly number[] => values.get(system)!;
  const compare = (other: string, system: string): PairedComparison =>
    comparePaired(of(other), of(system), { ...statistics, groups });
  const { base, expert } = roles;
  const systems = [...values].map(([system, own]) => ({
    system,
    value: meanInterval(own, { ...statistics, groups }),
    overBase: system === base ? null : compare(base, system),
  }));
  const overBaseOf = (system: string): PairedComparison =>
    systems.find((candidate) => candidate.system === system)!.overBase!;
  return {
    metric,
    lowerIsBetter: isLowerBetter(metric),
    n: items.length,
    groups: countGroups(groups),
    systems,
    judged:
      expert === null
        ? []
        : judged.map((system) => ({
            system,
            overBase: overBaseOf(system),
            overExpert: compare(expert, system),
          })),
  };
}

/**
 * Wilson's interval for independent values of 0 and 1, of use at both ends; the bootstrap's for others,
 * and over groups.
 */
function meanInterval(
  values: readonly number[],
  statistics: MetricStatistics & Grouping,
): Interval {
  const isBinary = values.every((value) => value === 0 || value === 1);
  if (!isBinary || statistics.groups !== undefined) return bootstrapMean(values, statistics);
  const successes = values.filter((value) => value === 1).length;
  return wilsonInterval(successes, values.length, statistics.level);
}
