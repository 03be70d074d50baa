import { natsPerByte } from '../metrics/perplexity.ts';
import { isSteeringMeasure, klMeasure } from '../metrics/steering-scores.ts';
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
const descending: ReadonlySet<string> = new Set([natsPerByte, klMeasure]);

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
  return scoreNames(records)
    .filter((name) => !isSteeringMeasure(name))
    .map((name) => pairedValues(name, records, systems, groups))
    .filter((values) => values.items.length > 0);
}

/**
 * How answers were steered: like {@link metricValues}, each among the systems that are steered that
 * way. A model alone has neither rewards nor a KL.
 */
export function steeringValues(
  records: readonly ItemRecord[],
  systems: readonly string[],
  groups: ReadonlyMap<string, string>,
): MetricValues[] {
  return scoreNames(records)
    .filter(isSteeringMeasure)
    .map((name) => {
      const steered = new Set(
        records.flatMap(({ result }) =>
          !isFailed(result) && name in result.scores ? result.system : [],
        ),
      );
      const own = systems.filter((system) => steered.has(system));
      return pairedValues(name, records, own, groups);
    })
    .filter((values) => values.items.length > 0);
}

function scoreNames(records: readonly ItemRecord[]): string[] {
  const names = records.flatMap(({ result }) =>
    isFailed(result) ? [] : Object.keys(result.scores),
  );
  return [...new Set(names)];
}

function pairedValues(
  metric: string,
  records: readonly ItemRecord[],
  systems: readonly string[],
  groups: ReadonlyMap<string, string>,
): MetricValues {
  const measured = records.flatMap(({ result }) => (isFailed(result) ? [] : result));
  const valuesBySystem = new Map(
    systems.map((system) => [
      system,
      new Map(
        measured
          .filter((result) => result.system === system)
          .map(({ item, scores }) => [item, scores[metric]]),
      ),
    ]),
  );
  const items = [...new Set(measured.map(({ item }) => item))].filter((item) =>
    systems.every((system) => valuesBySystem.get(system)!.get(item) !== undefined),
  );
  return {
    metric,
    items,
    values: new Map(
      systems.map((system) => [
        system,
        items.map((item) => valuesBySystem.get(system)!.get(item)!),
      ]),
    ),
    groups: groups.size === 0 ? undefined : items.map((item) => groups.get(item)!),
  };
}
