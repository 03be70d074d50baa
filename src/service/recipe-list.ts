import { loadRecipe, type Recipe } from '../recipe/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

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

function duplicate(first: Recipe, second: Recipe): InvalidOptionError {
  return new InvalidOptionError(
    'recipes',
    `Two recipes are named ${first.name}: ${placeOf(first)} and ${placeOf(second)}. A recipe is served under its name: give one of them another \`name\`.`,
  );
}

function placeOf({ file }: Recipe): string {
  return file ?? 'one given in code';
}
