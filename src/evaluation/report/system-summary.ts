import { distinctN } from '../metrics/distinct-n.ts';
import { tokensPerAnswer } from '../metrics/tokens-per-answer.ts';
import { answersOf, isFailed } from '../run/item-result.ts';
import type { ItemRecord } from '../run/result-log.ts';
import { mean } from '../statistics/mean.ts';

/** What a system's answers to a task took and are like. */
export interface SystemSummary {
  readonly system: string;
  /** Items that it could not answer, … */
  readonly failed: number;
  /** … and what happened to the first of them: `item: message`. */
  readonly firstFailure: string | null;
  /** `null` where nothing was generated. */
  readonly answers: AnswerSummary | null;
}

export interface AnswerSummary {
  readonly count: number;
  readonly tokensPerAnswer: number;
  /** Share that ended at the limit of tokens, 0 to 1. */
  readonly cutShort: number;
  readonly distinct1: number;
  readonly distinct2: number;
  /** Forward passes of each model, on average. */
  readonly forwardsPerAnswer: Readonly<Record<string, number>>;
}

/** @param records - Of one system and task. */
export function summariseSystem(system: string, records: readonly ItemRecord[]): SystemSummary {
  const failures = records.flatMap(({ result }) => (isFailed(result) ? [result] : []));
  const [first] = failures;
  return {
    system,
    failed: failures.length,
    firstFailure: first === undefined ? null : `${first.item}: ${first.error.message}`,
    answers: summariseAnswers(records),
  };
}

function summariseAnswers(records: readonly ItemRecord[]): AnswerSummary | null {
  const answers = records.flatMap(({ result }) => answersOf(result));
  if (answers.length === 0) return null;
  const texts = answers.map(({ text }) => text);
  return {
    count: answers.length,
    tokensPerAnswer: tokensPerAnswer(answers),
    cutShort: mean(answers.map(({ finishReason }) => (finishReason === 'length' ? 1 : 0))),
    distinct1: distinctN(texts, 1),
    distinct2: distinctN(texts, 2),
    forwardsPerAnswer: forwardsPerAnswer(records, answers.length),
  };
}

function forwardsPerAnswer(
  records: readonly ItemRecord[],
  answers: number,
): Record<string, number> {
  const forwards = records.flatMap(({ cost }) => (cost === null ? [] : [cost.forwards]));
  const models = [...new Set(forwards.flatMap((counts) => Object.keys(counts)))];
  const total = (model: string): number =>
    forwards.reduce((sum, counts) => sum + (counts[model] ?? 0), 0);
  return Object.fromEntries(models.map((model) => [model, total(model) / answers]));
}
