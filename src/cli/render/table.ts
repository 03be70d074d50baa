import { cellWidth, padEnd, padStart } from './width.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export function rightAligned(title: string): TableColumn {
  return { title, align: 'right' };
}

/** Lines of a table without boxes; two spaces between columns, nothing behind the last. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  styleTitle: (title: string) => string = (title) => title,
): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(cellWidth(title), ...rows.map((row) => cellWidth(row[i] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, i) => (align === 'right' ? padStart : padEnd)(cells[i] ?? '', widths[i]!))
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => styleTitle(title))), ...rows.map(line)];
}

/** Lines of `name  value`, the values below each other. */
export function renderPairs(
  pairs: readonly (readonly [name: string, value: string])[],
  styleName: (name: string) => string = (name) => name,
): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => cellWidth(name)));
  return pairs.map(([name, value]) => `${padEnd(styleName(name), width)}  ${value}`.trimEnd());
}
