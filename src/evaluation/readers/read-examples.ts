import { InvalidOptionError } from '../../spec/index.ts';
import { questionOf, type Example } from '../example.ts';
import type { EvaluationItem } from '../task.ts';
import { jsonRecords, type JsonRecord } from './json-record.ts';
import { readTask, recogniseFormat, type TaskFormat } from './read-task.ts';

/** Formats whose items do not hold the whole answer. */
const workedAnswers: Partial<Readonly<Record<TaskFormat, (record: JsonRecord) => Example>>> = {
  gsm8k: (record) => ({ question: record.text('question'), answer: record.text('answer') }),
  'human-eval': (record) => ({
    question: record.text('prompt'),
    answer: record.text('canonical_solution'),
  }),
};

/**
 * The first items of a file as examples, in its format: questions with their first answer, GSM8K with
 * the answer worked out, choices with the best option, continuations with the right one, conversations
 * with the chosen answer, programs with their `canonical_solution`.
 * @param count - How many, at least 1.
 * @throws InvalidOptionError for fewer items than that; for one without an answer, or of several turns;
 *   for plain text; what `readTask` throws.
 */
export function readExamples(
  text: string,
  file: string,
  count: number,
  format: TaskFormat = recogniseFormat(text, file),
): Example[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidOptionError('count', `count must be an integer of at least 1, not ${count}.`);
  }
  const worked = workedAnswers[format];
  const { items } = readTask(text, file, format);
  if (items.length < count) {
    throw new InvalidOptionError(
      'count',
      `${file} has ${items.length} items, of which ${count} examples are asked for.`,
    );
  }
  return worked === undefined
    ? items.slice(0, count).map((item) => toExample(item, file))
    : jsonRecords(text, file).slice(0, count).map(worked);
}

function toExample(item: EvaluationItem, file: string): Example {
  const question = questionOf(item);
  const answer = answerOf(item);
  if (question !== null && answer !== undefined) return { question, answer };
  throw new InvalidOptionError(
    file,
    `${file}: ${item.id} is no example, which is one question with its answer: it has ` +
      `${answer === undefined ? 'no answer' : 'several turns'}.`,
  );
}

function answerOf(item: EvaluationItem): string | undefined {
  if (item.kind === 'generate') return item.references[0];
  if (item.kind === 'choice') return item.options[item.best];
  if (item.kind === 'cloze') return item.right;
  if (item.kind === 'answer') return item.answer;
  return item.kind === 'pair' ? item.chosen : undefined;
}
