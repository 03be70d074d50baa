import { createChatRenderer, resolveStopStrings, type ChatRenderer } from '../prompt/index.ts';
import { drawSeed } from '../math/index.ts';
import { loadRecipe, type Recipe } from '../recipe/index.ts';
import { resolveSampling } from '../sampling/index.ts';
import {
  DisposedError,
  InvalidOptionError,
  type GenerateOptions,
  type GenerationChunk,
  type GenerationResult,
  type Prompt,
  type ScoreResult,
  type TokenId,
} from '../spec/index.ts';
import { Generation } from './generation.ts';
import { KernelPool } from './kernel-pool.ts';
import { loadModels, type LoadedModels, type LoadProgress, type ModelLoader } from './models.ts';
import { checkOptionNames, resolveMaxTokens, resolveReport } from './options.ts';
import { endOfGeneration } from './prompts.ts';
import { resolveRequest } from './request.ts';
import { Scheduler, type SchedulerStats } from './scheduler.ts';
import { Scoring } from './scoring.ts';

export interface LoadOptions {
  /** Called while files load, for a progress bar. */
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
  /** Loads weights instead of llama.cpp, e.g. a fake. */
  readonly loader?: ModelLoader;
  /** Refuse recipes whose estimate is above this; the memory available by default. */
  readonly memoryLimitBytes?: number;
  /** Milliseconds from any origin; `performance.now` by default. */
  readonly now?: () => number;
}

export type ScoreOptions = Pick<GenerateOptions, 'params' | 'only' | 'signal'>;

/** A running generation: iterate it for the text as it comes, or await `result`. */
export interface GenerationStream extends AsyncIterable<GenerationChunk> {
  /** The whole answer. Rejects with the error or the abort's reason that ended it. */
  readonly result: Promise<GenerationResult>;
}

/** One of a loaded recipe's models, for people. */
export interface ModelSummary {
  readonly name: string;
  readonly file: string;
  readonly weightBytes: number;
  readonly vocabularySize: number;
  /** How its vocabulary relates to the base's, in a sentence. */
  readonly vocabularyReport: string;
  readonly contextLength: number;
}

/**
 * A recipe with its models loaded: answers prompts with the composition, many at once.
 *
 * ```ts
 * await using trimtab = await Trimtab.load('recipes/atlas-chat.yaml');
 * for await (const { text } of trimtab.stream('Where was Elnin Oslack born?')) process.stdout.write(text);
 * ```
 */
export class Trimtab implements AsyncDisposable {
  readonly recipe: Recipe;
  readonly #loaded: LoadedModels;
  readonly #scheduler: Scheduler;
  readonly #renderer: ChatRenderer;
  readonly #kernels = new KernelPool();
  readonly #now: () => number;
  readonly #closed = new AbortController();

  /**
   * Loads a recipe's models.
   * @param recipe - A recipe, or the path of one.
   * @throws RecipeError, GgufError, ModelLoadError, LibraryError, VocabularyMismatchError,
   *   InsufficientMemoryError, InvalidOptionError, or the signal's reason.
   */
  static async load(recipe: Recipe | string, options: LoadOptions = {}): Promise<Trimtab> {
    const resolved = typeof recipe === 'string' ? await loadRecipe(recipe) : recipe;
    const loaded = await loadModels(resolved, options);
    return new Trimtab(resolved, loaded, options.now ?? (() => performance.now()));
  }

  private constructor(recipe: Recipe, loaded: LoadedModels, now: () => number) {
    this.recipe = recipe;
    this.#loaded = loaded;
    this.#now = now;
    this.#renderer = createChatRenderer();
    this.#scheduler = new Scheduler({ pools: loaded.pools, concurrent: loaded.concurrent });
  }

  get models(): readonly ModelSummary[] {
    return [...this.#loaded.models.values()].map(
      ({ declaration, weights, alignment, context }) => ({
        name: declaration.name,
        file: declaration.file,
        weightBytes: weights.weightBytes,
        vocabularySize: weights.vocabulary.size,
        vocabularyReport: alignment.report,
        contextLength: context.contextLength,
      }),
    );
  }

  get stats(): SchedulerStats {
    return this.#scheduler.stats;
  }

