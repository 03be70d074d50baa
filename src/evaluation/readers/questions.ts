import { answerMetrics, type AnswerMetricName } from '../metrics/answer-metrics.ts';
import type { EvaluationTask } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import type { JsonRecord } from './json-record.ts';
import { readPromptFields } from './prompt-fields.ts';
import { readRecordTask } from './record-task.ts';

/** Fields of a record of which one gives the right answers. */
export const referenceFields = ['answer', 'answers', 'references'] as const;

const defaultMetrics: readonly AnswerMetricName[] = ['exact-match', 'contains'];

/**
 * Questions with their answers, one JSON object on each line: `question`, `prompt` or `messages`;
 * `answer` (a text) or `answers` or `references` (texts, each right by itself); optionally `id` and
 * `metrics` (by default `exact-match` and `contains`). Other fields are ignored.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 */
export function readQuestions(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => ({
    id: record.optionalText('id'),
    kind: 'generate',
    prompt: readPromptFields(record),
    references: readReferences(record),
    metrics: record.has('metrics') ? record.texts('metrics').map(toMetric(record)) : defaultMetrics,
  }));
}

export function readReferences(record: JsonRecord): string[] {
  const field = record.oneOf(referenceFields);
  return field === 'answer' ? [record.text(field)] : record.texts(field);
}

function toMetric(record: JsonRecord): (name: string) => AnswerMetricName {
  return (name) =>
    isMetric(name)
      ? name
      : record.refuse(
          `there is no metric ${JSON.stringify(name)}. Expected one of ${Object.keys(answerMetrics).join(', ')}.`,
        );
}

function isMetric(name: string): name is AnswerMetricName {
  return Object.hasOwn(answerMetrics, name);
}
