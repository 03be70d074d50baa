// A small multiple line chart as SVG, legible on light and on dark pages.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Interval } from '../../src/evaluation/index.ts';
import { docsFolder } from './recipes.ts';

export interface PlotPoint extends Interval {
  readonly x: number;
}

export interface PlotLine {
  readonly name: string;
  readonly points: readonly PlotPoint[];
}

export interface PlotPanel {
  readonly title: string;
  readonly lines: readonly PlotLine[];
}

const columns = 3;
const panel = { width: 270, height: 190, left: 38, right: 10, top: 28, bottom: 30 };
/** Of a legend of one row with its caption; another row takes `legendRow` more. */
const legendHeight = 44;
const legendRow = 18;
const legendLeft = 12;
/** Colours of middling lightness, for people who see few of them too; dashes for lines that coincide. */
const strokes = [
  { colour: '#d55e00', dashes: 'none' },
  { colour: '#009e73', dashes: '7 4' },
  { colour: '#0a84d6', dashes: '2 3' },
  { colour: '#b8860b', dashes: 'none' },
  { colour: '#8a8a8a', dashes: 'none' },
  { colour: '#c05fa0', dashes: 'none' },
] as const;
type Stroke = (typeof strokes)[number];
/** Marks of a scale: more would be hard to read. */
const mostMarks = 10;
/** Of a letter in the legend, generously. */
const letterWidth = 6.2;

const style = `
  text { font: 11px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .grid { stroke: #8883; }
  .line { fill: none; stroke-width: 1.8; }
  .band { opacity: 0.15; stroke: none; }
  @media (prefers-color-scheme: dark) { text { fill: #d8dee4; } }`;

export interface PlotOptions {
  /** What is read to whoever cannot see it. */
  readonly title: string;
  /** Below the legend: what goes across, and what the bands are. */
  readonly caption: string;
  /** Places of the scale across, from 0 to the last one. */
  readonly across: readonly number[];
}

/**
 * Panels in rows of three, every line with the band of its interval, and one legend for all: the names of
 * the first panel's lines. A line without points is not drawn.
 */
export function plotLines(
  panels: readonly PlotPanel[],
  { title, caption, across }: PlotOptions,
): string {
  const rows = Math.ceil(panels.length / columns);
  const width = columns * panel.width;
  const entries = placeEntries(
    panels[0]!.lines.map(({ name }) => name),
    width,
  );
  const height = rows * panel.height + legendHeight + entries.at(-1)!.row * legendRow;
  const drawn = panels.map((each, i) =>
    group(
      (i % columns) * panel.width,
      Math.floor(i / columns) * panel.height,
      drawPanel(each, across),
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${title}</title>`,
    `<style>${style}\n</style>`,
    ...drawn,
    group(0, rows * panel.height, drawLegend(entries, caption)),
    '</svg>\n',
  ].join('\n');
}

/** @param folder - That has, or gets, a folder `figures`. */
export async function writeFigure(name: string, svg: string, folder = docsFolder): Promise<void> {
  const figures = path.join(folder, 'figures');
  await mkdir(figures, { recursive: true });
  await writeFile(path.join(figures, `${name}.svg`), svg);
}

function drawPanel({ title, lines }: PlotPanel, across: readonly number[]): string {
  const points = lines.flatMap((line) => line.points);
  const highest = Math.max(...points.map(({ to }) => to));
  const lowest = Math.min(...points.map(({ from }) => from));
  const perUnit = [10, 5, 2].find((each) => (highest - lowest) * each <= mostMarks) ?? 1;
  const top = Math.ceil(perUnit * highest) / perUnit;
  const bottom = Math.min(Math.floor(perUnit * lowest), perUnit * top - 1) / perUnit;
  const last = across.at(-1)!;
  const x = (value: number) =>
    panel.left + (value / last) * (panel.width - panel.left - panel.right);
  const y = (value: number) =>
    panel.top + ((top - value) / (top - bottom)) * (panel.height - panel.top - panel.bottom);
  const marks = Array.from(
    { length: Math.round((top - bottom) * perUnit) + 1 },
    (_, i) => bottom + i / perUnit,
  );
  return [
    `<text class="title" x="${panel.left}" y="16">${title}</text>`,
    ...marks.map(
      (mark) =>
        `<line class="grid" x1="${panel.left}" x2="${panel.width - panel.right}" ` +
        `y1="${show(y(mark))}" y2="${show(y(mark))}"/>` +
        `<text x="${panel.left - 6}" y="${show(y(mark) + 4)}" text-anchor="end">${mark.toFixed(1)}</text>`,
    ),
    ...across.map(
      (count) =>
        `<text x="${show(x(count))}" y="${panel.height - 12}" text-anchor="middle">${count}</text>`,
    ),
    ...lines.flatMap((line, i) =>
      line.points.length === 0 ? [] : [drawLine(line, strokes[i]!, x, y)],
    ),
  ].join('\n');
}

function drawLine(
  { points }: PlotLine,
  { colour, dashes }: Stroke,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const places = (pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([a, b]) => `${show(x(a))},${show(y(b))}`).join(' ');
  const upper = points.map((point) => [point.x, point.to] as const);
  const lower = points.toReversed().map((point) => [point.x, point.from] as const);
  const middle = points.map((point) => [point.x, point.estimate] as const);
  return (
    `<polygon class="band" fill="${colour}" points="${places([...upper, ...lower])}"/>` +
    `<polyline class="line" stroke="${colour}" stroke-dasharray="${dashes}" points="${places(middle)}"/>`
  );
}

/** Where the entries of a legend stand, in rows as wide as the figure. */
function placeEntries(names: readonly string[], width: number) {
  let [left, row] = [legendLeft, 0];
  return names.map((name) => {
    const drawn = 27 + letterWidth * name.length;
    if (left > legendLeft && left + drawn > width) [left, row] = [legendLeft, row + 1];
    const place = { name, left, row };
    left += drawn + 23;
    return place;
  });
}

function drawLegend(entries: ReturnType<typeof placeEntries>, caption: string): string {
  const drawn = entries.map(({ name, left, row }, i) => {
    const { colour, dashes } = strokes[i]!;
    const y = row * legendRow;
    return (
      `<line class="line" stroke="${colour}" stroke-dasharray="${dashes}" ` +
      `x1="${show(left)}" x2="${show(left + 22)}" y1="${8 + y}" y2="${8 + y}"/>` +
      `<text x="${show(left + 27)}" y="${12 + y}">${name}</text>`
    );
  });
  const below = 34 + entries.at(-1)!.row * legendRow;
  return [...drawn, `<text x="${legendLeft}" y="${below}">${caption}</text>`].join('\n');
}

function group(x: number, y: number, content: string): string {
  return `<g transform="translate(${x} ${y})">\n${content}\n</g>`;
}

function show(value: number): string {
  return value.toFixed(1);
}
