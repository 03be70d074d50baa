import type { ModelDescription } from '../../gguf/index.ts';
import { loadModel } from '../../llama/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import { engineDefaults } from '../../spec/index.ts';
import { compareShapes, type ShapeComparison } from './kernel-check.ts';
import { modelUses } from './model-uses.ts';
import { loadModels } from './models.ts';
import { describeComputing } from './settings.ts';
import { WeightsStore } from './weights.ts';

/** What one of a recipe's contexts computes, the same tokens cut and crowded in several ways. */
export interface MeasuredExactness {
  readonly model: string;
  /** What computes it. */
  readonly kernels: string;
  readonly shapes: readonly ShapeComparison[];
}

export interface RecipeExactness {
  readonly contexts: readonly MeasuredExactness[];
  /** Of loading: what is not as the recipe asked. */
  readonly warnings: readonly string[];
}

/** Enough for rounding to show; 36 tokens for each of up to sixteen sequences. */
const measured = { promptLength: 24, answerLength: 12 };

/** What is known, without computing, of how far a recipe's numbers repeat on one CPU: a sentence. */
export function expectedExactness(
  recipe: Recipe,
  descriptions: readonly Pick<ModelDescription, 'typeBytes'>[],
): string {
  const same = 'the same bits, cached or not and whatever is computed beside';
  const rounded = 'equal up to rounding where prompts are cached or others are computed beside';
  const { flashAttention, repack, batchInvariant } = { ...engineDefaults, ...recipe.engine };
  const turnedOn = Object.entries({ flashAttention, repack }).filter(([, isOn]) => isOn);
  if (turnedOn.length > 0) {
    return `${rounded} (${turnedOn.map(([name]) => `engine.${name}`).join(', ')})`;
  }
  if (batchInvariant) {
    const { scalar } = modelUses(recipe);
    const outside = scalar.size === 0 ? '' : `; not the reward models ${[...scalar].join(', ')}`;
    return `${same} (engine.batchInvariant)${outside}`;
  }
  const types = new Set(descriptions.flatMap(({ typeBytes }) => typeBytes.map(({ type }) => type)));
  types.delete('F32'); // norms
  if (types.size === 1 && types.has('Q8_0'))
    return `nearly always ${same} (Q8_0 weights); engine.batchInvariant makes it always`;
  return `${rounded}; engine.batchInvariant makes it the same bits`;
}

/** Loads a recipe's models and measures it. @throws What loading throws. */
export async function measureExactness(
  recipe: Recipe,
  signal?: AbortSignal,
): Promise<RecipeExactness> {
  using loaded = await loadModels(recipe, {
    weights: new WeightsStore(),
    counters: { tokens: 0, cachedTokens: 0 },
    wake: () => {},
    signal,
  });
  const contexts: MeasuredExactness[] = [];
  for (const { context } of [...loaded.pools, ...loaded.rewardPools]) {
    signal?.throwIfAborted();
    contexts.push({
      model: context.model.name,
      kernels: describeComputing(recipe, context.model),
      shapes: await compareShapes(context, measured),
    });
  }
  return { contexts, warnings: loaded.warnings };
}

/** Checks this processor's kernels by one file, whose hidden states are read, too. @throws What loading throws. */
export async function measureProcessor(file: string, repack: boolean): Promise<ShapeComparison[]> {
  using model = await loadModel(file, { repack, gpuLayers: 0 });
  using context = await model.createContext({
    contextLength: 64,
    maxSequences: 16,
    batchSize: 512,
    maxRows: 16,
    threads: 1,
    flashAttention: false,
    kvType: 'f16',
    hiddenStates: true,
  });
  return await compareShapes(context, measured); // before its context goes
}
