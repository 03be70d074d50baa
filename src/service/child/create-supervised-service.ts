import type { Recipe } from '../../recipe/index.ts';
import { InvalidOptionError, type InferenceService } from '../../spec/index.ts';
import type { SupervisedServiceOptions } from './supervision.ts';

/**
 * Serves recipes with the engine in a child process: what kills native code kills the child, whose
 * requests reject with `EngineUnavailableError`, and which is started again. This process never
 * loads native code of ours.
 * @throws RecipeError, InvalidOptionError, and EngineUnavailableError if no child can be started.
 */
export async function createSupervisedService(
  options: SupervisedServiceOptions,
): Promise<InferenceService> {
  // Whoever asks a server alone reads no recipe.
  const [{ readRecipes }, { SupervisedService }] = await Promise.all([
    import('../recipe-list.ts'),
    import('./supervised-service.ts'),
  ]);
  const recipes = await readRecipes(options.recipes);
  for (const { name, formula } of recipes.values()) requireArithmetic(name, formula);
  const service = new SupervisedService(recipes, options);
  try {
    await service.started();
    return service;
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

/** A function cannot be handed to another process. @throws InvalidOptionError */
function requireArithmetic(recipe: string, { method }: Recipe['formula']): void {
  if (method === undefined) return;
  throw new InvalidOptionError(
    'recipes',
    `The formula of the recipe ${recipe} is a function, ${method.name}, which cannot be sent to the engine's process: serve it ` +
      'in this one, with createLocalService.',
  );
}
