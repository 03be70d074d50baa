import { InvalidOptionError, type RewardBounds } from '../spec/index.ts';

/**
 * @param at - Their place, e.g. `rewards.helpful.bounds`.
 * @throws InvalidOptionError for none, ones that are not finite, or a `min` above `max`.
 */
export function checkBounds(at: string, { min, max }: RewardBounds): void {
  if (min === undefined && max === undefined) {
    throw new InvalidOptionError(at, `${at} is empty: give min, max, or both.`);
  }
  for (const [name, bound] of Object.entries({ min, max })) {
    if (bound === undefined || Number.isFinite(bound)) continue;
    throw new InvalidOptionError(
      `${at}.${name}`,
      `${at}.${name} is ${bound}, but must be a finite number: leave it out where there is none.`,
    );
  }
  if ((min ?? -Infinity) <= (max ?? Infinity)) return;
  throw new InvalidOptionError(at, `${at} has a min of ${min}, which is above its max of ${max}.`);
}
