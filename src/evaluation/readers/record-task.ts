import { createTask, type EvaluationTask, type ItemDraft } from '../task.ts';
import { groupField, type GroupingField } from './group-field.ts';
import { jsonRecord, type JsonRecord } from './json-record.ts';
import { readRows } from './skipped-rows.ts';
import { filledLines, taskName } from './source-text.ts';

/**
 * The task of a JSONL file: one item for each record. A few records that are none are skipped.
 * @param groupBy - Field of a record that names its group; by default `group`, where there is one.
 * @throws InvalidOptionError `file:line: …`
 */
export function readRecordTask(
  text: string,
  file: string,
  groupBy: GroupingField,
  toItem: (record: JsonRecord) => ItemDraft,
): EvaluationTask {
  const { rows, drafts, skipped } = readRows(filledLines(text), (line): ItemDraft => {
    const record = jsonRecord(line, file);
    return { ...toItem(record), group: readGroup(record, groupBy) };
  });
  return createTask(taskName(file), drafts, (i) => `${file}:${rows[i]!.number}`, skipped);
}

function readGroup(record: JsonRecord, groupBy: GroupingField): string | undefined {
  const isExpected = groupBy !== undefined || record.has(groupField);
  return isExpected ? record.label(groupBy ?? groupField) : undefined;
}
