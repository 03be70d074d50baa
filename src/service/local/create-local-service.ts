import type { Engine, EngineOptions } from '../../engine/index.ts';
import type { InferenceService } from '../../spec/index.ts';
import type { LocalServiceOptions } from '../options.ts';

/**
 * Serves recipes with the engine in this process.
 *
 * ```ts
 * await using service = await createLocalService({ recipes: ['recipes/atlas-chat.yaml'] });
 * ```
 * @throws RecipeError, InvalidOptionError. Models load on first use; what fails then rejects there.
 */
export async function createLocalService({
  recipes,
  engineOptions,
  ...settings
}: LocalServiceOptions): Promise<InferenceService> {
  // Whoever asks a server alone reads no recipe.
  const [{ readRecipes }, { LocalService }] = await Promise.all([
    import('../recipe-list.ts'),
    import('./local-service.ts'),
  ]);
  const openEngine = () => loadEngine(engineOptions);
  return new LocalService(await readRecipes(recipes), { ...settings, openEngine });
}

/** Many a service loads no recipe, and its process no native code. */
async function loadEngine(options: EngineOptions | undefined): Promise<Engine> {
  const { Engine: ThisEngine } = await import('../../engine/index.ts');
  return new ThisEngine(options);
}
