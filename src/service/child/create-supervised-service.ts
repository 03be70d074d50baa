import type { InferenceService } from '../../spec/index.ts';
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
  const service = new SupervisedService(await readRecipes(options.recipes), options);
  try {
    await service.started();
    return service;
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}
