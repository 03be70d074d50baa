import type { FinishReason } from '../../spec/index.ts';

/** A generated answer, as metrics see it. */
export interface Answer {
  readonly text: string;
  readonly tokenCount: number;
  readonly finishReason: FinishReason;
}
