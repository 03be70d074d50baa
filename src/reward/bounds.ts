import { RewardError, type RewardBounds } from '../spec/index.ts';

/**
 * @param reward - Its name. @param values - In its own units.
 * @throws RewardError for a value that is beyond its bounds: whoever relied on them may have chosen wrongly.
 */
export function requireWithin(
  reward: string,
  { min = -Infinity, max = Infinity }: RewardBounds,
  values: Float64Array,
): void {
  const beyond = values.find((value) => value < min || value > max);
  if (beyond === undefined) return;
  const bound = beyond < min ? `min of ${min}` : `max of ${max}`;
  throw new RewardError(
    reward,
    `The reward "${reward}" gave ${beyond}, beyond the ${bound} that its bounds declare: widen them, or leave them out.`,
  );
}
