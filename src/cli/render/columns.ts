import { cellWidth, padEnd } from './width.ts';
import { wrapText } from './wrap.ts';

/** A text under a title, with a line of figures below it. */
export interface TextColumn {
  readonly title: string;
  /** Escaped, without colours. */
  readonly text: string;
  readonly footer: readonly string[];
}

export interface ColumnStyle {
  readonly title: (title: string) => string;
  readonly footer: (footer: string) => string;
}

const gap = 3;
const leastWidth = 26;
const mostWidth = 60;

/** Lines of blocks side by side, as many as fit, in bands below each other; stacked where none fit. */
export function renderBlocks(
  blocks: readonly TextColumn[],
  width: number,
  style: ColumnStyle,
): string[] {
  const fitting = Math.max(1, Math.floor((width + gap) / (leastWidth + gap)));
  const bands = Math.ceil(blocks.length / fitting);
  const perBand = Math.ceil(blocks.length / bands);
  const columnWidth = Math.min(mostWidth, Math.floor((width + gap) / perBand) - gap);
  const lines: string[] = [];
  for (let start = 0; start < blocks.length; start += perBand) {
    if (start > 0) lines.push('');
    lines.push(...renderBand(blocks.slice(start, start + perBand), columnWidth, style));
  }
  return lines;
}

function renderBand(blocks: readonly TextColumn[], width: number, style: ColumnStyle): string[] {
  const cells = blocks.map(({ text }) => wrapText(text, width));
  const footers = blocks.map(({ footer }) => footer.flatMap((line) => wrapText(line, width)));
  return [
    ...besideEachOther(
      blocks.map(({ title }) => wrapText(title, width).map(style.title)),
      width,
    ),
    ...besideEachOther(cells, width),
    ...besideEachOther(
      footers.map((lines) => lines.map(style.footer)),
      width,
    ),
  ];
}

function besideEachOther(columns: readonly (readonly string[])[], width: number): string[] {
  const height = Math.max(...columns.map((column) => column.length));
  return Array.from({ length: height }, (_, row) =>
    columns
      .map((column) => padEnd(column[row] ?? '', width))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** Terminal rows that lines take at a width, when the terminal breaks those that are too long. */
export function physicalRows(lines: readonly string[], width: number): number {
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(cellWidth(line) / width)), 0);
}
