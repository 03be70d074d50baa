import { normalise, rewardShares, type Normalization } from '../../reward/index.ts';
import type { Guidance, RewardBounds } from '../../spec/index.ts';

/** A reward that bends an answer. */
export interface WeighedReward {
  readonly name: string;
  /** `rewardWeight × weight`, not 0. */
  readonly weight: number;
  readonly normalization: Normalization | null;
  readonly bounds: RewardBounds | null;
}

/** One guiding reward's part in a token's score. */
export interface RewardShare {
  readonly name: string;
  readonly weight: number;
  readonly value: number;
  /** `weight × value`. */
  readonly share: number;
}

/** A reward's share of the score of each of several answers, from its values of them. */
export function sharesOf(
  { weight, normalization }: Omit<WeighedReward, 'bounds'>,
  values: Float64Array,
  method: Guidance['method'],
): Float64Array {
  // RAD's rewards are trained to give values from 0 to 1, and are taken as they are.
  if (method === 'rad') return rewardShares('rad', values, weight);
  const scaled =
    normalization === null ? values : values.map((value) => normalise(value, normalization));
  return rewardShares('args', scaled, weight);
}

/**
 * What a reward's share is at most: the bound that its weight's sign needs, through the same arithmetic, which is
 * monotone also in floating point. `Infinity` where that bound is not known.
 */
export function largestShare(reward: WeighedReward, method: Guidance['method']): number {
  const { weight, bounds } = reward;
  const extreme = weight > 0 ? (bounds?.max ?? Infinity) : (bounds?.min ?? -Infinity);
  return sharesOf(reward, Float64Array.of(extreme), method)[0]!;
}

/** The score of a whole answer: the sum of the rewards' shares. */
export function answerScore(
  rewards: readonly Omit<WeighedReward, 'bounds'>[],
  method: Guidance['method'],
  valueOf: (name: string) => number,
): number {
  const shares = rewards.map(
    (reward) => sharesOf(reward, Float64Array.of(valueOf(reward.name)), method)[0]!,
  );
  return shares.reduce((sum, share) => sum + share, 0);
}
