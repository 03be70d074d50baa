import path from 'node:path';

import { replaceFile } from '../../files/index.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import type { EvaluationSummary } from './summary.ts';

/**
 * Writes `report.html`, `report.md` and `summary.json` into an evaluation's directory.
 * @returns Their paths.
 */
export async function writeReports(
  directory: string,
  summary: EvaluationSummary,
): Promise<readonly string[]> {
  const reports = {
    'report.html': renderHtml(summary),
    'report.md': renderMarkdown(summary),
    'summary.json': `${JSON.stringify(summary, null, 2)}\n`,
  };
  const files = Object.entries(reports).map(
    ([name, text]) => [path.join(directory, name), text] as const,
  );
  for (const [file, text] of files) await replaceFile(file, text);
  return files.map(([file]) => file);
}
