import {
  failureLines,
  gapLines,
  metricTable,
  otherTables,
  readingNotes,
  showItems,
  type EvaluationSummary,
  type ReportTable,
  type TaskSummary,
  type VerdictKind,
} from '../../evaluation/index.ts';
import { escapeLine } from './escape.ts';
import type { Palette } from './palette.ts';
import { renderTable, rightAligned } from './table.ts';

/** What an evaluation says, for a terminal. */
export function renderEvaluation(summary: EvaluationSummary, palette: Palette): string[] {
  return [
    ...summary.tasks.flatMap((task) => [...renderTask(task, palette), '']),
    ...summary.gaps.flatMap((gap) => {
      const { total, parts } = gapLines(gap);
      const title = `${palette.bold('gap closed')} by ${escapeLine(gap.system)}: ${total}`;
      return [title, ...parts.map((part) => palette.dim(`  ${escapeLine(part)}`)), ''];
    }),
    ...readingNotes(summary).map((note) => palette.dim(escapeLine(note))),
  ];
}

function renderTask(task: TaskSummary, palette: Palette): string[] {
  const { bad, bold, dim } = palette;
  const blocks = [
    ...task.metrics.map((metric) => [
      ...drawTable(metricTable(metric, task.items), dim),
      ...metric.verdicts.map(
        ({ system, kind, text }) => `${escapeLine(system)}: ${verdictStyle(kind, palette)(text)}`,
      ),
    ]),
    ...otherTables(task).map((table) => drawTable(table, dim)),
    failureLines(task).map((line) => bad(escapeLine(line))),
  ];
  return [
    `${bold(escapeLine(task.task))}  ${dim(showItems(task))}`,
    ...blocks.flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines])),
  ];
}

function drawTable({ titles, rows }: ReportTable, dim: (text: string) => string): string[] {
  const [title = '', ...others] = titles;
  return renderTable(
    [{ title }, ...others.map(rightAligned)],
    rows.map((row) => row.map(escapeLine)),
    dim,
  );
}

function verdictStyle(kind: VerdictKind, { good, bad, warn }: Palette): (text: string) => string {
  if (kind === 'helps') return good;
  return kind === 'hurts' ? bad : warn;
}
