import { contentId } from '../../content-id.ts';
import type { MetricSummary } from '../../report/metric-summary.ts';
import type { PairedComparison } from '../../statistics/compare-paired.ts';
import type { SweepSummary } from '../sweep/sweep-summary.ts';
import { withoutGroups, type EvaluationTask } from '../../task.ts';
import { requireMetric, type Objective } from './objective.ts';

/** What a setting reaches in the objective. */
export interface Reached {
  readonly value: number;
  /** Ends of its interval. */
  readonly from: number;
  readonly to: number;
  readonly items: number;
  /** Hash of the tasks it was measured on, their groups aside. */
  readonly content: string;
}

/** What calibration changes in the objective, on one set of tasks. */
export interface ReachedComparison {
  readonly present: Reached;
  readonly calibrated: Reached;
  /** Of the calibrated setting over the present one; `null` if they are the same. */
  readonly gain: PairedComparison | null;
}

/**
 * What the present and the calibrated setting reach on the same items.
 * @param summary - Of the present setting and the calibrated one, or of one that is both.
 * @throws InvalidOptionError if no task has the metric, or several have it and none is named.
 */
export function compareReached(
  objective: Objective,
  summary: SweepSummary,
  tasks: readonly EvaluationTask[],
): ReachedComparison {
  const metric = requireMetric(objective, summary);
  const content = contentId(withoutGroups(tasks));
  return {
    present: toReached(metric.systems[0]!, metric.n, content),
    calibrated: toReached(metric.systems.at(-1)!, metric.n, content),
    gain: metric.systems.at(-1)!.overBase,
  };
}

function toReached(
  { value: { estimate, from, to } }: MetricSummary['systems'][number],
  items: number,
  content: string,
): Reached {
  return { value: estimate, from, to, items, content };
}
