import { ContractError } from '../spec/index.ts';

/** Largest scale of an exponential: float32 keeps it finite with room for log2(e). */
const MAX_SCALE = 1e30;

/** @throws ContractError if `value` is not a positive integer. */
export function requirePositiveInteger(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new ContractError(`${option} must be a positive integer, not ${value}.`);
}

/** @throws ContractError unless `0 < scale <= 1e30`. */
export function requireScale(scale: number): void {
  if (scale > 0 && scale <= MAX_SCALE) return;
  throw new ContractError(`scale must be in (0, ${MAX_SCALE}], not ${scale}.`);
}

/** @throws ContractError unless `0 <= t <= 1e30`. */
export function requireTilt(t: number): void {
  if (t >= 0 && t <= MAX_SCALE) return;
  throw new ContractError(`t must be in [0, ${MAX_SCALE}], not ${t}.`);
}

/** @throws ContractError unless the mask has one bit per entry, in whole words. */
export function requireMask(mask: Uint32Array, length: number): void {
  const words = Math.ceil(length / 32);
  if (mask.length === words) return;
  throw new ContractError(
    `A mask of ${length} entries has ${words} words of 32 bits, not ${mask.length}.`,
  );
}

/** @throws ContractError unless there are 1 to `length` tokens, and a weight for each. */
export function requireRacers(tokenIds: Int32Array, weights: Float32Array, length: number): void {
  const count = tokenIds.length;
  if (count > 0 && count <= length && weights.length === count) return;
  throw new ContractError(
    `1 to ${length} tokens can race, each with a weight, not ${count} with ${weights.length} weights.`,
  );
}

/** `min(k, length)`. @throws ContractError if `k` is not an integer of at least 0. */
export function clampCount(k: number, length: number): number {
  if (Number.isSafeInteger(k) && k >= 0) return Math.min(k, length);
  throw new ContractError(`k must be an integer of at least 0, not ${k}.`);
}

/** The element of row `r`. @throws ContractError if there is no such row. */
export function atRow<T>(rows: readonly T[], r: number): T {
  const found = rows[r];
  if (found !== undefined) return found;
  throw new ContractError(`There is no row ${r}: the rows are 0 to ${rows.length - 1}.`);
}
