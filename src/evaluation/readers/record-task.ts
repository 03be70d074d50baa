import { createTask, type EvaluationTask, type ItemDraft } from '../task.ts';
import { jsonRecords, type JsonRecord } from './json-record.ts';
import { taskName } from './source-text.ts';

/** The task of a JSONL file: one item for each record. @throws InvalidOptionError `file:line: …` */
export function readRecordTask(
  text: string,
  file: string,
  toItem: (record: JsonRecord) => ItemDraft,
): EvaluationTask {
  const records = jsonRecords(text, file);
  return createTask(taskName(file), records.map(toItem), (i) => `${file}:${records[i]!.line}`);
}
