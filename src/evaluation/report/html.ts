import type { DescribedSystem } from '../run/run-description.ts';
import type { VerdictKind } from '../verdict.ts';
import { axisEnd, renderBar } from './bar.ts';
import { html, SafeHtml } from './safe-html.ts';
import type { MetricSummary, SystemVerdict } from './metric-summary.ts';
import { stylesheet } from './stylesheet.ts';
import type { EvaluationSummary, GapSummary, TaskSummary } from './summary.ts';
import {
  failureLines,
  gapLines,
  metricTable,
  otherTables,
  readingNotes,
  reportTitle,
  runNote,
  showExamples,
  showItems,
  type ReportTable,
} from './tables.ts';

/** The report as one file of HTML that loads nothing and runs nothing. */
export function renderHtml(summary: EvaluationSummary): string {
  const { tasks, gaps } = summary;
  const title = reportTitle(summary);
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${title}</title>
        <style>
          ${new SafeHtml(stylesheet)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        ${readingNotes(summary).map((note) => html`<p class="note">${note}</p>`)}
        ${tasks.map(renderTask)} ${gaps.length === 0 ? '' : renderGaps(gaps)}
        ${renderDescription(summary)}
      </body>
    </html> `.text;
}

function renderTask(task: TaskSummary): SafeHtml {
  return html`<section>
    <h2>${task.task} <small>${showItems(task)}</small></h2>
    ${task.metrics.map((metric) => renderMetric(metric, task.items))}
    ${otherTables(task).map((table) => renderTable(table))}
    ${failureLines(task).map((line) => html`<p class="hurts">${line}</p>`)}
  </section> `;
}

function renderMetric(metric: MetricSummary, items: number): SafeHtml {
  const { systems, verdicts } = metric;
  const end = axisEnd(systems.map(({ value }) => value));
  const bars = systems.map(({ value }) => renderBar(value, end));
  return html`${renderTable(metricTable(metric, items), bars)}
    <ul class="verdicts">
      ${verdicts.map(renderVerdict)}
    </ul> `;
}

/** @param bars - Drawn behind the first cell of each row. */
function renderTable({ titles, rows }: ReportTable, bars: readonly SafeHtml[] = []): SafeHtml {
  const [title = '', ...others] = titles;
  const bar = (content: SafeHtml | string): SafeHtml | string =>
    bars.length === 0 ? '' : html`<td>${content}</td>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">${title}</th>
          ${bar('')}${others.map((other) => html`<th scope="col">${other}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(([first = '', ...cells], i) => {
          const figures = cells.map((cell) => html`<td>${cell}</td>`);
          return html`<tr>
            <th scope="row">${first}</th>
            ${bar(bars[i] ?? '')}${figures}
          </tr> `;
        })}
      </tbody>
    </table>
  </div> `;
}

const verdictClasses: Readonly<Record<VerdictKind, string>> = {
  helps: 'helps',
  hurts: 'hurts',
  'expert is better': 'open',
  'no evidence': 'open',
};

function renderVerdict({ system, kind, text }: SystemVerdict): SafeHtml {
  return html`<li>${system}: <strong class="${verdictClasses[kind]}">${text}</strong></li>`;
}

function renderGaps(gaps: readonly GapSummary[]): SafeHtml {
  return html`<section>
    <h2>Gap closed</h2>
    ${gaps.map((gap) => {
      const { total, parts } = gapLines(gap);
      const items = parts.map((part) => html`<li>${part}</li>`);
      return html`<p>${gap.system}: <strong>${total}</strong></p>
        <ul class="note">
          ${items}
        </ul> `;
    })}
  </section> `;
}

function renderDescription({ description, roles }: EvaluationSummary): SafeHtml {
  const { systems, tasks } = description;
  const rolesOf = ({ name, examples }: DescribedSystem): string =>
    [
      ...Object.entries(roles).flatMap(([role, system]) => (system === name ? role : [])),
      ...(examples === undefined ? [] : [`${showExamples(examples)}, ${examples.content}`]),
    ].join(', ');
  return html`<section>
    <h2>What was run</h2>
    <p class="note">${runNote(description)}</p>
    ${renderTable({
      titles: ['system', 'role', 'recipe', 'model', 'fingerprint', 'options'],
      rows: systems.map((system) => {
        const { name, recipe, only, fingerprint, options } = system;
        const role = rolesOf(system);
        return [name, role, recipe, only ?? 'composed', fingerprint, JSON.stringify(options)];
      }),
    })}
    ${renderTable({
      titles: ['task', 'items', 'hash of the items'],
      rows: tasks.map(({ name, items, content }) => [name, `${items}`, content]),
    })}
  </section>`;
}
