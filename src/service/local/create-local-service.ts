import type { InferenceService } from '../../spec/index.ts';
import type { LocalServiceOptions } from '../options.ts';
import { readRecipes } from '../recipe-list.ts';

/**
 * Serves recipes with the engine in this process.
 *
 * ```ts
 * await using service = await createLocalService({ recipes: ['recipes/atlas-chat.yaml'] });
 * ```
 * @throws RecipeError, InvalidOptionError. Models load on first use; what fails then rejects there.
 */
export async function createLocalService(options: LocalServiceOptions): Promise<InferenceService> {
  const recipes = await readRecipes(options.recipes);
  // Native code comes with it: a process that has its engine in a child never loads it.
  const { LocalService } = await import('./local-service.ts');
  return new LocalService(recipes, options);
}
