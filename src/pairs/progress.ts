/** What a pair goes through, in this order. */
type PairStage =
  | 'preparing Python'
  | 'reading'
  | 'asking the base'
  | 'tuning'
  | 'calibrating'
  | 'evaluating';

/** How far the making of a pair is. */
export interface PairProgress {
  readonly stage: PairStage;
  /** Of what the stage counts: conversations, steps, items; `of` is 0 where it does not count. */
  readonly done: number;
  readonly of: number;
  /** What is known of it, e.g. `loss 1.93`. */
  readonly facts?: string;
}

export type OnPairProgress = (progress: PairProgress) => void;
