import { InvalidOptionError } from '../../spec/index.ts';

/** An estimate and the interval that holds what it estimates at a given level of confidence. */
export interface Interval {
  readonly estimate: number;
  readonly from: number;
  readonly to: number;
}

/** Confidence of intervals where none is given. */
export const defaultConfidence = 0.95;

/** @throws InvalidOptionError unless the level is above 0 and below 1. */
export function requireLevel(option: string, level: number): void {
  if (level > 0 && level < 1) return;
  throw new InvalidOptionError(
    option,
    `${option} must be a number above 0 and below 1, not ${level}.`,
  );
}
