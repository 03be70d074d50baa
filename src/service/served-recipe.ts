import { serializeFormula } from '../compose/index.ts';
import type { Recipe } from '../recipe/index.ts';
import { TrimtabError, type ServedRecipe } from '../spec/index.ts';

/** A recipe as a service reports it: what its document says, and what is known of it now. */
export function toServedRecipe(
  recipe: Recipe,
  now: Pick<ServedRecipe, 'state' | 'failure' | 'models'>,
): ServedRecipe {
  const { name, description, base, expert, antiExpert, sampling } = recipe;
  const { guidance, klBudget, constraint, profile } = recipe;
  return {
    name,
    description,
    ...now,
    base,
    expert,
    antiExpert,
    formula: serializeFormula(recipe.formula),
    params: Object.fromEntries(
      [...recipe.params].map(([param, { min, max, ...rest }]) => [
        param,
        { ...rest, min: finiteOrNull(min), max: finiteOrNull(max) },
      ]),
    ),
    rewards: Object.fromEntries(
      [...recipe.rewards.values()].map((reward) => [
        reward.name,
        { kind: reward.source.kind, weight: reward.weight },
      ]),
    ),
    guidance,
    klBudget,
    constraint,
    profile: profile && {
      attributes: profile.attributes.map(({ name: attribute, high, low }) => ({
        name: attribute,
        high,
        low,
      })),
    },
    sampling,
    modelNames: [...recipe.models.keys()],
  };
}

/** Why a recipe could not be loaded, for {@link ServedRecipe}. */
export function toFailure(error: unknown): NonNullable<ServedRecipe['failure']> {
  const code = error instanceof TrimtabError ? error.code : 'internal_error';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function finiteOrNull(bound: number): number | null {
  return Number.isFinite(bound) ? bound : null;
}
