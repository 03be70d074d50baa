import { didYouMean } from '../faults/index.ts';
import { checkOption } from '../options/index.ts';
import { InvalidOptionError, type GenerateOptions } from '../spec/index.ts';
import { resolveParams } from './params.ts';
import { rewardWeightParam, type Recipe, type RewardDeclaration } from './recipe.ts';

/** A reward that guides a request. */
export interface GuidingReward {
  readonly name: string;
  /** `rewardWeight × weight`, not 0. */
  readonly weight: number;
}

/** What is known of the rewards of a recipe, wherever it runs. */
export type WeightedRewards = ReadonlyMap<string, Pick<RewardDeclaration, 'name' | 'weight'>>;

/**
 * The rewards that guide a request, in the recipe's order: those whose weight, the request's or else the
 * recipe's, times the param `rewardWeight` is not 0.
 * @throws InvalidOptionError for a reward that the recipe does not have, a weight that is no number from
 *   -1000 to 1000, or params that the recipe does not take.
 */
export function resolveRewards(
  recipe: Pick<Recipe, 'name' | 'params'> & { readonly rewards: WeightedRewards },
  options: Pick<GenerateOptions, 'params' | 'rewards'>,
): GuidingReward[] {
  const given = new Map(Object.entries(options.rewards ?? {}));
  for (const name of given.keys()) {
    if (!recipe.rewards.has(name)) throw unknownReward(recipe, name);
  }
  checkOption('rewards', options.rewards);
  if (recipe.rewards.size === 0) return [];
  const all = resolveParams(recipe, options.params)[rewardWeightParam]!;
  return [...recipe.rewards.values()]
    .map(({ name, weight }) => ({ name, weight: all * (given.get(name) ?? weight) }))
    .filter(({ weight }) => weight !== 0);
}

function unknownReward(
  { name: recipe, rewards }: { readonly name: string; readonly rewards: WeightedRewards },
  name: string,
): Error {
  const known = [...rewards.keys()];
  const remedy =
    known.length === 0
      ? ' It has none.'
      : didYouMean(name, known) || ` It has ${known.join(', ')}.`;
  return new InvalidOptionError(
    `rewards.${name}`,
    `The recipe ${recipe} has no reward ${name}.${remedy}`,
  );
}
