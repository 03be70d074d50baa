import { alignVocabularies, type VocabularyAlignment } from '../compose/index.ts';
import { loadLlamaLibrary, loadModel, type LoadModelOptions } from '../llama/index.ts';
import type { Recipe, RecipeModel } from '../recipe/index.ts';
import { VocabularyMismatchError, type LanguageModel, type ModelContext } from '../spec/index.ts';
import { requireTemplate } from './chat-view.ts';
import { LanePool } from './lane-pool.ts';
import { requireMemory } from './memory.ts';
import { contextOptions, resolveContextLength } from './settings.ts';
import { weightsKey } from './weights-key.ts';

/** Loads weights. `loadModel` of `llama/`, or a fake. */
export type ModelLoader = (
  file: string,
  options: Pick<LoadModelOptions, 'gpuLayers' | 'onProgress' | 'signal'>,
) => Promise<LanguageModel>;

export interface LoadProgress {
  /** Name in the recipe of the first model that uses the file. */
  readonly model: string;
  readonly file: string;
  /** Share of this file that is loaded, 0 to 1. */
  readonly share: number;
}

/** One of a recipe's models, ready to run. */
export interface LoadedModel {
  readonly declaration: RecipeModel;
  readonly weights: LanguageModel;
  readonly context: ModelContext;
  /** The lanes of `context`, which models with the same weights and adapters share. */
  readonly lanes: LanePool;
  /** How its vocabulary relates to the base's. */
  readonly alignment: VocabularyAlignment;
}

/** A recipe's models by name, in the recipe's order, and what they share. */
export interface LoadedModels {
  readonly models: ReadonlyMap<string, LoadedModel>;
  readonly pools: readonly LanePool[];
  /** Whether contexts may decode at the same time: only where a GPU does the work. */
  readonly concurrent: boolean;
  [Symbol.dispose](): void;
}

export interface LoadModelsOptions {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly loader?: ModelLoader | undefined;
  /** What the estimate must not exceed; the memory available by default. */
  readonly memoryLimitBytes?: number | undefined;
}

/**
 * Loads a recipe's models: equal files once, one context per weights and adapters, and checks their
 * vocabularies against the base's.
 * @throws GgufError, ModelLoadError, VocabularyMismatchError, RecipeError, InvalidOptionError
 */
export async function loadModels(
  recipe: Recipe,
  options: LoadModelsOptions = {},
): Promise<LoadedModels> {
  const concurrent = options.loader === undefined && usesGpu(recipe);
  // A GPU has a memory of its own, and a fake loader's files need not exist.
  if (options.loader === undefined && !concurrent) {
    await requireMemory(recipe, options.memoryLimitBytes);
  }
  const weights = new Map<string, LanguageModel>();
  const dispose = () => {
    for (const model of weights.values()) model[Symbol.dispose]();
  };
  try {
    const weightsOf = new Map<RecipeModel, LanguageModel>();
    for (const declaration of recipe.models.values()) {
      const key = await weightsKey(declaration);
      const loaded = weights.get(key) ?? (await load(declaration, options));
      weights.set(key, loaded);
      weightsOf.set(declaration, loaded);
    }
    const pools = await createPools(recipe, weightsOf);
    const base = weightsOf.get(recipe.models.get(recipe.base)!)!;
    const models = new Map<string, LoadedModel>();
    for (const declaration of recipe.models.values()) {
      const own = weightsOf.get(declaration)!;
      requireTemplate(declaration, own, recipe.file);
      const lanes = pools.get(contextKey(declaration, own))!;
      const alignment = align(recipe, declaration, base, own);
      models.set(declaration.name, {
        declaration,
        weights: own,
        context: lanes.context,
        lanes,
        alignment,
      });
    }
    return { models, pools: [...pools.values()], concurrent, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function load(declaration: RecipeModel, options: LoadModelsOptions): Promise<LanguageModel> {
  const { file, name, gpuLayers } = declaration;
  const loader = options.loader ?? loadModel;
  return loader(file, {
    gpuLayers,
    onProgress: (share) => options.onProgress?.({ model: name, file, share }),
    ...(options.signal && { signal: options.signal }),
  });
}

function contextKey(declaration: RecipeModel, weights: LanguageModel): string {
  return JSON.stringify([
    weights.name,
    declaration.file,
    declaration.gpuLayers,
    declaration.adapters,
  ]);
}

async function createPools(
  recipe: Recipe,
  weightsOf: ReadonlyMap<RecipeModel, LanguageModel>,
): Promise<Map<string, LanePool>> {
  const sharing = new Map<string, RecipeModel[]>();
  for (const [declaration, weights] of weightsOf) {
    const key = contextKey(declaration, weights);
    sharing.set(key, [...(sharing.get(key) ?? []), declaration]);
  }
  const trained = [...weightsOf.values()].map((weights) => weights.trainedContextLength);
  const contextLength = resolveContextLength(recipe, trained);
  const pools = new Map<string, LanePool>();
  for (const [key, declarations] of sharing) {
    const weights = weightsOf.get(declarations[0]!)!;
    const context = await weights.createContext(
      contextOptions(recipe, declarations, weights, contextLength),
    );
    pools.set(key, new LanePool(context));
  }
  return pools;
}

function align(
  recipe: Recipe,
  declaration: RecipeModel,
  base: LanguageModel,
  own: LanguageModel,
): VocabularyAlignment {
  try {
    return alignVocabularies(base.vocabulary, own.vocabulary, {
      base: recipe.base,
      other: declaration.name,
    });
  } catch (error) {
    if (!(error instanceof VocabularyMismatchError) || isInFormula(recipe, declaration.name))
      throw error;
    // A model that no formula composes is only ever asked alone.
    return alignVocabularies(own.vocabulary, own.vocabulary);
  }
}

function isInFormula(recipe: Recipe, model: string): boolean {
  return (
    recipe.formula.terms.some((term) => term.model === model) ||
    recipe.plausibility?.models.includes(model) === true
  );
}

function usesGpu(recipe: Recipe): boolean {
  const hasGpu = loadLlamaLibrary()
    .devices()
    .some(({ kind }) => kind === 'gpu' || kind === 'integrated-gpu');
  return hasGpu && [...recipe.models.values()].every(({ gpuLayers }) => gpuLayers !== 0);
}
