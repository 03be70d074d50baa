import type { MetricSummary } from './metric-summary.ts';
import type { EvaluationSummary, GapSummary, TaskSummary } from './summary.ts';
import {
  failureLines,
  gapLines,
  metricTable,
  otherTables,
  readingNotes,
  reportTitle,
  runNote,
  showItems,
  type ReportTable,
} from './tables.ts';

/** The report as Markdown, with tables. */
export function renderMarkdown(summary: EvaluationSummary): string {
  const { description, tasks, gaps } = summary;
  const blocks = [
    `# ${escapeMarkdown(reportTitle(summary))}`,
    `${runNote(description)}. ${readingNotes(summary).join(' ')}`,
    ...tasks.flatMap(renderTask),
    ...(gaps.length === 0 ? [] : ['## Gap closed', ...gaps.map(renderGap)]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function renderTask(task: TaskSummary): string[] {
  const failures = failureLines(task).map((line) => `- ${escapeMarkdown(line)}`);
  return [
    `## ${escapeMarkdown(task.task)}`,
    `${showItems(task)}.`,
    ...task.metrics.flatMap((metric) => renderMetric(metric, task.items)),
    ...otherTables(task).map(renderTable),
    ...(failures.length === 0 ? [] : [failures.join('\n')]),
  ];
}

function renderMetric(metric: MetricSummary, items: number): string[] {
  const table = renderTable(metricTable(metric, items));
  const verdicts = metric.verdicts.map(
    ({ system, text }) => `- ${escapeMarkdown(system)}: **${escapeMarkdown(text)}**`,
  );
  return verdicts.length === 0 ? [table] : [table, verdicts.join('\n')];
}

function renderGap(gap: GapSummary): string {
  const { total, parts } = gapLines(gap);
  return [
    `- ${escapeMarkdown(gap.system)}: **${total}**`,
    ...parts.map((part) => `  - ${escapeMarkdown(part)}`),
  ].join('\n');
}

function renderTable({ titles, rows }: ReportTable): string {
  return [renderRow(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(renderRow)].join(
    '\n',
  );
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}

/** Text on one line, without what Markdown would read as its own. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_{}[\]<>#|!~&]/g, String.raw`\$&`);
}
