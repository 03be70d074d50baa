import { InvalidOptionError } from '../../spec/index.ts';
import type { EvaluationTask } from '../task.ts';
import { isChat, readChats } from './chats.ts';
import { readChoices } from './choices.ts';
import { readCloze } from './cloze.ts';
import type { GroupingField } from './group-field.ts';
import { gsm8kMark, readGsm8k } from './gsm8k.ts';
import { readHhRlhf } from './hh-rlhf.ts';
import { readHumanEval } from './human-eval.ts';
import { jsonRecord, type JsonRecord } from './json-record.ts';
import { readPlainText } from './plain-text.ts';
import { promptFields } from './prompt-fields.ts';
import { readQuestions, referenceFields } from './questions.ts';
import { filledLines } from './source-text.ts';
import { isTruthfulQaHeader, readTruthfulQa } from './truthful-qa.ts';

/** Reads a file's text; `file` is its path, for messages and the task's name. */
type TaskReader = (text: string, file: string, groupBy?: GroupingField) => EvaluationTask;

export interface ReadTaskOptions {
  /**
   * Field of a record, or column of a table, that names the group of its item; every one must have it.
   * By default it is `group`, where there is one.
   */
  readonly groupBy?: string | undefined;
}

/** Readers by the name of what they read. */
const readers = {
  questions: readQuestions,
  chats: readChats,
  gsm8k: readGsm8k,
  'truthful-qa': readTruthfulQa,
  'human-eval': readHumanEval,
  'hh-rlhf': readHhRlhf,
  choices: readChoices,
  cloze: readCloze,
  text: readPlainText,
} as const satisfies Readonly<Record<string, TaskReader>>;

export type TaskFormat = keyof typeof readers;

export const taskFormats = Object.keys(readers) as readonly TaskFormat[];

/**
 * Reads a task, in the format that is named or, without one, that its first line shows.
 * @param file - Its path, for messages and the task's name; nothing is read from it.
 * @throws InvalidOptionError for an unknown format; `file:line: …` for what is not of the format; for a
 *   file without items.
 */
export function readTask(
  text: string,
  file: string,
  format?: string,
  { groupBy }: ReadTaskOptions = {},
): EvaluationTask {
  return readers[format === undefined ? recogniseFormat(text, file) : requireFormat(format)](
    text,
    file,
    groupBy,
  );
}

/**
 * The format of a file, by its first line that is not blank: a JSON object's fields, or TruthfulQA's
 * header. Anything else is plain text if the file's name ends in `.txt` or `.md`.
 * @throws InvalidOptionError listing the formats if it is none; for a file without lines.
 */
export function recogniseFormat(text: string, file: string): TaskFormat {
  const first = filledLines(text)[0];
  if (first === undefined) {
    throw new InvalidOptionError(file, `${file} is empty: a task needs at least one item.`);
  }
  if (/\.(?:txt|md)$/i.test(file)) return 'text';
  if (isTruthfulQaHeader(first.text)) return 'truthful-qa';
  const format = first.text.trimStart().startsWith('{')
    ? formatOf(jsonRecord(first, file))
    : undefined;
  if (format !== undefined) return format;
  throw new InvalidOptionError(
    'format',
    `${file}:${first.number}: its format is not recognised. Name it: one of ${taskFormats.join(', ')}.`,
  );
}

function formatOf(record: JsonRecord): TaskFormat | undefined {
  return recordFormats.find(({ is }) => is(record))?.format;
}

/** The first that fits is taken. */
const recordFormats: readonly {
  readonly format: TaskFormat;
  readonly is: (record: JsonRecord) => boolean;
}[] = [
  { format: 'hh-rlhf', is: (record) => record.has('chosen') && record.has('rejected') },
  { format: 'human-eval', is: (record) => record.has('prompt') && record.has('test') },
  { format: 'choices', is: (record) => record.has('options') },
  { format: 'cloze', is: (record) => record.has('text') && record.has('right') },
  {
    format: 'gsm8k',
    is: (record) =>
      record.has('question') && record.has('answer') && record.text('answer').includes(gsm8kMark),
  },
  { format: 'chats', is: isChat },
  {
    format: 'questions',
    is: (record) =>
      promptFields.some((field) => record.has(field)) &&
      referenceFields.some((field) => record.has(field)),
  },
];

function requireFormat(format: string): TaskFormat {
  const known = taskFormats.find((name) => name === format);
  if (known !== undefined) return known;
  throw new InvalidOptionError(
    'format',
    `There is no format ${JSON.stringify(format)}: it is one of ${taskFormats.join(', ')}.`,
  );
}
