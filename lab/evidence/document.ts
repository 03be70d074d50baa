// Where the numbers are written down: docs/evidence.json, and the generated part of docs/evidence.md.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { writeFigure } from '../shared/plot.ts';
import { plotEvidence } from './figure.ts';
import type { EvidenceResults } from './results.ts';
import { showEvidence } from './report.ts';

const begin = '<!-- Written by npm run lab -- evidence: from here … -->';
const end = '<!-- … to here. -->';

const figure = '![What strengths of steering gain and cost, in each regime](figures/evidence.svg)';

/** Digits behind the point: rounding of sums in another order does not reach them. */
const digits = 6;

export function evidenceFile(folder: string): string {
  return path.join(folder, 'evidence.json');
}

/** @param folder - Of `evidence.md`, which has the marks of the part that is replaced. */
export async function writeEvidence(folder: string, results: EvidenceResults): Promise<void> {
  const page = path.join(folder, 'evidence.md');
  const part = `${figure}\n\n${showEvidence(results)}`;
  const text = replacePart(await readFile(page, 'utf8'), page, part);
  await writeFigure('evidence', plotEvidence(results), folder);
  await writeFile(evidenceFile(folder), toJson(results));
  await writeFile(page, text);
}

/** An interval to a line. */
export function toJson(results: EvidenceResults): string {
  const round = (_: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(digits)) : value;
  const json = JSON.stringify(results, round, 2);
  return `${json.replaceAll(/\{\s+("estimate": .+)\s+("from": .+)\s+("to": .+)\s+\}/g, '{ $1 $2 $3 }')}\n`;
}

function replacePart(text: string, page: string, part: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} lacks the lines ${begin} and ${end}.`);
  return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
}
