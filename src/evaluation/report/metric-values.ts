import { isFailed } from '../run/item-result.ts';
import type { ItemRecord } from '../run/result-log.ts';
import type { Grouping } from '../statistics/groups.ts';

/** One metric of one task: a value per system and item, for the items that all systems have. */
export interface MetricValues extends Grouping {
  readonly metric: string;
  /** By system, in the order of `items`. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  readonly items: readonly string[];
}

/** Metrics whose lower values are better. */
const descending: ReadonlySet<string> = new Set(['nats-per-byte']);

export function isLowerBetter(metric: string): boolean {
  return descending.has(metric);
}

/**
 * Values of each metric of a task, in the order they first occur. Items that failed for a system, or
 * that do not have the metric, are left out for all; so are metrics that no item is left for.
 * @param groups - By item; empty where items have none.
 */
export function metricValues(
  records: readonly ItemRecord[],
  systems: readonly string[],
  groups: ReadonlyMap<string, string>,
): MetricValues[] {
  const measured = records.flatMap(({ result }) => (isFailed(result) ? [] : result));
  const scores = new Map(
    systems.map((system) => [
      system,
      new Map(
        measured
          .filter((result) => result.system === system)
          .map((result) => [result.item, result.scores]),
      ),
    ]),
  );
  const items = [...new Set(measured.map(({ item }) => item))];
  const metrics = [...new Set(measured.flatMap((result) => Object.keys(result.scores)))];
  return metrics
    .map((metric) => {
      const paired = items.filter((item) =>
        systems.every((system) => scores.get(system)!.get(item)?.[metric] !== undefined),
      );
      const valuesOf = (system: string): number[] =>
        paired.map((item) => scores.get(system)!.get(item)![metric]!);
      return {
        metric,
        items: paired,
        values: new Map(systems.map((system) => [system, valuesOf(system)])),
        groups: groups.size === 0 ? undefined : paired.map((item) => groups.get(item)!),
      };
    })
    .filter((values) => values.items.length > 0);
}
