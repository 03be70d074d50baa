import { microBatchSize } from '../../llama/index.ts';
import { mostDrafted } from '../../options/index.ts';
import type { Recipe, RecipeModel, Skill } from '../../recipe/index.ts';
import {
  engineDefaults,
  InvalidOptionError,
  type ContextOptions,
  type LanguageModel,
} from '../../spec/index.ts';
import { availableCores } from './cores.ts';

/** Positions scored at once: rows of logits held beside those of the generations. */
export const scoreWindow = 16;

/** Positions that all generations of a context may hold beside the next ones. */
const draftedTogether = 32;

/** Tokens that one generation may draft at most: what is checked of them is held in memory. */
export function draftedPositions({ speculation, engine }: Recipe): number {
  if (speculation.drafter === 'off') return 0;
  const { maxSequences } = { ...engineDefaults, ...engine };
  return Math.max(1, Math.min(mostDrafted, Math.floor(draftedTogether / maxSequences)));
}

/** Weights below this decode in about a millisecond on one thread; more threads only cost time. */
const smallModelBytes = 16 * 2 ** 20;

/** What the settings of a context depend on. */
export interface SizedModel {
  readonly name: string;
  readonly weightBytes: number;
}

/** The longest every model can take, up to the default; or what the recipe says. */
export function resolveContextLength(recipe: Recipe, trained: readonly number[]): number {
  return recipe.engine.contextLength ?? Math.min(engineDefaults.contextLength, ...trained);
}

/** Options of the context that `declarations`, models with the same weights and adapters, share. */
export function contextOptions(
  recipe: Recipe,
  declarations: readonly RecipeModel[],
  weights: SizedModel,
  contextLength: number,
): ContextOptions {
  const settings = { ...engineDefaults, ...recipe.engine };
  const maxSequences = settings.maxSequences * declarations.length;
  if (maxSequences > settings.batchSize) {
    throw new InvalidOptionError(
      'engine.batchSize',
      `engine.batchSize is ${settings.batchSize}, but ${maxSequences} sequences of ${weights.name} ` +
        `decode together: raise it to ${maxSequences}, or lower engine.maxSequences.`,
    );
  }
  return {
    contextLength,
    maxSequences,
    // What is invariant must be one micro-batch of llama.cpp, whose buffers grow with it.
    batchSize: settings.batchInvariant
      ? Math.min(settings.batchSize, microBatchSize)
      : settings.batchSize,
    maxRows: maxSequences + Math.max(scoreWindow, maxSequences * draftedPositions(recipe)),
    threads: settings.threads ?? defaultThreads(weights),
    adaptThreads: settings.threads === undefined,
    flashAttention: settings.flashAttention,
    kvType: settings.kvType,
    batchInvariant: settings.batchInvariant,
    adapters: declarations[0]!.adapters,
    skills: skillsOver(recipe, declarations).map(({ adapter }) => adapter),
  };
}

/** The skills of a context that `declarations` share, in the recipe's order. */
export function skillsOver(
  { skills }: Pick<Recipe, 'skills'>,
  declarations: readonly RecipeModel[],
): readonly Skill[] {
  const names = new Set(declarations.map(({ name }) => name));
  return [...skills.values()].filter(({ of }) => names.has(of));
}

/** Tokens of one decode of candidates: each is a row of logits and a hidden state in memory. */
const candidateBatchSize = 128;

/** Sequences that one context can hold at most, a limit of llama.cpp. */
const mostSequences = 256;

/** Cells for the candidates of one answer: one-token forks, or a segment. */
const candidateCells = 256;

/** Options of the context in which a scalar reward model scores candidates. */
export function candidateContextOptions(
  recipe: Recipe,
  declaration: RecipeModel,
  weights: SizedModel,
  contextLength: number,
): ContextOptions {
  const settings = { ...engineDefaults, ...recipe.engine };
  const { guidance } = recipe;
  const candidates = 'candidates' in guidance ? guidance.candidates : 1;
  const wanted = settings.maxSequences * (1 + candidates);
  return {
    contextLength,
    // An answer without a place for a candidate could not be scored: there is one more than answers.
    maxSequences: Math.max(settings.maxSequences + 1, Math.min(mostSequences, wanted)),
    batchSize: candidateBatchSize,
    maxRows: candidateBatchSize,
    threads: settings.threads ?? defaultThreads(weights),
    adaptThreads: settings.threads === undefined,
    flashAttention: settings.flashAttention,
    kvType: settings.kvType,
    hiddenStates: true,
    unifiedCache: true,
    unifiedCells: settings.maxSequences * (contextLength + candidateCells),
    adapters: declaration.adapters,
  };
}

/** What computes a model of a recipe, with all that bits depend on beside the file. */
export function describeComputing(
  recipe: Recipe,
  { kernels = 'a given loader' }: Pick<LanguageModel, 'kernels'>,
): string {
  const settings = { ...engineDefaults, ...recipe.engine };
  return [
    kernels,
    `${settings.kvType} cache`,
    ...(settings.flashAttention ? ['flash attention'] : []),
    ...(settings.batchInvariant ? ['batch-invariant'] : []),
  ].join(', ');
}

/** Of one forward pass, where nothing is said. */
export function defaultThreads({ weightBytes }: Pick<SizedModel, 'weightBytes'>): number {
  if (weightBytes < smallModelBytes) return 1;
  return Math.min(availableCores(), 16);
}
