import { alignVocabularies, type VocabularyAlignment } from '../../compose/index.ts';
import { isGpu, loadLlamaLibrary } from '../../llama/index.ts';
import { isOnServer, type Recipe, type RecipeModel } from '../../recipe/index.ts';
import { connectModel, type RemoteModel } from '../../remote-model/index.ts';
import {
  InvalidOptionError,
  RecipeError,
  VocabularyMismatchError,
  type LanguageModel,
  type ModelContext,
} from '../../spec/index.ts';
import { inexactModels, isElsewhere, requireCandidates, requireRows } from './capabilities.ts';
import { compareShapes, describeShape, isRounding } from './kernel-check.ts';
import { LanePool, type PromptCounters } from '../cache/lane-pool.ts';
import { withExpertsAsAdapters } from './experts.ts';
import { requireMemory } from './memory.ts';
import { modelUses, rewardModels } from './model-uses.ts';
import {
  candidateContextOptions,
  contextOptions,
  resolveContextLength,
  skillsOver,
} from './settings.ts';
import { withTemplate } from './template-views.ts';
import type { LoadProgress, WeightsStore } from './weights.ts';

/** One of a recipe's models, ready to run. */
export interface LoadedModel {
  readonly declaration: RecipeModel;
  readonly weights: LanguageModel;
  readonly context: ModelContext;
  /** The lanes of `context`, which models with the same weights and adapters share. */
  readonly lanes: LanePool;
  /** Of the context, in its order: the param that is the skill's weight; `null` of one over another model. */
  readonly skills: readonly (string | null)[];
  /** How its vocabulary relates to the base's. */
  readonly alignment: VocabularyAlignment;
}

/** A scalar reward model, ready to score candidates. */
export interface ScalarModel {
  readonly declaration: RecipeModel;
  readonly weights: LanguageModel;
  readonly context: ModelContext;
  /** Its candidates are forks of the answers they follow. */
  readonly pool: LanePool;
  readonly alignment: VocabularyAlignment;
}

/** A recipe's models by name, in the recipe's order, and what they share. */
export interface LoadedModels {
  /** Those that give rows: all but what is a scalar reward model and nothing else. */
  readonly models: ReadonlyMap<string, LoadedModel>;
  /** By name. A model can be here and in `models`. */
  readonly scalarModels: ReadonlyMap<string, ScalarModel>;
  readonly pools: readonly LanePool[];
  /** Of the base, where it is on a server. */
  readonly elsewhere: readonly LanePool[];
  /** The base, where it is on a server. */
  readonly remote: RemoteModel | null;
  /** Of the scalar models. */
  readonly rewardPools: readonly LanePool[];
  /** Whether contexts may decode at the same time: only where a GPU does the work. */
  readonly concurrent: boolean;
  /** What is not as the recipe asked, in sentences. */
  readonly warnings: readonly string[];
  [Symbol.dispose](): void;
}

export interface LoadModelsOptions {
  readonly weights: WeightsStore;
  readonly counters: PromptCounters;
  /** Tells the scheduler that there is something to decode. */
  readonly wake: () => void;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the estimate must not exceed; the memory available by default. */
  readonly memoryLimitBytes?: number | undefined;
}

/**
 * Loads a recipe's models: equal files once, one context per weights and adapters, and checks their
 * vocabularies against the base's. Repacked weights that compute wrongly are given up for plain ones.
 * @throws GgufError, ModelLoadError, VocabularyMismatchError, RecipeError, InvalidOptionError
 */
export async function loadModels(
  recipe: Recipe,
  options: LoadModelsOptions,
): Promise<LoadedModels> {
  if (recipe.engine.repack !== true) return loadAsAsked(recipe, options);
  const repacked = await loadAsAsked(recipe, options);
  let warnings: readonly string[];
  try {
    warnings = await wrongKernels(repacked);
  } catch (error) {
    repacked[Symbol.dispose]();
    throw error;
  }
  if (warnings.length === 0) return repacked;
  repacked[Symbol.dispose]();
  const plain = await loadAsAsked(
    { ...recipe, engine: { ...recipe.engine, repack: false } },
    options,
  );
  return { ...plain, warnings: [...plain.warnings, ...warnings] };
}

