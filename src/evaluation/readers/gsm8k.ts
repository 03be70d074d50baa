import { lastNumber } from '../metrics/final-number.ts';
import type { EvaluationTask } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import type { JsonRecord } from './json-record.ts';
import { readRecordTask } from './record-task.ts';

/** What comes before the number that an answer ends with. */
export const gsm8kMark = '####';

/**
 * GSM8K: `question`, and an `answer` that works it out and ends with `#### 42`; scored by the last
 * number.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 * @see Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems", arXiv:2110.14168
 */
export function readGsm8k(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => ({
    id: record.optionalText('id'),
    kind: 'generate',
    prompt: record.text('question'),
    references: [readResult(record)],
    metrics: ['final-number'],
  }));
}

function readResult(record: JsonRecord): string {
  const answer = record.text('answer');
  const mark = answer.lastIndexOf(gsm8kMark);
  const result = mark < 0 ? '' : answer.slice(mark + gsm8kMark.length).trim();
  if (lastNumber(result) !== null) return result;
  return record.refuse(`"answer" has no result. Expected it to end with "${gsm8kMark} 42".`);
}
