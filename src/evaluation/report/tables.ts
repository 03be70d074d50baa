import {
  showDifference,
  showPValue,
  showRange,
  showShare,
  showShareInterval,
  showValue,
} from './figures.ts';
import { showSchedule, toSchedule } from '../../recipe/index.ts';
import { showSampleSize } from '../statistics/compare-paired.ts';
import type { EvaluationSystem } from '../run/system.ts';
import type { RunDescription } from '../run/run-description.ts';
import type { MetricSummary } from './metric-summary.ts';
import type { PerplexitySummary } from './perplexity-summary.ts';
import type { EvaluationSummary, GapSummary, TaskSummary } from './summary.ts';
import { steeringTitle, type SteeringSummary } from './steering-summary.ts';
import type { SystemSummary } from './system-summary.ts';

/** A table as texts, to be drawn on a terminal, as HTML or as Markdown. */
export interface ReportTable {
  /** The first one says what the table is of. */
  readonly titles: readonly string[];
  /** The first cell is a system; the others are its figures. */
  readonly rows: readonly (readonly string[])[];
}

/** How to read the figures, a line for each thing to know. */
export function readingNotes({
  level,
  significance,
  comparisons,
  tasks,
  description,
}: EvaluationSummary): string[] {
  const corrected = comparisons > 1 ? `, corrected by Holm for ${comparisons} comparisons` : '';
  return [
    `Brackets hold ${showShare(level)} intervals. p is two-sided, against the base on the same items${corrected}; ` +
      `a difference counts below p = ${significance}.`,
    ...groupNotes(tasks),
    ...description.systems.flatMap(({ name, examples }) =>
      examples === undefined
        ? []
        : [`${name} has ${showExamples(examples)}: it is no recipe and not judged.`],
    ),
    ...description.systems.flatMap(({ name, options }) =>
      scheduleNotes(options as EvaluationSystem['options']).map((note) => `${name}: ${note}`),
    ),
  ];
}

/** How params were chosen at each token: `alpha by match:kl at each token`. */
export function scheduleNotes({
  schedules,
}: Pick<EvaluationSystem['options'], 'schedules'>): string[] {
  return Object.entries(schedules ?? {}).map(([param, schedule]) => {
    if (schedule === null) return `${param} is the same at each token`;
    const how = showSchedule(toSchedule(schedule, `schedules.${param}`));
    return `${param} is chosen at each token by ${how}`;
  });
}

/** Which tasks' items are not independent. */
export function groupNotes(tasks: readonly TaskSummary[]): string[] {
  return tasks.flatMap(({ task, groups }) =>
    groups === null ? [] : [`Intervals and p of ${task} are over ${showGroups(groups)}.`],
  );
}

/** One row for each system: its mean, and its difference from the base. */
export function metricTable(
  { metric, lowerIsBetter, n, groups, systems }: MetricSummary,
  items: number,
): ReportTable {
  const notes = [
    ...(lowerIsBetter ? ['lower is better'] : []),
    ...(n < items ? [showSampleSize({ n, groups })] : []),
  ];
  return {
    titles: [
      notes.length === 0 ? metric : `${metric} (${notes.join(', ')})`,
      'mean',
      'over base',
      'p',
    ],
    rows: systems.map(({ system, value, overBase, correctedPValue }) => [
      system,
      `${showValue(value.estimate)} ${showRange(value)}`,
      ...(overBase === null
        ? ['', '']
        : [
            `${showDifference(overBase.difference.estimate)} ${showRange(overBase.difference)}`,
            showPValue(correctedPValue!),
          ]),
    ]),
  };
}

/** The other tables of a task, those without rows left out. */
export function otherTables({ steering, perplexity, systems }: TaskSummary): ReportTable[] {
  const tables = [steeringTable(steering), perplexityTable(perplexity), answersTable(systems)];
  return tables.filter(({ rows }) => rows.length > 0);
}

