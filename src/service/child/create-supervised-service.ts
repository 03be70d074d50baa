import type { InferenceService } from '../../spec/index.ts';
import { readRecipes } from '../recipe-list.ts';
import { SupervisedService } from './supervised-service.ts';
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
  const service = new SupervisedService(await readRecipes(options.recipes), options);
  try {
    await service.started();
    return service;
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}
