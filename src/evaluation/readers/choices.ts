import type { EvaluationTask } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import type { JsonRecord } from './json-record.ts';
import { readPromptFields } from './prompt-fields.ts';
import { readRecordTask } from './record-task.ts';

/**
 * Multiple choice, one JSON object on each line: `question`, `prompt` or `messages`; `options` (texts);
 * `right` (indexes of the right ones from 0, the best first); optionally `id`.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 */
export function readChoices(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => {
    const options = record.texts('options');
    if (new Set(options).size < options.length) record.refuse('two "options" are the same.');
    const right = readRight(record, options.length);
    return {
      id: record.optionalText('id'),
      kind: 'choice',
      prompt: readPromptFields(record),
      options,
      right,
      best: right[0]!,
    };
  });
}

function readRight(record: JsonRecord, options: number): number[] {
  const right = record.indexes('right');
  const beyond = right.find((index) => index >= options);
  if (beyond !== undefined) {
    record.refuse(`"right" names option ${beyond}, but there are ${options}, counted from 0.`);
  }
  if (new Set(right).size < right.length) record.refuse('"right" names an option twice.');
  if (right.length === options) record.refuse('every option is right. Expected a wrong one.');
  return right;
}
