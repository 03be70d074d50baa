import { stat } from 'node:fs/promises';

import {
  describeModel,
  kvBytesPerToken,
  readModelHeader,
  type ModelDescription,
} from '../../gguf/index.ts';
import { microBatchSize } from '../../llama/index.ts';
import { isOnServer, modelPath, type Recipe, type RecipeModel } from '../../recipe/index.ts';
import { InsufficientMemoryError, type ContextOptions } from '../../spec/index.ts';
import { modelUses } from './model-uses.ts';
import {
  candidateContextOptions,
  contextOptions,
  draftedPositions,
  resolveContextLength,
  type SizedModel,
} from './settings.ts';
import { weightsKey } from './weights-key.ts';

/** What one context and its weights take, in bytes. */
export interface ContextMemory {
  /** Recipe names of the models that share it. */
  readonly models: readonly string[];
  /** Tensor data of the file and of adapters; 0 where another context already counts them. */
  readonly weightBytes: number;
  readonly kvBytes: number;
  /** Buffers of llama.cpp, rows of ours, and the vocabulary where weights are counted: an estimate. */
  readonly bufferBytes: number;
}

export interface MemoryEstimate {
  readonly contexts: readonly ContextMemory[];
  /** Node, llama.cpp and Trimtab themselves. */
  readonly processBytes: number;
  readonly totalBytes: number;
  /** What the operating system can give this process now. */
  readonly availableBytes: number;
}

/** llama.cpp rounds the cells of a sequence up to a multiple of this. */
const kvPadding = 256;
/** llama.cpp's own small things per context: graphs, batches, thread pools. */
const fixedBytes = 8 * 2 ** 20;

// Measured on processes that loaded and ran files of 49,000 to 262,000 tokens.
const processBytes = 100 * 2 ** 20;
/** The tokens of a vocabulary, in the header that is read, in llama.cpp and in our tables. */
const bytesPerToken = 500;
const bytesPerMerge = 200;

/** Estimates a recipe's memory from the headers of its files. @throws GgufError */
export async function estimateMemory(recipe: Recipe): Promise<MemoryEstimate> {
  const shared = new Map<string, RecipeModel[]>();
  const descriptions = new Map<string, ModelDescription>();
  const { scalar, withRows } = modelUses(recipe);
  for (const declaration of recipe.models.values()) {
    if (isOnServer(declaration)) continue;
    const key = await weightsKey(declaration);
    if (!descriptions.has(key)) {
      descriptions.set(key, describeModel(await readModelHeader(modelPath(declaration.source))));
    }
    if (!withRows.has(declaration.name)) continue;
    const contextKey = JSON.stringify([key, declaration.adapters]);
    shared.set(contextKey, [...(shared.get(contextKey) ?? []), declaration]);
  }
  const trained = [...descriptions.values()].map(({ contextLength }) => contextLength ?? Infinity);
  const contextLength = resolveContextLength(recipe, trained);
  const drafted = draftedPositions(recipe);
  const counted = new Set<ModelDescription>();
  const adapterFiles = new Set<string>();
  const contexts: ContextMemory[] = [];
  const add = async (
    declarations: readonly RecipeModel[],
    optionsOf: (weights: SizedModel) => ContextOptions,
  ): Promise<void> => {
    const description = descriptions.get(await weightsKey(declarations[0]!))!;
    const own = contextMemory(declarations, description, optionsOf, drafted);
    const isFirst = !counted.has(description);
    const context = isFirst ? withFile(own, description, recipe.engine.repack === true) : own;
    const { adapters = [], skills = [] } = optionsOf({ name: '', weightBytes: 0 });
    const files = [...adapters, ...skills].map(({ file }) => file);
    const added = await sizeOf(files.filter((file) => !adapterFiles.has(file)));
    for (const file of files) adapterFiles.add(file);
    contexts.push({ ...context, weightBytes: context.weightBytes + added });
    counted.add(description);
  };
  for (const declarations of shared.values()) {
    await add(declarations, (weights) =>
      contextOptions(recipe, declarations, weights, contextLength),
    );
  }
  for (const name of scalar) {
    const declaration = recipe.models.get(name)!;
    await add([declaration], (weights) =>
      candidateContextOptions(recipe, declaration, weights, contextLength),
    );
  }
  const totalBytes = contexts.reduce(
    (sum, { weightBytes, kvBytes, bufferBytes }) => sum + weightBytes + kvBytes + bufferBytes,
    processBytes,
  );
  return { contexts, processBytes, totalBytes, availableBytes: process.availableMemory() };
}

