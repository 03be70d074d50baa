import { bootstrapInterval, type BootstrapOptions } from './statistics/bootstrap.ts';
import { comparePaired, showSampleSize } from './statistics/compare-paired.ts';
import { groupMembers, type Grouping } from './statistics/groups.ts';
import { requireLevel, type Interval } from './statistics/interval.ts';
import { mean } from './statistics/mean.ts';

/** Three systems on one task: means, or whatever a table prints. */
export interface TaskScores {
  readonly base: number;
  /** The model that was tuned directly. */
  readonly direct: number;
  readonly composed: number;
}

/** Three systems on one task's items, in the same order. */
export interface TaskResults extends Grouping {
  readonly task: string;
  readonly base: readonly number[];
  readonly direct: readonly number[];
  readonly composed: readonly number[];
  /** Whether lower values are better, as of toxicity. */
  readonly lowerIsBetter?: boolean;
}

export interface GapClosedOptions extends BootstrapOptions {
  /** Tasks count where direct tuning is better than the base with a p-value below this. */
  readonly significance?: number;
}

const gapClosedDefaults = { significance: 0.05 } as const satisfies GapClosedOptions;

export interface GapClosed {
  /** Mean over the tasks that count, with its bootstrap interval; `null` if none counts. */
  readonly mean: Interval | null;
  readonly tasks: readonly { readonly task: string; readonly gapClosed: number }[];
  readonly leftOut: readonly { readonly task: string; readonly reason: string }[];
}

/**
 * The share of direct tuning's gain that the composition reaches:
 * `(composed − base) / (direct − base)`; 1 is all of it, more than 1 is more.
 *
 * The mean over the columns of the tables of "Tuning Language Models by Proxy" (Liu et al. 2024,
 * arXiv:2401.08565) is 91.8 % at 13B and 87.3 % at 70B. The paper states 91.1 % and 88.1 %: those come
 * from its released result files, which differ from the printed tables.
 */
export function taskGapClosed({ base, direct, composed }: TaskScores): number {
  return (composed - base) / (direct - base);
}

/**
 * The share of direct tuning's gain that the composition reaches, `(composed − base) / (direct − base)`,
 * on average over the tasks where direct tuning is significantly better than the base: elsewhere the
 * share has a denominator of noise. The interval resamples items, or groups of them, within those tasks.
 * @throws InvalidOptionError for results that are not paired, or options out of range.
 */
export function gapClosed(
  results: readonly TaskResults[],
  options: GapClosedOptions = {},
): GapClosed {
  const { significance } = { ...gapClosedDefaults, ...options };
  requireLevel('significance', significance);
  const judged = results.map((task) => ({
    task,
    reason: whyLeftOut(task, significance, options),
  }));
  const counted = judged.filter(({ reason }) => reason === null).map(({ task }) => task);
  return {
    mean: counted.length === 0 ? null : meanGap(counted, options),
    tasks: counted.map((task) => ({
      task: task.task,
      gapClosed: taskGapClosed(meansOf(task, allItems(task))),
    })),
    leftOut: judged.flatMap(({ task, reason }) =>
      reason === null ? [] : [{ task: task.task, reason }],
    ),
  };
}

function whyLeftOut(
  { base, direct, composed, groups, lowerIsBetter = false }: TaskResults,
  significance: number,
  options: BootstrapOptions,
): string | null {
  comparePaired(base, composed, { ...options, resamples: 1 }); // refuses what is not paired
  const gained = comparePaired(base, direct, { ...options, groups });
  const { difference, pValue } = gained;
  const gain = lowerIsBetter ? -difference.estimate : difference.estimate;
  if (gain > 0 && pValue < significance) return null;
  const evidence = `p = ${pValue.toPrecision(2)}, ${showSampleSize(gained)}, level ${significance}`;
  return gain > 0
    ? `direct tuning is not significantly better than the base (${evidence})`
    : `direct tuning is not better than the base (${evidence})`;
}

function meanGap(tasks: readonly TaskResults[], options: BootstrapOptions): Interval {
  const members = tasks.map(({ base, groups }) => groupMembers(base.length, groups));
  const itemsOf = (task: number, drawn: readonly number[]): number[] =>
    drawn.flatMap((group) => members[task]![group]!);
  return bootstrapInterval(
    members.map(({ length }) => length),
    (resample) => mean(tasks.map((task, i) => definedGap(task, itemsOf(i, resample[i]!)))),
    options,
  );
}

/** NaN where direct tuning gains nothing on these items: the share of no gain says nothing. */
function definedGap(task: TaskResults, items: readonly number[]): number {
  const means = meansOf(task, items);
  const gain = means.direct - means.base;
  return (task.lowerIsBetter ? -gain : gain) > 0 ? taskGapClosed(means) : Number.NaN;
}

function meansOf({ base, direct, composed }: TaskResults, items: readonly number[]): TaskScores {
  const over = (values: readonly number[]): number => mean(items.map((item) => values[item]!));
  return { base: over(base), direct: over(direct), composed: over(composed) };
}

function allItems({ base }: TaskResults): number[] {
  return base.map((_, item) => item);
}
