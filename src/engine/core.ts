import { HashedFiles, type HashedFilesOptions } from '../files/index.ts';
import { ConstraintCompiler } from '../grammar/index.ts';
import { createChatRenderer, type ChatRenderer } from '../prompt/index.ts';
import { sumByName } from '../math/index.ts';
import type { EngineStats } from '../spec/index.ts';
import { KernelPool } from './cache/kernel-pool.ts';
import type { PromptCounters } from './cache/lane-pool.ts';
import { MaskPreparer } from './decode/mask-preparer.ts';
import type { LoadedModels } from './load/models.ts';
import { Scheduler } from './decode/scheduler.ts';
import { WeightsStore, type ModelLoader } from './load/weights.ts';

export interface EngineOptions {
  /** Requests that may wait for room; one more is refused. No bound by default. */
  readonly maxQueue?: number;
  /** Refuse recipes whose estimate is above this; the memory available by default. */
  readonly memoryLimitBytes?: number;
  /** Run reward modules that recipes name: they are programs. `false` by default. */
  readonly allowModules?: boolean;
  /** Where KV states of prompts are kept, and how many bytes of them at most; none by default. */
  readonly states?: HashedFilesOptions;
  /** Loads weights instead of llama.cpp, e.g. a fake. */
  readonly loader?: ModelLoader;
  /** Milliseconds from any origin; `performance.now` by default. */
  readonly now?: () => number;
}

/** What all recipes of one engine share: the weights, the scheduler and the processes beside it. */
export class EngineCore implements AsyncDisposable {
  readonly weights: WeightsStore;
  readonly scheduler: Scheduler;
  readonly kernels = new KernelPool();
  readonly renderer: ChatRenderer = createChatRenderer();
  readonly compiler = new ConstraintCompiler();
  readonly masks = new MaskPreparer();
  readonly counters: PromptCounters = { tokens: 0, cachedTokens: 0 };
  readonly memoryLimitBytes: number | undefined;
  readonly allowModules: boolean;
  /** `null` where none are kept. */
  readonly states: HashedFiles | null;
  readonly now: () => number;
  /** What ends each recipe. */
  readonly #recipes = new Map<LoadedModels, () => Promise<void>>();

  constructor(options: EngineOptions = {}) {
    this.weights = new WeightsStore(options.loader);
    this.memoryLimitBytes = options.memoryLimitBytes;
    this.states = options.states === undefined ? null : new HashedFiles(options.states);
    this.allowModules = options.allowModules === true;
    this.now = options.now ?? (() => performance.now());
    this.scheduler = new Scheduler({ maxQueue: options.maxQueue ?? Infinity, now: this.now });
  }

  get stats(): Omit<EngineStats, 'residentBytes'> {
    const recipes = [...this.#recipes.keys()];
    const allPools = recipes.flatMap(({ pools, rewardPools }) => [...pools, ...rewardPools]);
    const { remote } = sumByName(
      recipes.flatMap((recipe) => (recipe.remote === null ? [] : { remote: recipe.remote.usage })),
    );
    return {
      ...this.scheduler.stats,
      promptTokens: this.counters.tokens,
      cachedPromptTokens: this.counters.cachedTokens,
      kvCellsUsed: allPools.reduce((sum, { cellsUsed }) => sum + cellsUsed, 0),
      kvCells: allPools.reduce((sum, { context }) => sum + context.cells, 0),
      threads: Math.max(0, ...allPools.map(({ context }) => context.threads.now)),
      mostThreads: Math.max(0, ...allPools.map(({ context }) => context.threads.most)),
      ...(remote && { remote }),
    };
  }

  /** @param close - Ends the recipe's tasks and removes it. */
  add(recipe: LoadedModels, close: () => Promise<void>): void {
    this.#recipes.set(recipe, close);
    this.scheduler.add(recipe);
  }

  /** Frees a recipe's models. Its tasks must have ended. */
  remove(recipe: LoadedModels): void {
    this.#recipes.delete(recipe);
    this.scheduler.remove(recipe);
    recipe[Symbol.dispose]();
  }

  /** Ends all recipes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#recipes.values()].map((close) => close()));
    this.compiler[Symbol.dispose]();
    await this.renderer[Symbol.asyncDispose]();
  }
}