  /**
   * Answers a prompt, piece by piece. The generation starts at once, whether or not it is read; leaving
   * the loop ends it. A reader that falls far behind makes it wait.
   */
  stream(prompt: Prompt, options: GenerateOptions = {}): GenerationStream {
    const left = new AbortController();
    const starting = this.#start(prompt, options, left.signal);
    const result = starting.then((generation) => generation.result);
    result.catch(() => {}); // whoever only iterates learns of the error there
    return {
      result,
      async *[Symbol.asyncIterator]() {
        const generation = await starting;
        try {
          yield* generation.chunks.read();
        } finally {
          left.abort(new DOMException('The reader left the stream.', 'AbortError'));
        }
      },
    };
  }

  /** Answers a prompt at once. @throws InvalidOptionError, ContextLengthError, NonFiniteLogitsError, … */
  async generate(prompt: Prompt, options: GenerateOptions = {}): Promise<GenerationResult> {
    const generation = await this.#start(prompt, options);
    return generation.result;
  }

  /**
   * Log-probs of a given continuation of a prompt, of the composition or of one model (`only`), at
   * temperature 1 before penalties.
   * @param continuation - Text, tokenised by itself, or token ids of the base.
   */
  async score(
    prompt: Prompt,
    continuation: string | readonly TokenId[],
    options: ScoreOptions = {},
  ): Promise<ScoreResult> {
    checkOptionNames(options);
    const signal = this.#endedBy(options.signal);
    const request = await this.#resolve(prompt, { ...options, keepRows: false, signal });
    const tokens =
      typeof continuation === 'string'
        ? request.vocabulary.tokenize(continuation, { addSpecial: false, parseSpecial: false })
        : continuation;
    if (tokens.length === 0) {
      throw new InvalidOptionError(
        'continuation',
        'The continuation is empty: there is nothing to score.',
      );
    }
    const scoring = new Scoring({ request, continuation: tokens, signal, kernels: this.#kernels });
    this.#submit(scoring, signal);
    return scoring.result;
  }

  /** Ends every generation with {@link DisposedError} and frees the models. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const reason = new DisposedError(`The recipe ${this.recipe.name} was disposed of.`);
    this.#closed.abort(reason);
    await this.#scheduler.close(reason);
    await this.#renderer[Symbol.asyncDispose]();
    this.#loaded[Symbol.dispose]();
  }

  async #start(prompt: Prompt, options: GenerateOptions, left?: AbortSignal): Promise<Generation> {
    checkOptionNames(options);
    const { recipe } = this;
    const report = resolveReport(options);
    const sampling = resolveSampling(options, recipe.sampling);
    const signal = this.#endedBy(options.signal, left);
    const keepRows = report.logprobs;
    const request = await this.#resolve(prompt, { ...options, keepRows, signal });
    const models = request.models.map(({ model }) => model);
    const generation = new Generation({
      request,
      sampling,
      seed: sampling.seed ?? drawSeed(),
      stop: resolveStopStrings(options.stop ?? recipe.stop),
      maxTokens: resolveMaxTokens(options.maxTokens, models[0]!.context.contextLength),
      endOfGeneration: endOfGeneration(models),
      ...report,
      signal,
      kernels: this.#kernels,
      now: this.#now,
      onDrain: () => this.#scheduler.wake(),
    });
    this.#submit(generation, signal);
    return generation;
  }

  #resolve(prompt: Prompt, options: Parameters<typeof resolveRequest>[4]) {
    return resolveRequest(this.recipe, this.#loaded, this.#renderer, prompt, options);
  }

  #submit(task: Generation | Scoring, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#scheduler.submit(task);
    const wake = () => this.#scheduler.wake();
    signal.addEventListener('abort', wake, { once: true });
    void task.result.then(remove, remove);

    function remove(): void {
      signal.removeEventListener('abort', wake);
    }
  }

  /** A signal of everything that can end a request. @throws The reason, if one already has. */
  #endedBy(...signals: (AbortSignal | undefined)[]): AbortSignal {
    const given = signals.filter((signal) => signal !== undefined);
    const signal = AbortSignal.any([this.#closed.signal, ...given]);
    signal.throwIfAborted();
    return signal;
  }
}
