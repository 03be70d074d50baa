import { rewardWeightRange, type ProfileDeclaration, type Recipe } from '../recipe/index.ts';
import type { GenerateOptions, KlBudget } from '../spec/index.ts';

/** What a profile asks of a request. */
export interface Steering extends Pick<GenerateOptions, 'rewards' | 'params'> {
  readonly klBudget?: KlBudget;
}

/** A recipe whose users differ. */
export interface ProfiledRecipe extends Recipe {
  readonly profile: ProfileDeclaration;
}

/**
 * The options that give each attribute its weight, times the recipe's strength: `weight + w` of its
 * reward, or `default + w` of its param, inside what the recipe allows. Weights of 0 ask for nothing, so
 * that the recipe answers as it is.
 * @param weights - Shape `[attributes]`.
 */
export function toSteering(
  { profile, rewards: declaredRewards, params: declaredParams }: ProfiledRecipe,
  weights: readonly number[],
): Steering {
  const rewards: Record<string, number> = {};
  const params: Record<string, number> = {};
  for (const [k, { reward, param }] of profile.attributes.entries()) {
    const shift = profile.strength * weights[k]!;
    if (shift === 0) continue;
    if (param === null) {
      const own = declaredRewards.get(reward)!.weight;
      rewards[reward] = clamp(own + shift, rewardWeightRange.from, rewardWeightRange.to);
    } else {
      const { default: own, min, max } = declaredParams.get(param)!;
      params[param] = clamp(own + shift, min, max);
    }
  }
  const steering = {
    ...(isAny(rewards) && { rewards }),
    ...(isAny(params) && { params }),
  };
  const { klBudget } = profile;
  return isAny(steering) && klBudget !== null ? { ...steering, klBudget } : steering;
}

/** A request's options over a profile's: what the request says itself stays. */
export function withSteering<Options extends GenerateOptions>(
  options: Options,
  { rewards, params, klBudget }: Steering,
): Options {
  return {
    ...options,
    ...(rewards && { rewards: { ...rewards, ...options.rewards } }),
    ...(params && { params: { ...params, ...options.params } }),
    ...(options.klBudget === undefined && klBudget !== undefined && { klBudget }),
  };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

function isAny(values: object): boolean {
  return Object.keys(values).length > 0;
}
