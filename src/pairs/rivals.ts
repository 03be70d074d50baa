import type { AnswerMetricName } from '../evaluation/index.ts';

/** What the pair is compared with beside its base and its expert, and by what beside likelihood. */
export interface Rivals {
  /** A system message that asks the base for what the expert was tuned to do. */
  readonly instruction?: string | undefined;
  /** How many conversations the base is shown before each question; 0 for none. */
  readonly shots?: number;
  /** Of answers that are generated; without one, a few answers are generated to look at. */
  readonly metrics?: readonly AnswerMetricName[];
}

export const defaultShots = 3;
