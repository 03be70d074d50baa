import type { InferenceService } from '../../spec/index.ts';
import type { ProgramRunners } from '../programs/index.ts';
import type { ItemCost, ItemKey, MeasuredItem } from './item-result.ts';
import type { EvaluationSystem } from './system.ts';

/** An item, measured. */
export interface Measurement {
  readonly result: Omit<MeasuredItem, keyof ItemKey>;
  /** `null` where nothing was generated. */
  readonly cost: Omit<ItemCost, keyof ItemKey> | null;
}

/** How often programs are completed. */
export interface ProgramSampling {
  readonly samples: number;
  /** The k of every pass@k that is reported, from 1 to `samples`. */
  readonly sizes: readonly number[];
}

export interface MeasureOptions {
  readonly service: InferenceService;
  readonly system: EvaluationSystem;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly sampling: ProgramSampling;
  readonly runners: ProgramRunners;
}

/** Whose requests they are: no prefix is shared with other users of the service. */
export const evaluationOwner = 'evaluation';
