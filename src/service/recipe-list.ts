import { didYouMean } from '../faults/index.ts';
import { loadRecipe, type Recipe } from '../recipe/index.ts';
import { InvalidOptionError, ModelNotFoundError } from '../spec/index.ts';

/**
 * Recipes by name, in the order given; nothing is loaded.
 * @throws RecipeError, and InvalidOptionError for two recipes of one name.
 */
export async function readRecipes(
  given: readonly (string | Recipe)[],
): Promise<ReadonlyMap<string, Recipe>> {
  const recipes = new Map<string, Recipe>();
  for (const item of given) {
    const recipe = typeof item === 'string' ? await loadRecipe(item) : item;
    const other = recipes.get(recipe.name);
    if (other !== undefined) throw duplicate(other, recipe);
    recipes.set(recipe.name, recipe);
  }
  return recipes;
}

/** What is known of a recipe by its name. @throws ModelNotFoundError */
export function requireRecipe<Value>(byName: ReadonlyMap<string, Value>, name: string): Value {
  const found = byName.get(name);
  if (found !== undefined) return found;
  const names = [...byName.keys()];
  const remedy =
    names.length === 0
      ? ' None is served.'
      : didYouMean(name, names) || ` There are ${names.join(', ')}.`;
  throw new ModelNotFoundError(`There is no recipe ${JSON.stringify(name)}.${remedy}`);
}

function duplicate(first: Recipe, second: Recipe): InvalidOptionError {
  return new InvalidOptionError(
    'recipes',
    `Two recipes are named ${first.name}: ${placeOf(first)} and ${placeOf(second)}. A recipe is served under its name: give one of them another \`name\`.`,
  );
}

function placeOf({ file }: Recipe): string {
  return file ?? 'one given in code';
}
