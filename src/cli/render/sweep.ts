import {
  groupNotes,
  showRange,
  showShare,
  showSteering,
  scheduleNotes,
  showValue,
  steeringTitle,
  type SweepPoint,
  type SweepReport,
  type TaskSummary,
} from '../../evaluation/index.ts';
import { escapeLine } from './escape.ts';
import type { Palette } from './palette.ts';
import { renderTable, type TableColumn } from './table.ts';

/** A column of figures, one for each setting. */
interface MetricColumn {
  readonly title: string;
  readonly figures: readonly string[];
}

/** The settings of a sweep with all of their metrics, the Pareto-optimal ones marked. */
export function renderSweep(summary: SweepReport, palette: Palette): string[] {
  const { points, tasks, objectives, level, schedules } = summary;
  const settings = points.map(({ setting }) => setting);
  const columns = tasks.flatMap((task) => columnsOf(task, settings));
  const titles: TableColumn[] = ['', 'setting', ...columns.map(({ title }) => title)].map(
    (title) => ({ title }),
  );
  const rowOf = ({ setting, isParetoOptimal }: SweepPoint, i: number): string[] => [
    isParetoOptimal ? palette.good('*') : ' ',
    isParetoOptimal ? palette.bold(setting) : setting,
    ...columns.map(({ figures }) => figures[i]!),
  ];
  const traded = objectives.map(({ task, metric }) => `${metric} of ${escapeLine(task)}`);
  return [
    ...renderTable(titles, points.map(rowOf), palette.dim),
    '',
    palette.dim(`* no other setting is as good in all of these and better in one:`),
    palette.dim(`  ${traded.join(', ')}`),
    palette.dim(`  brackets hold ${showShare(level)} intervals; the mark compares estimates`),
    ...[...scheduleNotes({ schedules }), ...groupNotes(tasks)].map((note) =>
      palette.dim(`  ${escapeLine(note)}`),
    ),
  ];
}

function columnsOf(
  { task, metrics, steering, perplexity }: TaskSummary,
  settings: readonly string[],
): MetricColumn[] {
  return [
    ...metrics.map(({ metric, lowerIsBetter, systems }) => ({
      title: `${escapeLine(task)}: ${metric}${lowerIsBetter ? ' ↓' : ''}`,
      figures: systems.map(({ value }) => `${showValue(value.estimate)} ${showRange(value)}`),
    })),
    ...steering.map((measure) => ({
      title: steeringTitle(measure),
      figures: settings.map((setting) => showSteering(measure, setting)),
    })),
    ...(perplexity.length === 0
      ? []
      : [
          { title: 'perplexity ↓', figures: perplexity.map(({ perToken }) => perToken.toFixed(2)) },
        ]),
  ];
}