/** Bytes of files; of those that are not there, none: loading says so. */
async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What comes with the file of the first context that uses it. */
function withFile(own: ContextMemory, model: ModelDescription, repack: boolean): ContextMemory {
  const vocabulary = (model.vocabSize ?? 0) * bytesPerToken + model.mergeCount * bytesPerMerge;
  return {
    ...own,
    // Repacked weights are copies beside the mapped file.
    weightBytes: model.tensorBytes * (repack ? 2 : 1),
    bufferBytes: own.bufferBytes + vocabulary,
  };
}

/** What a context takes beside the file of its weights. @param drafted - Positions of a draft, at most. */
function contextMemory(
  declarations: readonly RecipeModel[],
  model: ModelDescription,
  optionsOf: (weights: SizedModel) => ContextOptions,
  drafted: number,
): ContextMemory {
  const weights = { name: declarations[0]!.name, weightBytes: model.tensorBytes };
  const { maxSequences, maxRows, kvType, batchSize, flashAttention, ...sizes } = optionsOf(weights);
  const invariant = sizes.batchInvariant === true;
  const cells = padCells(sizes.contextLength + (invariant ? 1 : 0));
  const allCells =
    sizes.unifiedCells === undefined ? cells * maxSequences : padCells(sizes.unifiedCells);
  const vocabSize = model.vocabSize ?? 0;
  const tokens = Math.min(microBatchSize, batchSize);
  const heads = model.headCounts.reduce((most, count) => Math.max(most, count), 0);
  // Hidden states and a feed-forward of about four times their width; attention scores are held
  // whole unless flash attention streams them.
  const activations = tokens * (model.embeddingLength ?? 0) * 4 * 10;
  const scores = flashAttention ? 0 : tokens * cells * heads * 4;
  // Once in the graph and once where they are read; two for one where none may be alone.
  const outputRows = Math.max(maxRows, maxSequences) * vocabSize * 4 * 2 * (invariant ? 2 : 1);
  const composedRows = maxSequences * (1 + drafted) * vocabSize * 4 * 2;
  return {
    models: declarations.map(({ name }) => name),
    weightBytes: 0,
    kvBytes: kvBytesPerToken(model, kvType) * allCells,
    bufferBytes: fixedBytes + activations + scores + outputRows + composedRows,
  };
}

function padCells(cells: number): number {
  return Math.ceil(cells / kvPadding) * kvPadding;
}

/** @throws InsufficientMemoryError with what takes how much, and what to lower. */
export async function requireMemory(recipe: Recipe, limitBytes?: number): Promise<void> {
  requireFit(recipe, await estimateMemory(recipe), limitBytes);
}

/** @throws InsufficientMemoryError */
export function requireFit(recipe: Recipe, estimate: MemoryEstimate, limitBytes?: number): void {
  const { contexts, totalBytes, availableBytes } = estimate;
  const limit = limitBytes ?? availableBytes;
  if (totalBytes <= limit) return;
  const parts = contexts.map(
    ({ models, weightBytes, kvBytes, bufferBytes }) =>
      `${models.join(' and ')}: weights ${mebibytes(weightBytes)}, cache ${mebibytes(kvBytes)}, ` +
      `buffers ${mebibytes(bufferBytes)}`,
  );
  throw new InsufficientMemoryError(
    `The recipe ${recipe.name} needs about ${mebibytes(totalBytes)} and there are ${mebibytes(limit)} ` +
      `(${parts.join('; ')}; the process itself ${mebibytes(estimate.processBytes)}). Lower engine.contextLength or engine.maxSequences, or use smaller files.`,
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
