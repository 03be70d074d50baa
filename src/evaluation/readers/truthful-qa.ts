import Papa from 'papaparse';

import { createTask, type EvaluationTask, type ItemDraft } from '../task.ts';
import { groupField, type GroupingField } from './group-field.ts';
import { readRows } from './skipped-rows.ts';
import { plainLines, refuseLine, taskName } from './source-text.ts';

/** Columns that are read; others are ignored. */
const columns = ['Question', 'Best Answer', 'Correct Answers', 'Incorrect Answers'] as const;

type Column = (typeof columns)[number];

/** A row of the table and the line it begins on. */
interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The column that names the group of a row. */
interface GroupColumn {
  readonly name: string;
  readonly place: number;
}

/**
 * TruthfulQA's CSV: one multiple-choice item for each question, its options the correct answers and then
 * the incorrect ones (lists separated by `;`), as its MC1 and MC2 use them. Answers get a full stop
 * where they lack one; a best answer that is not among the correct ones is added to them. `Category` is
 * a column to group by. A few rows that are no items are skipped.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 * @see Lin et al. 2022, "TruthfulQA", arXiv:2109.07958
 */
export function readTruthfulQa(
  text: string,
  file: string,
  groupBy?: GroupingField,
): EvaluationTask {
  const [header, ...table] = parseRows(plainLines(text), file);
  const places = findColumns(header, file);
  const group = findGroupColumn(header!, groupBy, file);
  const { rows, drafts, skipped } = readRows(table, (row) => toItem(row, places, group, file));
  return createTask(taskName(file), drafts, (i) => `${file}:${rows[i]!.line}`, skipped);
}

/** Whether a line is the header of such a table. */
export function isTruthfulQaHeader(line: string): boolean {
  const cells = Papa.parse<string[]>(line, { delimiter: ',' }).data[0] ?? [];
  return columns.every((column) => cells.includes(column));
}

/** Rows that are not blank. Quotes are those of RFC 4180. */
function parseRows(text: string, file: string): Row[] {
  const rows: Row[] = [];
  let line = 1;
  let start = 0;
  Papa.parse<string[]>(text, {
    delimiter: ',',
    newline: '\n',
    step: ({ data, errors, meta }) => {
      const [error] = errors;
      if (error !== undefined) refuseLine(file, line, `${error.message}. Expected CSV (RFC 4180).`);
      if (data.some((cell) => cell.trim() !== '')) rows.push({ line, cells: data });
      line += text.slice(start, meta.cursor).split('\n').length - 1;
      start = meta.cursor;
    },
  });
  return rows;
}

function findColumns(header: Row | undefined, file: string): Readonly<Record<Column, number>> {
  const cells = header?.cells ?? [];
  const missing = columns.filter((column) => !cells.includes(column));
  if (missing.length > 0) {
    const expected = `Expected a header with ${columns.join(', ')}.`;
    refuseLine(file, header?.line ?? 1, `has no column ${missing.join(', ')}. ${expected}`);
  }
  const place = (column: Column): number => cells.indexOf(column);
  return {
    Question: place('Question'),
    'Best Answer': place('Best Answer'),
    'Correct Answers': place('Correct Answers'),
    'Incorrect Answers': place('Incorrect Answers'),
  };
}

/** @returns `null` where items have no groups. */
function findGroupColumn(
  { line, cells }: Row,
  groupBy: GroupingField,
  file: string,
): GroupColumn | null {
  const name = groupBy ?? groupField;
  const place = cells.indexOf(name);
  if (place >= 0) return { name, place };
  if (groupBy === undefined) return null;
  return refuseLine(file, line, `has no column ${name}. It has ${cells.join(', ')}.`);
}

function toItem(
  { line, cells }: Row,
  places: Readonly<Record<Column, number>>,
  group: GroupColumn | null,
  file: string,
): ItemDraft {
  const filled = (place: number, column: string): string => {
    const text = cells[place]?.trim() ?? '';
    return text === '' ? refuseLine(file, line, `"${column}" is blank. Expected a text.`) : text;
  };
  const cell = (column: Column): string => filled(places[column], column);
  const best = ended(cell('Best Answer'));
  const listed = toList(cell('Correct Answers'));
  const right = listed.includes(best) ? listed : [best, ...listed];
  const wrong = toList(cell('Incorrect Answers'));
  const both = right.find((answer) => wrong.includes(answer));
  if (both !== undefined) {
    refuseLine(file, line, `${JSON.stringify(both)} is both correct and incorrect.`);
  }
  if (wrong.length === 0) refuseLine(file, line, '"Incorrect Answers" names none. Expected one.');
  return {
    kind: 'choice',
    prompt: cell('Question'),
    options: [...right, ...wrong],
    right: right.map((_, i) => i),
    best: right.indexOf(best),
    group: group === null ? undefined : filled(group.place, group.name),
  };
}

/** `a; b; a` → `a.`, `b.` */
function toList(answers: string): string[] {
  const parts = answers.split(';').map((answer) => answer.trim());
  return [...new Set(parts.filter((answer) => answer !== '').map(ended))];
}

function ended(answer: string): string {
  return answer.endsWith('.') ? answer : `${answer}.`;
}
