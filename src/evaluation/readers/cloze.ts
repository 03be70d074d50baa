import type { EvaluationTask } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import { readRecordTask } from './record-task.ts';

/**
 * What comes next, one JSON object on each line: `text` and its continuation `right` (with the space
 * between them); optionally `wrong` (continuations that must be less likely) and `id`.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 */
export function readCloze(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => {
    const right = record.text('right');
    const wrong = record.has('wrong') ? record.texts('wrong') : [];
    if (wrong.includes(right)) record.refuse('"right" is among "wrong" too.');
    return {
      id: record.optionalText('id'),
      kind: 'cloze',
      text: record.text('text'),
      right,
      wrong,
    };
  });
}
