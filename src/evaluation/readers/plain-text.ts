import { InvalidOptionError } from '../../spec/index.ts';
import { createTask, type EvaluationTask } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import { plainLines, taskName } from './source-text.ts';

/**
 * Plain text for perplexity: each paragraph, ended by a blank line, is one item.
 * @throws InvalidOptionError for a paragraph that occurs twice; for an empty file; for a field to group by.
 */
export function readPlainText(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  if (groupBy !== undefined) {
    throw new InvalidOptionError(
      'groupBy',
      `${file} is plain text, whose paragraphs have no field ${JSON.stringify(groupBy)}.`,
    );
  }
  const paragraphs: { line: number; text: string }[] = [];
  let isOpen = false;
  for (const [i, line] of plainLines(text).split('\n').entries()) {
    const isBlank = line.trim() === '';
    if (!isBlank && isOpen) paragraphs.at(-1)!.text += `\n${line}`;
    if (!isBlank && !isOpen) paragraphs.push({ line: i + 1, text: line });
    isOpen = !isBlank;
  }
  return createTask(
    taskName(file),
    paragraphs.map((paragraph) => ({ kind: 'text', text: paragraph.text })),
    (i) => `${file}:${paragraphs[i]!.line}`,
  );
}
