import type { AnswerItem, EvaluationTask } from '../task.ts';
import { groupField, type GroupingField } from './group-field.ts';
import { jsonRecord, type JsonRecord } from './json-record.ts';
import { readPromptFields, readTurns } from './prompt-fields.ts';
import { readReferences, referenceFields } from './questions.ts';
import { readRecordTask } from './record-task.ts';
import { readRows } from './skipped-rows.ts';
import { filledLines } from './source-text.ts';

/** Whether a record is a conversation that ends with its answer, as models are tuned on. */
export function isChat(record: JsonRecord): boolean {
  return record.has('messages') && !hasReferences(record);
}

/**
 * Conversations with their answers, one JSON object on each line, as models are tuned on: `messages`, the last
 * of them the assistant's, which is the answer; optionally `id`. Other fields are ignored. What is measured is how
 * likely the answer is.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 */
export function readChats(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => ({
    id: record.optionalText('id'),
    kind: 'answer',
    ...readChat(record),
  }));
}

/** A prompt with the answer that is to be learned. */
export interface AnsweredConversation extends Pick<AnswerItem, 'prompt' | 'answer' | 'group'> {
  /** Where it is in its file, counted from 1. */
  readonly line: number;
}

/** What a file of conversations holds. */
export interface ReadConversations {
  readonly conversations: readonly AnsweredConversation[];
  /** Why other rows are none: `file:line: …`. */
  readonly skipped: readonly string[];
}

/**
 * What a model is to be tuned on, one JSON object on each line: `messages` that end with the answer, or a `question`, `prompt` or
 * `messages` with its `answer`, or the first of its `answers`.
 * @param groupBy - Field that names a conversation's group; by default `group`, where there is one.
 * @throws InvalidOptionError `file:line: …` for more than a few rows that are none.
 */
export function readConversations(
  text: string,
  file: string,
  groupBy?: GroupingField,
): ReadConversations {
  const { drafts, skipped } = readRows(filledLines(text), (line): AnsweredConversation => {
    const record = jsonRecord(line, file);
    const isGrouped = groupBy !== undefined || record.has(groupField);
    const group = isGrouped ? record.label(groupBy ?? groupField) : undefined;
    const chat = hasReferences(record)
      ? { prompt: readPromptFields(record), answer: readReferences(record)[0]! }
      : readChat(record);
    return { ...chat, ...(group !== undefined && { group }), line: line.number };
  });
  return { conversations: drafts, skipped };
}

function readChat(record: JsonRecord): Pick<AnswerItem, 'prompt' | 'answer'> {
  const messages = readTurns(record, 'assistant');
  return { prompt: { messages: messages.slice(0, -1) }, answer: messages.at(-1)!.content };
}

function hasReferences(record: JsonRecord): boolean {
  return referenceFields.some((field) => record.has(field));
}