/** A sentence per context that computes the same tokens otherwise in a batch than alone. */
async function wrongKernels({ pools, rewardPools }: LoadedModels): Promise<string[]> {
  const warnings: string[] = [];
  for (const { context } of [...pools, ...rewardPools]) {
    const wrong = (await compareShapes(context)).filter((shape) => !isRounding(shape));
    if (wrong.length === 0) continue;
    warnings.push(
      `engine.repack computes ${context.model.name} wrongly on this processor ` +
        `(${wrong.map(describeShape).join('; ')}): its plain weights are used instead. ` +
        'Remove engine.repack, and it loads at once.',
    );
  }
  return warnings;
}

async function loadAsAsked(asked: Recipe, options: LoadModelsOptions): Promise<LoadedModels> {
  const { weights, counters } = options;
  const recipe = weights.isNative ? await withExpertsAsAdapters(asked, options.signal) : asked;
  const concurrent = weights.isNative && usesGpu(recipe);
  // A GPU has a memory of its own, and the files of a given loader need not exist.
  if (weights.isNative && !concurrent) await requireMemory(recipe, options.memoryLimitBytes);
  const owned: Disposable[] = [];
  const dispose = () => {
    for (const resource of owned.splice(0).toReversed()) resource[Symbol.dispose]();
  };
  try {
    const weightsOf = new Map<RecipeModel, LanguageModel>();
    for (const declaration of recipe.models.values()) {
      if (isOnServer(declaration)) continue;
      const { repack } = recipe.engine;
      const held = await weights.acquire(declaration, { ...options, repack });
      owned.push(held);
      weightsOf.set(declaration, held.model);
    }
    const remote = await connectBase(recipe, weightsOf, options.signal);
    if (remote !== null) {
      owned.push(remote);
      weightsOf.set(recipe.models.get(recipe.base)!, remote);
    }
    const { scalar, withRows } = modelUses(recipe);
    const contextLength = resolveContextLength(
      recipe,
      [...weightsOf.values()].map((own) => own.trainedContextLength),
    );
    const written = [...recipe.models.values()].filter(({ name }) => withRows.has(name));
    const rowWeights = new Map(written.map((model) => [model, weightsOf.get(model)!]));
    for (const [{ name }, own] of rowWeights) requireRows(own, name === recipe.base);
    const contexts = await createContexts(recipe, rowWeights, contextLength, owned);
    const pools = new Map(
      [...new Set(contexts.values())].map((context) => [
        context,
        new LanePool(context, { counters }),
      ]),
    );
    const base = weightsOf.get(recipe.models.get(recipe.base)!)!;
    const models = new Map<string, LoadedModel>();
    const files = new Map([...weightsOf].map(([{ name }, own]) => [name, own]));
    for (const [given, own] of rowWeights) {
      const declaration = withTemplate(recipe, given, files, true);
      const lanes = pools.get(contexts.get(given)!)!;
      const alignment = align(recipe, declaration, base, own);
      const { context } = lanes;
      const skills = skillsOver(recipe, sharing(given, contexts)).map(({ name, of }) =>
        of === given.name ? name : null,
      );
      models.set(declaration.name, {
        declaration,
        weights: own,
        context,
        lanes,
        skills,
        alignment,
      });
    }
    const scalarModels = new Map<string, ScalarModel>();
    for (const name of scalar) {
      const given = recipe.models.get(name)!;
      const own = weightsOf.get(given)!;
      requireCandidates(own);
      const declaration = withTemplate(recipe, given, files, false);
      const alignment = align(recipe, declaration, base, own);
      const context = await own.createContext(
        candidateContextOptions(recipe, declaration, own, contextLength),
      );
      owned.push(context);
      const pool = new LanePool(context, { isUnified: true, wake: options.wake });
      scalarModels.set(name, { declaration, weights: own, context, pool, alignment });
    }
    return {
      models,
      scalarModels,
      pools: [...pools.values()].filter(({ context }) => !isElsewhere(context.model)),
      elsewhere: [...pools.values()].filter(({ context }) => isElsewhere(context.model)),
      remote,
      rewardPools: [...scalarModels.values()].map(({ pool }) => pool),
      concurrent,
      warnings: [
        ...(recipe.engine.batchInvariant === true ? inexactModels(weightsOf.values()) : []),
        ...(remote?.warnings ?? []),
      ],
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The base, where it is on a server; local models must be there. */
async function connectBase(
  recipe: Recipe,
  weightsOf: ReadonlyMap<RecipeModel, LanguageModel>,
  signal: AbortSignal | undefined,
): Promise<RemoteModel | null> {
  const { name, source } = recipe.models.get(recipe.base)!;
  if (source.kind !== 'server') return null;
  const lender = weightsOf.get(recipe.models.get(source.tokenizer)!)!;
  try {
    return await connectModel(source, lender, { signal });
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const message = `models.${name}.${error.message}`;
    throw new RecipeError(message, { file: recipe.file ?? undefined }, { cause: error });
  }
}

/** One context per weights and adapters, by the models that share it. */
async function createContexts(
  recipe: Recipe,
  weightsOf: ReadonlyMap<RecipeModel, LanguageModel>,
  contextLength: number,
  owned: Disposable[],
): Promise<Map<RecipeModel, ModelContext>> {
  const declarations = [...weightsOf.keys()];
  const contexts = new Map<RecipeModel, ModelContext>();
  for (const [declaration, weights] of weightsOf) {
    if (contexts.has(declaration)) continue;
    const adapters = JSON.stringify(declaration.adapters);
    const together = declarations.filter(
      (other) => weightsOf.get(other) === weights && JSON.stringify(other.adapters) === adapters,
    );
    const options = contextOptions(recipe, together, weights, contextLength);
    const context = await weights.createContext(options);
    owned.push(context);
    for (const other of together) contexts.set(other, context);
  }
  return contexts;
}

/** The models that share one's context, itself included. */
function sharing(
  declaration: RecipeModel,
  contexts: ReadonlyMap<RecipeModel, ModelContext>,
): readonly RecipeModel[] {
  const context = contexts.get(declaration);
  return [...contexts].filter(([, other]) => other === context).map(([other]) => other);
}

function align(
  recipe: Recipe,
  declaration: RecipeModel,
  base: LanguageModel,
  own: LanguageModel,
): VocabularyAlignment {
  try {
    return alignVocabularies(base.vocabulary, own.vocabulary, {
      base: JSON.stringify(recipe.base),
      other: JSON.stringify(declaration.name),
    });
  } catch (error) {
    if (!(error instanceof VocabularyMismatchError) || isCombined(recipe, declaration.name))
      throw error;
    // A model that nothing combines with the base is only ever asked alone.
    return alignVocabularies(own.vocabulary, own.vocabulary);
  }
}

/** Whether a model's tokens meet the base's: in the formula, its mask or a reward. */
function isCombined(recipe: Recipe, model: string): boolean {
  return (
    recipe.formula.terms.some((term) => term.model === model) ||
    recipe.plausibility?.models.includes(model) === true ||
    rewardModels(recipe).has(model)
  );
}

function usesGpu(recipe: Recipe): boolean {
  const hasGpu = loadLlamaLibrary().devices().some(isGpu);
  const local = [...recipe.models.values()].filter((model) => !isOnServer(model));
  return hasGpu && local.every(({ gpuLayers }) => gpuLayers !== 0);
}
