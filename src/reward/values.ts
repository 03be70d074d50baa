import { RewardError } from '../spec/index.ts';

/**
 * Values of `count` candidates as a reward gave them, checked.
 * @param reward - Its name, for messages.
 * @throws RewardError for anything but `count` finite numbers.
 */
export function toValues(reward: string, given: unknown, count: number): Float64Array {
  const refuse = (what: string) => new RewardError(reward, `The reward "${reward}" gave ${what}.`);
  if (!isList(given)) {
    throw refuse(`${describe(given)} where a list of ${count} numbers is needed: return an array`);
  }
  if (given.length !== count) {
    throw refuse(`${given.length} numbers for ${count} candidates: give one for each`);
  }
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(given[i])) {
      const what = typeof given[i] === 'number' ? String(given[i]) : describe(given[i]);
      throw refuse(`${what} for candidate ${i} of ${count}: values must be finite numbers`);
    }
  }
  return given instanceof Float64Array ? given : Float64Array.from(given as ArrayLike<number>);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
