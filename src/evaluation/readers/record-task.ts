import { createTask, type EvaluationTask, type ItemDraft } from '../task.ts';
import { groupField, type GroupingField } from './group-field.ts';
import { jsonRecords, type JsonRecord } from './json-record.ts';
import { taskName } from './source-text.ts';

/**
 * The task of a JSONL file: one item for each record.
 * @param groupBy - Field of a record that names its group; by default `group`, where there is one.
 * @throws InvalidOptionError `file:line: …`
 */
export function readRecordTask(
  text: string,
  file: string,
  groupBy: GroupingField,
  toItem: (record: JsonRecord) => ItemDraft,
): EvaluationTask {
  const records = jsonRecords(text, file);
  const drafts = records.map((record): ItemDraft => ({
    ...toItem(record),
    group: readGroup(record, groupBy),
  }));
  return createTask(taskName(file), drafts, (i) => `${file}:${records[i]!.line}`);
}

function readGroup(record: JsonRecord, groupBy: GroupingField): string | undefined {
  const isExpected = groupBy !== undefined || record.has(groupField);
  return isExpected ? record.label(groupBy ?? groupField) : undefined;
}
