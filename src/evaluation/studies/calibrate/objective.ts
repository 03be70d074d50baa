import { InvalidOptionError } from '../../../spec/index.ts';
import type { MetricSummary } from '../../report/metric-summary.ts';
import { isLowerBetter } from '../../report/metric-values.ts';
import type { SweepSummary } from '../sweep/sweep-summary.ts';

/** A metric, of the only task that has it or of a named one. */
export interface Objective {
  /** `null`: whichever task has the metric. */
  readonly task: string | null;
  readonly metric: string;
}

/** What a setting must keep to be chosen. */
export interface CalibrationConstraint {
  readonly objective: Objective;
  readonly comparison: '<=' | '>=';
  readonly limit: number;
}

/** Perplexity per token: not a mean over items, so no objective, but a constraint that people know. */
const perplexity = 'perplexity';

/** The option whose text names a metric. */
type Naming = 'objective' | 'constraints';

/** `contains`, or `heldout/contains`: the metric of a task. @throws InvalidOptionError */
export function parseObjective(text: string): Objective {
  return parseMetric(text, 'objective');
}

function parseMetric(text: string, option: Naming): Objective {
  const [, task = null, metric] = /^(?:(.+)\/)?([^/]+)$/.exec(text.trim()) ?? [];
  if (metric !== undefined) return { task, metric };
  throw new InvalidOptionError(option, `${text} names no metric: write METRIC or TASK/METRIC.`);
}

/** `perplexity<=20`, `prose/nats-per-byte<=1.2`. @throws InvalidOptionError */
export function parseConstraint(text: string): CalibrationConstraint {
  const [, objective, comparison, limit] = /^([^<>=]+)(<=|>=)(.+)$/.exec(text) ?? [];
  if (objective !== undefined && limit!.trim() !== '' && Number.isFinite(Number(limit))) {
    return {
      objective: parseMetric(objective, 'constraints'),
      comparison: comparison as '<=' | '>=',
      limit: Number(limit),
    };
  }
  throw new InvalidOptionError(
    'constraints',
    `${text} is no constraint: write METRIC<=NUMBER or METRIC>=NUMBER.`,
  );
}

/** `contains of heldout`. */
export function showObjective({ task, metric }: Objective): string {
  return task === null ? metric : `${metric} of ${task}`;
}

export function showConstraint({ objective, comparison, limit }: CalibrationConstraint): string {
  return `${showObjective(objective)} ${comparison} ${limit}`;
}

/** Higher values are better of the objective itself, or of its negative. */
export function directionOf({ metric }: Objective): 1 | -1 {
  return isLowerBetter(metric) ? -1 : 1;
}

/** Whether a setting keeps the constraint. @throws InvalidOptionError if its metric is not measured */
export function keeps(
  { objective, comparison, limit }: CalibrationConstraint,
  summary: SweepSummary,
  setting: string,
): boolean {
  const value =
    objective.metric === perplexity
      ? perplexityOf(objective, summary, setting)
      : estimateOf(objective, summary, setting, 'constraints');
  return comparison === '<=' ? value <= limit : value >= limit;
}

/** @throws InvalidOptionError if it is not measured. */
export function objectiveValueOf(
  objective: Objective,
  summary: SweepSummary,
  setting: string,
): number {
  return estimateOf(objective, summary, setting, 'objective');
}

function estimateOf(
  objective: Objective,
  summary: SweepSummary,
  setting: string,
  option: Naming,
): number {
  const { systems } = requireMetric(objective, summary, option);
  return systems.find(({ system }) => system === setting)!.value.estimate;
}

/** @throws InvalidOptionError if no task has the metric, or several have it and none is named. */
export function requireMetric(
  objective: Objective,
  { tasks }: SweepSummary,
  option: Naming = 'objective',
): MetricSummary {
  const named = tasks.flatMap(({ task, metrics }) => metrics.map((metric) => ({ task, metric })));
  const found = named.filter(
    ({ task, metric }) =>
      metric.metric === objective.metric && (objective.task === null || objective.task === task),
  );
  if (found.length === 1) return found[0]!.metric;
  return refuse(
    option,
    objective,
    found.length,
    named.map(({ task, metric }) => `${task}/${metric.metric}`),
  );
}

function perplexityOf(objective: Objective, { tasks }: SweepSummary, setting: string): number {
  const texts = tasks.filter(
    ({ task, perplexity: measured }) =>
      measured.length > 0 && (objective.task === null || objective.task === task),
  );
  const [text] = texts;
  if (text === undefined || texts.length > 1) {
    const known = tasks.filter((task) => task.perplexity.length > 0).map(({ task }) => task);
    return refuse(
      'constraints',
      objective,
      texts.length,
      known.map((task) => `${task}/${perplexity}`),
    );
  }
  return text.perplexity.find(({ system }) => system === setting)!.perToken;
}

function refuse(
  option: Naming,
  objective: Objective,
  found: number,
  known: readonly string[],
): never {
  const fault = found === 0 ? 'is not measured' : `is measured on ${found} tasks`;
  const remedy = known.length === 0 ? 'there is no text' : `name one of ${known.join(', ')}`;
  throw new InvalidOptionError(option, `${showObjective(objective)} ${fault}: ${remedy}.`);
}
