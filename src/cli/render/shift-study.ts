import {
  scheduleNotes,
  type PositionGroup,
  type ShiftReport,
  type ShiftStudy,
  type ShiftSummary,
} from '../../evaluation/index.ts';
import { escapeLine } from './escape.ts';
import { formatInteger, formatPercent, formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';
import { renderTable, rightAligned } from './table.ts';
import { renderSteered } from './steering.ts';
import { quoteToken } from './trace-table.ts';

/** Means over the tokens of answers: by kind, by place, and those that moved most. */
export function renderShiftStudy(study: ShiftReport, palette: Palette): string[] {
  const { answers, all, kinds, positions, moved, schedules, steeredTokens } = study;
  const tableOf = (title: string, rows: readonly (readonly [string, ShiftSummary])[]): string[] =>
    renderTable(
      [{ title }, ...figureTitles.map(rightAligned)],
      rows.map(([name, summary]) => [name, ...figures(summary)]),
      palette.dim,
    );
  return [
    ...tableOf('kind', [
      ...kinds.map((group) => [escapeLine(group.kind), group] as const),
      [`all of ${formatInteger(answers)} answers`, all],
    ]),
    '',
    ...tableOf(
      'place in the answer',
      positions.map((group, i) => [placesOf(group, positions[i + 1]), group]),
    ),
    ...(moved.length === 0
      ? []
      : ['', ...renderTable(movedColumns, moved.map(movedRow), palette.dim)]),
    '',
    palette.dim('Δp: probability of the chosen token, steered less base · KL: nats a token'),
    palette.dim("changed: places where another token than the base's is the most probable one"),
    ...scheduleNotes({ schedules }).map((note) => palette.dim(escapeLine(note))),
    ...(steeredTokens === undefined
      ? []
      : [palette.dim(`steered: ${renderSteered(steeredTokens, all.count)}`)]),
  ];
}

const figureTitles = ['tokens', 'Δp', 'KL', 'changed'];

const movedColumns = [
  { title: 'moved most' },
  ...figureTitles.map(rightAligned),
  { title: 'where it moved most' },
];

function movedRow({ text, after, ...summary }: ShiftStudy['moved'][number]): string[] {
  return [quoteToken(text), ...figures(summary), escapeLine(`${after.trimStart()}…`)];
}

function figures({ count, probability, kl, changed }: ShiftSummary): string[] {
  return [
    formatInteger(count),
    formatSigned(probability, 3),
    kl.toFixed(2),
    formatPercent(changed),
  ];
}

/** `1`, `3–4`, `65 and on`: counted from 1. */
function placesOf({ from }: PositionGroup, next: PositionGroup | undefined): string {
  if (next === undefined) return `${from + 1} and on`;
  return next.from === from + 1 ? `${from + 1}` : `${from + 1}–${next.from}`;
}
