import type { ContextView } from '../../contexts/index.ts';
import type { Output } from '../output.ts';
import { renderTable, rightAligned } from './table.ts';

/** What was prepared for a context, and what became of it. */
export function renderContext(context: ContextView, out: Output): string[] {
  const { id, recipe, text, use, prepared } = context;
  const { answers, notes, states } = prepared;
  const { dim } = out.palette;
  const rows = answers.map(({ question, source, text: answer, passes }) => [
    out.plain(question),
    source,
    out.plain(answer.replace(/\s+/g, ' ').trim()),
    String(passes),
  ]);
  const columns = [
    { title: 'question' },
    { title: '' },
    { title: 'prepared answer' },
    rightAligned('passes'),
  ];
  return [
    `${id}: ${text.length} characters for ${recipe}`,
    ...(rows.length === 0 ? [dim('no answers are prepared')] : renderTable(columns, rows, dim)),
    ...(notes === null
      ? [dim('no notes')]
      : [
          `notes (${notes.text.length} characters, ${notes.passes} passes):`,
          ...notes.text.split('\n').map((line) => `  ${out.plain(line)}`),
        ]),
    `KV states: ${states ? 'kept on this machine' : 'none on this machine'}`,
    `asked ${use.asks} times, ${use.hits} of them foreseen; ` +
      `${use.accepted} of ${use.drafted} drafted tokens came; ${use.spent} passes spent, ${use.accepted} saved`,
  ];
}
