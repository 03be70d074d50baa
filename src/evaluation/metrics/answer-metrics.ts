import { containsReference } from './contains.ts';
import { exactMatch } from './exact-match.ts';
import { finalNumberMatch } from './final-number.ts';
import { gsmExactMatch } from './gsm-exact-match.ts';

/** Score of one answer against its references, 0 to 1, higher is better. */
export type AnswerMetric = (text: string, references: readonly string[]) => number;

/** Metrics of generated answers, by the name that items give. */
export const answerMetrics = {
  'exact-match': exactMatch,
  contains: containsReference,
  'final-number': finalNumberMatch,
  'gsm-exact-match': gsmExactMatch,
} as const satisfies Readonly<Record<string, AnswerMetric>>;

export type AnswerMetricName = keyof typeof answerMetrics;
