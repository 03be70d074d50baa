import {
  checkBounds,
  defaultRewardWeight,
  rewardTimeoutMs,
  rewardWeightParam,
  type Recipe,
  type RewardDeclaration,
} from '../../recipe/index.ts';
import { InvalidOptionError, type Reward } from '../../spec/index.ts';

/** A reward given in code, and what a recipe would say of it. */
export interface GivenReward extends Partial<
  Pick<RewardDeclaration, 'weight' | 'normalization' | 'bounds' | 'timeoutMs'>
> {
  readonly reward: Reward;
}

/** The recipe with the rewards that a program gives beside it. @throws InvalidOptionError */
export function withGivenRewards(recipe: Recipe, given: ReadonlyMap<string, GivenReward>): Recipe {
  if (given.size === 0) return recipe;
  const rewards = new Map(recipe.rewards);
  for (const [name, { reward, ...declared }] of given) {
    if (rewards.has(name)) {
      throw new InvalidOptionError(
        `rewards.${name}`,
        `The recipe ${recipe.name} has a reward ${name} already: give yours another name.`,
      );
    }
    if (declared.bounds) checkBounds(`rewards.${name}.bounds`, declared.bounds);
    rewards.set(name, {
      name,
      source: { kind: 'given', scope: reward.scope },
      weight: 1,
      normalization: null,
      bounds: null,
      timeoutMs: rewardTimeoutMs,
      ...declared,
    });
  }
  const params = new Map(recipe.params);
  if (!params.has(rewardWeightParam)) params.set(rewardWeightParam, defaultRewardWeight);
  return { ...recipe, rewards, params };
}
