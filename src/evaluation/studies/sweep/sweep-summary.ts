import { rewardMeasure } from '../../metrics/steering-scores.ts';
import { summarise, type TaskSummary } from '../../report/summary.ts';
import type { Evaluation } from '../../run/evaluate.ts';
import type { EvaluationTask } from '../../task.ts';
import { paretoOptimal } from './pareto.ts';
import type { SweepSetting } from '../setting.ts';

/** What is traded off: the first metric of a task, or a reward. */
export interface SweepObjective {
  readonly task: string;
  readonly metric: string;
  readonly lowerIsBetter: boolean;
}

/** A setting and what it reaches. */
export interface SweepPoint {
  readonly setting: string;
  readonly values: SweepSetting['values'];
  /** Whether no other setting is at least as good in every objective and better in one. */
  readonly isParetoOptimal: boolean;
}

export interface SweepSummary {
  readonly objectives: readonly SweepObjective[];
  readonly points: readonly SweepPoint[];
  /** All metrics with intervals; compared with the first setting on the same items. */
  readonly tasks: readonly TaskSummary[];
  /** Confidence of the intervals. */
  readonly level: number;
}

/** A setting, measured. */
export interface MeasuredSetting {
  readonly setting: SweepSetting;
  readonly evaluation: Evaluation;
}

/**
 * The trade-off of a sweep. Settings are compared on the items that all of them have answered, and by
 * estimates: intervals that overlap say that another sample might mark other settings.
 * @param measured - At least one, of the same tasks.
 * @param rewards - Names of rewards that are traded off against the tasks' metrics.
 */
export function summariseSweep(
  measured: readonly MeasuredSetting[],
  tasks: readonly EvaluationTask[],
  rewards: readonly string[] = [],
): SweepSummary {
  const [first] = measured;
  const evaluation = {
    description: {
      ...first!.evaluation.description,
      systems: measured.flatMap(({ evaluation: { description } }) => description.systems),
    },
    records: measured.flatMap(({ evaluation: { records } }) => records),
  };
  const roles = { base: first!.setting.name, expert: null, direct: null };
  const { tasks: summaries, level } = summarise(evaluation, tasks, roles);
  const measures = new Set(rewards.map(rewardMeasure));
  const traded = summaries.flatMap((summary) => tradedOff(summary, measures, measured.length));
  const optimal = paretoOptimal(
    measured.map((_, i) =>
      traded.map(({ lowerIsBetter, estimates }) =>
        lowerIsBetter ? -estimates[i]! : estimates[i]!,
      ),
    ),
  );
  return {
    objectives: traded.map(({ task, metric, lowerIsBetter }) => ({ task, metric, lowerIsBetter })),
    points: measured.map(({ setting: { name, values } }, i) => ({
      setting: name,
      values,
      isParetoOptimal: optimal[i]!,
    })),
    tasks: summaries,
    level,
  };
}

/** Estimates of an objective, by setting. */
interface TradedOff extends SweepObjective {
  readonly estimates: readonly number[];
}

/** A task's first metric, and the rewards that count, where all settings have them. */
function tradedOff(
  { task, metrics: [main], steering }: TaskSummary,
  measures: ReadonlySet<string>,
  settings: number,
): TradedOff[] {
  const rewards = steering.filter(
    (summary) => measures.has(summary.measure) && summary.systems.length === settings,
  );
  return [
    ...(main === undefined ? [] : [main]),
    ...rewards.map(({ measure, ...rest }) => ({ metric: measure, ...rest })),
  ].map(({ metric, lowerIsBetter, systems }) => ({
    task,
    metric,
    lowerIsBetter,
    estimates: systems.map(({ value }) => value.estimate),
  }));
}
