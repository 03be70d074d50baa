import { summarise, type TaskSummary } from '../report/summary.ts';
import type { Evaluation } from '../run/evaluate.ts';
import type { EvaluationTask } from '../task.ts';
import { paretoOptimal } from './pareto.ts';
import type { SweepSetting } from './setting.ts';

/** What is traded off: the first metric of a task. */
interface SweepObjective {
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
 */
export function summariseSweep(
  measured: readonly MeasuredSetting[],
  tasks: readonly EvaluationTask[],
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
  const mains = summaries.flatMap(({ task, metrics: [main] }) =>
    main === undefined ? [] : [{ task, main }],
  );
  const optimal = paretoOptimal(
    measured.map((_, i) =>
      mains.map(({ main: { lowerIsBetter, systems } }) => {
        const { estimate } = systems[i]!.value;
        return lowerIsBetter ? -estimate : estimate;
      }),
    ),
  );
  return {
    objectives: mains.map(({ task, main: { metric, lowerIsBetter } }) => ({
      task,
      metric,
      lowerIsBetter,
    })),
    points: measured.map(({ setting: { name, values } }, i) => ({
      setting: name,
      values,
      isParetoOptimal: optimal[i]!,
    })),
    tasks: summaries,
    level,
  };
}
