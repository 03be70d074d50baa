import { gapClosed, type GapClosed, type TaskResults } from '../gap-closed.ts';
import type { Evaluation } from '../run/evaluate.ts';
import type { ItemRecord } from '../run/result-log.ts';
import type { RunDescription } from '../run/run-description.ts';
import { bootstrapDefaults, type BootstrapOptions } from '../statistics/bootstrap.ts';
import { countGroups } from '../statistics/groups.ts';
import { requireLevel } from '../statistics/interval.ts';
import type { EvaluationTask } from '../task.ts';
import { verdictDefaults } from '../verdict.ts';
import { correctMetrics } from './correct-metrics.ts';
import { compareMetric, type MetricStatistics, type MetricSummary } from './metric-summary.ts';
import { isLowerBetter, metricValues, steeringValues, type MetricValues } from './metric-values.ts';
import { summarisePerplexity, type PerplexitySummary } from './perplexity-summary.ts';
import { judgedSystems, requireRoles, type SystemRoles } from './roles.ts';
import { summariseSteering, type SteeringSummary } from './steering-summary.ts';
import { summariseSystem, type SystemSummary } from './system-summary.ts';

export interface SummaryOptions extends BootstrapOptions {
  /** A difference counts with a p-value below this. */
  readonly significance?: number;
}

const summaryDefaults = {
  ...bootstrapDefaults,
  ...verdictDefaults,
} as const satisfies SummaryOptions;

export interface TaskSummary {
  readonly task: string;
  readonly items: number;
  /** Groups that its items belong to; `null` where they are independent. */
  readonly groups: number | null;
  /** The first one is the task's in the gap closed. */
  readonly metrics: readonly MetricSummary[];
  /** Rewards, and the KL from the base, where systems report them: described, not tested. */
  readonly steering: readonly SteeringSummary[];
  readonly systems: readonly SystemSummary[];
  /** One for each system if the task is text, else none. */
  readonly perplexity: readonly PerplexitySummary[];
}

/** The gap that a system closes, over all tasks. */
export interface GapSummary extends GapClosed {
  readonly system: string;
}

/** What an evaluation says. */
export interface EvaluationSummary {
  readonly description: RunDescription;
  readonly roles: SystemRoles;
  /** Confidence of the intervals. */
  readonly level: number;
  readonly significance: number;
  /** Comparisons with the base, which p-values are corrected for. */
  readonly comparisons: number;
  readonly tasks: readonly TaskSummary[];
  /** One for each system that is judged where a directly tuned model is named, else none. */
  readonly gaps: readonly GapSummary[];
}

/** A task, its records, and its metrics on the items that all systems have answered. */
interface TaskOutcome {
  readonly task: EvaluationTask;
  readonly records: readonly ItemRecord[];
  readonly metrics: readonly MetricValues[];
}

/**
 * Sums an evaluation up. Systems are compared on the items that all of them have answered.
 * @param tasks - Those of the evaluation.
 * @throws InvalidOptionError for a role that no system has, or options out of range.
 */
export function summarise(
  { description, records }: Evaluation,
  tasks: readonly EvaluationTask[],
  roles: SystemRoles,
  options: SummaryOptions = {},
): EvaluationSummary {
  const statistics = { ...summaryDefaults, ...options };
  requireLevel('significance', statistics.significance);
  const systems = description.systems.map(({ name }) => name);
  requireRoles(roles, systems);
  const judged = judgedSystems(description.systems, roles);
  const outcomes = tasks.map((task): TaskOutcome => {
    const own = records.filter(({ result }) => result.task === task.name);
    return { task, records: own, metrics: metricValues(own, systems, groupsOf(task)) };
  });
  const corrected = correctMetrics(
    outcomes.map(({ metrics }) =>
      metrics.map((metric) => compareMetric(metric, roles, judged, statistics)),
    ),
    statistics.significance,
  );
  const { direct } = roles;
  return {
    description,
    roles,
    level: statistics.level,
    significance: statistics.significance,
    comparisons: corrected.flat().length * (systems.length - 1),
    tasks: outcomes.map((outcome, i) => summariseTask(outcome, corrected[i]!, systems, statistics)),
    gaps:
      direct === null
        ? []
        : judged.map((system) => {
            const results = outcomes.flatMap((outcome) =>
              toTaskResults(outcome, { ...roles, direct }, system),
            );
            return { system, ...gapClosed(results, statistics) };
          }),
  };
}

function summariseTask(
  { task, records, metrics }: TaskOutcome,
  corrected: readonly MetricSummary[],
  systems: readonly string[],
  statistics: MetricStatistics,
): TaskSummary {
  const recordsOf = (system: string): ItemRecord[] =>
    records.filter(({ result }) => result.system === system);
  const groups = groupsOf(task);
  const paired = new Set(metrics.flatMap(({ items }) => items));
  return {
    task: task.name,
    items: task.items.length,
    groups: countGroups(groups.size === 0 ? undefined : [...groups.values()]),
    metrics: corrected,
    steering: steeringValues(records, systems, groups).map((values) =>
      summariseSteering(values, statistics),
    ),
    systems: systems.map((system) => summariseSystem(system, recordsOf(system))),
    perplexity: systems.flatMap(
      (system) => summarisePerplexity(system, task, recordsOf(system), paired) ?? [],
    ),
  };
}

/** By item; empty where items have none. */
function groupsOf({ items }: EvaluationTask): ReadonlyMap<string, string> {
  return new Map(items.flatMap(({ id, group }) => (group === undefined ? [] : [[id, group]])));
}

/** A task's first metric, as the gap closed wants it; none where no item was answered by all. */
function toTaskResults(
  { task, metrics: [main] }: TaskOutcome,
  roles: { readonly base: string; readonly direct: string },
  system: string,
): TaskResults[] {
  if (main === undefined) return [];
  const { metric, values, groups } = main;
  return [
    {
      task: task.name,
      base: values.get(roles.base)!,
      direct: values.get(roles.direct)!,
      composed: values.get(system)!,
      groups,
      lowerIsBetter: isLowerBetter(metric),
    },
  ];
}