function steeringTable(steering: readonly SteeringSummary[]): ReportTable {
  const systems = steering.flatMap((measure) => measure.systems.map(({ system }) => system));
  return {
    titles: ['steering', ...steering.map(steeringTitle)],
    rows: [...new Set(systems)].map((system) => [
      system,
      ...steering.map((measure) => showSteering(measure, system)),
    ]),
  };
}

/** A measure's mean and interval; nothing for a system that is not steered that way. */
export function showSteering({ systems }: SteeringSummary, system: string): string {
  const own = systems.find((candidate) => candidate.system === system);
  return own === undefined ? '' : `${showValue(own.value.estimate)} ${showRange(own.value)}`;
}

function perplexityTable(perplexity: readonly PerplexitySummary[]): ReportTable {
  return {
    titles: ['perplexity', 'per token', 'per word', 'per byte'],
    rows: perplexity.map(({ system, perToken, perWord, perByte }) => [
      system,
      ...[perToken, perWord, perByte].map((value) => value.toPrecision(4)),
    ]),
  };
}

function answersTable(systems: readonly SystemSummary[]): ReportTable {
  return {
    titles: ['answers', 'tokens', 'cut short', 'distinct-1', 'distinct-2', 'forwards'],
    rows: systems.flatMap(({ system, answers }) => {
      if (answers === null) return [];
      const { tokensPerAnswer, cutShort, distinct1, distinct2, forwardsPerAnswer } = answers;
      const forwards = Object.entries(forwardsPerAnswer).map(
        ([model, count]) => `${model} ${count.toFixed(1)}`,
      );
      return [
        [
          system,
          tokensPerAnswer.toFixed(1),
          showShare(cutShort),
          showValue(distinct1),
          showValue(distinct2),
          forwards.join(', '),
        ],
      ];
    }),
  };
}

/** `system: 3 failed, the first one …`, for those of which some did. */
export function failureLines({ systems }: TaskSummary): string[] {
  return systems.flatMap(({ system, failed, firstFailure }) =>
    firstFailure === null ? [] : [`${system}: ${failed} failed, the first one ${firstFailure}`],
  );
}

/** The gap that a system closes, and what it is made of. */
export function gapLines({ mean, tasks, leftOut }: GapSummary): {
  readonly total: string;
  readonly parts: readonly string[];
} {
  return {
    total: mean === null ? 'no task counts' : showShareInterval(mean),
    parts: [
      ...tasks.map(({ task, gapClosed }) => `${task}: ${showShare(gapClosed)}`),
      ...leftOut.map(({ task, reason }) => `without ${task}: ${reason}`),
    ],
  };
}

/** What was evaluated: the names of the recipes. */
export function reportTitle({ description }: EvaluationSummary): string {
  const recipes = new Set(description.systems.map(({ recipe }) => recipe));
  return `Evaluation of ${[...recipes].join(', ')}`;
}

/** `Trimtab 1.0.0, seed 0, 10 samples of each program`. */
export function runNote({ version, seed, samples, tasks }: RunDescription): string {
  const sampled = samples === 1 ? '' : `, ${samples} samples of each program`;
  const count = tasks.reduce((sum, { skipped = 0 }) => sum + skipped, 0);
  const skips = count === 0 ? '' : `, ${count} rows skipped that are no items`;
  return `Trimtab ${version}, seed ${seed}${sampled}${skips}`;
}

/** `50 items`, or `50 items in 10 groups`. */
export function showItems({ items, groups }: TaskSummary): string {
  const count = items === 1 ? '1 item' : `${items} items`;
  return groups === null ? count : `${count} in ${showGroups(groups)}`;
}

function showGroups(groups: number): string {
  return groups === 1 ? '1 group' : `${groups} groups`;
}

/** `5 examples in context`. */
export function showExamples({ count }: { readonly count: number }): string {
  return `${count === 1 ? '1 example' : `${count} examples`} in context`;
}
