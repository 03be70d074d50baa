import path from 'node:path';

import { drawSeed } from '../math/index.ts';
import { checkOptions, resolveStopStrings } from '../options/index.ts';
import {
  loadRecipe,
  placeRecipe,
  requireFile,
  requireRecipeConstraint,
  resolveKlBudget,
  type Recipe,
} from '../recipe/index.ts';
import { resolveSampling, type ResolvedSampling } from '../sampling/index.ts';
import {
  ConstraintError,
  DisposedError,
  InvalidOptionError,
  type Continuation,
  type EngineStats,
  type ModelSource,
  type GenerateOptions,
  type GenerationChunk,
  type GenerationResult,
  type PreparedPrompt,
  type Prompt,
  type ScoreResult,
  type ServedModel,
  type TokenId,
  type Vocabulary,
  type WholeAnswer,
} from '../spec/index.ts';
import { Acceptances } from './decode/acceptances.ts';
import { bestOf, type RunningAnswer } from './decode/best-of.ts';
import { constrainAnswer } from './request/calls.ts';
import { prepareConstraint } from './request/constraints.ts';
import { Generation, type GenerationSettings } from './decode/generation.ts';
import { withGivenRewards, type GivenReward } from './reward/given-rewards.ts';
import { loadRewards, type LoadedRewards } from './reward/load-rewards.ts';
import { resolveRequestRewards } from './reward/resolve-rewards.ts';
import { requireSampling, resolveMinTokens, resolveReport } from './request/options.ts';
import type { OnToken } from './decode/chosen-token.ts';
import { EngineCore, type EngineOptions } from './core.ts';
import { loadModels, type LoadedModels } from './load/models.ts';
import { describeComputing } from './load/settings.ts';
import { checkTokens, endOfGeneration, viewModel } from './request/prompts.ts';
import { requireTellableRequest } from './request/require-tellable-request.ts';
import { resolveSpeculation } from './request/speculation.ts';
import {
  readContinuation,
  RecipeTexts,
  type LongTextOptions,
  type TokenizeOptions,
} from './request/texts.ts';
import {
  requireModel,
  resolveRequest,
  withModels,
  type ResolvedRequest,
  sayableOf,
} from './request/request.ts';
import { Scoring } from './decode/scoring.ts';
import { PromptStates } from './states/prompt-states.ts';
import type { TaskShare } from './cache/lane.ts';
import type { LoadProgress } from './load/weights.ts';
import { onAbort } from '../waiting/index.ts';

export interface LoadRecipeOptions {
  /** Called while files load, for a progress bar. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Rewards given in code, by name, beside those of the recipe. */
  readonly rewards?: Readonly<Record<string, GivenReward>>;
  /** Run reward modules that the recipe names: they are programs. `false` by default. */
  readonly allowModules?: boolean;
  readonly signal?: AbortSignal;
}

export interface LoadOptions extends LoadRecipeOptions, EngineOptions {}

/** What a program in this process asks besides. */
export interface WatchedOptions extends GenerateOptions {
  /** Sees each token as it is chosen, with the models' logits. */
  readonly onToken?: OnToken;
}

export type ScoreOptions = Pick<
  GenerateOptions,
  | 'params'
  | 'schedules'
  | 'only'
  | 'topLogprobs'
  | 'allLogprobs'
  | 'owner'
  | 'request'
  | 'priority'
  | 'signal'
>;

export interface ExchangeOptions {
  /** The model that reads it; the base by default. */
  readonly only?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Token ids of a prompt and of the answer to it. */
export interface TokenizedExchange {
  readonly prompt: readonly TokenId[];
  /** With the end, where the vocabulary has one. */
  readonly answer: readonly TokenId[];
}

/** A running generation: iterate it for the text as it comes, or await `result`. */
export interface GenerationStream extends AsyncIterable<GenerationChunk> {
  /** The whole answer. Rejects with the error or the abort's reason that ended it. */
  readonly result: Promise<GenerationResult>;
}

/**
 * A recipe with its models loaded: answers prompts with the composition, many at once.
 *
 * ```ts
 * await using trimtab = await LoadedRecipe.load('recipes/atlas-chat.yaml');
 * for await (const { text } of trimtab.stream('Where was Elnin Oslack born?')) process.stdout.write(text);
 * ```
 */
export class LoadedRecipe implements AsyncDisposable {
  readonly recipe: Recipe;
  readonly #core: EngineCore;
  readonly #loaded: LoadedModels;
  readonly #loadedRewards: LoadedRewards;
  readonly #texts: RecipeTexts;
  /** Whether the engine is this recipe's own, and ends with it. */
  readonly #ownsCore: boolean;
  /** What drafts have been worth, over all requests. */
  readonly #acceptances = new Acceptances();
  /** `null` where the engine keeps no states. */
  readonly #states: PromptStates | null;
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /**
   * Loads a recipe's models, in an engine of their own.
   * @param recipe - A recipe, or the path of one.
   * @throws RecipeError, GgufError, ModelLoadError, LibraryError, VocabularyMismatchError,
   *   InsufficientMemoryError, InvalidOptionError, or the signal's reason.
   */
  static async load(recipe: Recipe | string, options: LoadOptions = {}): Promise<LoadedRecipe> {
    const core = new EngineCore(options);
    try {
      return await LoadedRecipe.loadInto(core, recipe, options, true);
    } catch (error) {
      await core[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @internal Loads a recipe into an engine that it may share with others. */
  static async loadInto(
    core: EngineCore,
    recipe: Recipe | string,
    options: LoadRecipeOptions,
    ownsCore = false,
  ): Promise<LoadedRecipe> {
    const resolved =
      typeof recipe === 'string' ? await loadRecipe(recipe) : await placeRecipe(recipe);
    const { weights, counters, memoryLimitBytes } = core;
    const { onProgress, signal, allowModules = core.allowModules } = options;
    const given = new Map(Object.entries(options.rewards ?? {}));
    const complete = withGivenRewards(resolved, given);
    const owner = `\0recipe ${complete.name}`; // no request's
    await requireRecipeConstraint(complete, (constraint) =>
      core.compiler.compile(constraint, { owner, ...(signal && { signal }) }),
    );
    const wake = () => core.scheduler.wake();
    const loading = { weights, counters, wake, memoryLimitBytes, onProgress, signal };
    const loaded = await loadModels(complete, loading);
    try {
      const { scalarModels } = loaded;
      const rewards = await loadRewards(complete, { scalarModels, given, allowModules });
      const trimtab = new LoadedRecipe(core, complete, loaded, rewards, ownsCore);
      core.add(loaded, () => trimtab[Symbol.asyncDispose]());
      return trimtab;
    } catch (error) {
      loaded[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    core: EngineCore,
    recipe: Recipe,
    loaded: LoadedModels,
    rewards: LoadedRewards,
    ownsCore: boolean,
  ) {
    this.recipe = recipe;
    this.#core = core;
    this.#loaded = loaded;
    this.#loadedRewards = rewards;
    this.#texts = new RecipeTexts(loaded, recipe.base);
    this.#states = core.states && new PromptStates(recipe, core.states);
    this.#ownsCore = ownsCore;
  }

  /** What is known of its models, in the recipe's order. */
  get models(): readonly ServedModel[] {
    return [...this.#loaded.models.values()].map(
      ({ declaration, weights, alignment, context }) => ({
        name: declaration.name,
        ...servedFile(declaration.source, weights.name),
        weightBytes: weights.weightBytes,
        vocabularySize: weights.vocabulary.size,
        vocabularyReport: alignment.report,
        contextLength: context.contextLength,
        kernels: describeComputing(this.recipe, weights),
      }),
    );
  }

  /** What is not as the recipe asked, e.g. a fast path that this processor computes wrongly. */
  get warnings(): readonly string[] {
    return this.#loaded.warnings;
  }

  /** Of the engine, which may run other recipes too. */
  get stats(): Omit<EngineStats, 'residentBytes'> {
    return this.#core.stats;
  }

  /**
   * Answers a prompt, piece by piece. The generation starts at once, whether or not it is read; leaving
   * the loop ends it. A reader that falls far behind makes it wait.
   */
  stream(prompt: Prompt, options: WatchedOptions = {}): GenerationStream {
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
  async generate(prompt: Prompt, options: WatchedOptions = {}): Promise<GenerationResult> {
    const generation = await this.#start(prompt, options);
    return generation.result;
  }

  /**
   * Log-probs of a given continuation of a prompt, of the composition or of one model (`only`), at
   * temperature 1 before penalties.
   * @param continuation - Token ids are of the base.
   */
  async score(
    prompt: Prompt,
    continuation: Continuation,
    options: ScoreOptions = {},
  ): Promise<ScoreResult> {
    checkOptions(options, 'score');
    const { topLogprobs, allLogprobs } = resolveReport(options);
    const signal = this.#endedBy(options.signal);
    const request = await this.#resolve(prompt, { ...options, keepRows: false, signal });
    requireTellableRequest(request, { scores: true });
    const tokens = await readContinuation(continuation, request, signal);
    if (tokens.length === 0) {
      throw new InvalidOptionError(
        'continuation',
        'The continuation is empty: there is nothing to score.',
      );
    }
    const scoring = new Scoring({
      request,
      continuation: tokens,
      topLogprobs,
      allLogprobs,
      share: shareOf(options),
      signal,
      kernels: this.#core.kernels,
    });
    this.#submit(scoring, signal);
    return scoring.result;
  }

  /**
   * A prompt and its answer as one model reads them: the prompt through its view, the answer with its end. It is
   * what that model would have to be tuned on to give the answer.
   * @throws InvalidOptionError, TemplateError, ContextLengthError
   */
  async tokenizeExchange(
    prompt: Prompt,
    { answer }: WholeAnswer,
    { only = this.recipe.base, signal }: ExchangeOptions = {},
  ): Promise<TokenizedExchange> {
    const ended = this.#endedBy(signal);
    const request = await this.#resolve(prompt, { only, keepRows: false, signal: ended });
    const tokens = await readContinuation({ answer }, request, ended);
    return { prompt: request.basePrompt, answer: tokens };
  }

  /**
   * A prompt as the base reads it, or the model `only`: the tokens that an answer's `usage.promptTokens` counts.
   * @throws InvalidOptionError, TemplateError, ContextLengthError
   */
  async tokenizePrompt(
    prompt: Prompt,
    { only, signal }: ExchangeOptions = {},
  ): Promise<readonly TokenId[]> {
    const ended = this.#endedBy(signal);
    const request = await this.#resolve(prompt, { only, keepRows: false, signal: ended });
    return request.basePrompt;
  }

  /** Token ids of a text, of the base's vocabulary or of the model `only`. */
  tokenize(text: string, options: TokenizeOptions = {}): TokenId[] {
    return this.#open().tokenize(text, options);
  }

  /**
   * {@link tokenize} for texts that others give: of bounded length, and other work goes on meanwhile.
   * @throws InvalidOptionError for more than 1 MiB; ContextLengthError for what must fit the context and
   *   does not.
   */
  async tokenizeLong(text: string, options: LongTextOptions = {}): Promise<TokenId[]> {
    return this.#open().tokenizeLong(text, options);
  }

  /** The text of token ids; control tokens have none. @throws InvalidOptionError */
  detokenize(tokens: readonly TokenId[], { only }: Pick<TokenizeOptions, 'only'> = {}): string {
    return this.#open().detokenize(tokens, only);
  }

  /** Ends every generation with {@link DisposedError} and frees the models. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new DisposedError(`The recipe ${this.recipe.name} was disposed of.`));
    await Promise.allSettled(this.#running);
    this.#core.remove(this.#loaded);
    await this.#loadedRewards[Symbol.asyncDispose]();
    if (this.#ownsCore) await this.#core[Symbol.asyncDispose]();
  }

  #open(): RecipeTexts {
    this.#closed.signal.throwIfAborted();
    return this.#texts;
  }

  async #start(
    prompt: Prompt,
    { onToken, ...options }: WatchedOptions,
    left?: AbortSignal,
  ): Promise<RunningAnswer> {
    checkOptions(options, 'generate');
    if (onToken !== undefined && typeof onToken !== 'function') {
      throw new InvalidOptionError('onToken', 'onToken must be a function.');
    }
    const { recipe } = this;
    const sampling = resolveSampling(options, recipe.sampling);
    const seed = sampling.seed ?? drawSeed();
    const own = new AbortController();
    const signal = this.#endedBy(options.signal, left, own.signal);
    const settings = await this.#settings(prompt, { ...options, sampling, onToken, signal });
    const onPromptRead = await this.#prepare(settings, options.prepared);
    const start = (index: number): Generation => {
      const generation = new Generation({
        ...settings,
        onPromptRead: index === 0 ? onPromptRead : undefined,
        constraint: settings.createConstraint(),
        sampling,
        seed: seed + index,
        answer: index,
        signal,
      });
      this.#submit(generation, signal);
      return generation;
    };
    const guidance = settings.rewards?.guidance;
    if (guidance === undefined || !settings.rewards!.isGuiding) return start(0);
    if (guidance.method === 'args' || guidance.method === 'rad') return start(0);
    requireSampling(guidance, sampling);
    if (guidance.method === 'segments') return start(0);
    const answers = Array.from({ length: guidance.n }, (_, index) => start(index));
    return bestOf(answers, settings.rewards!, (reason) => own.abort(reason));
  }

  /** What the answers of one request have in common. */
  async #settings(prompt: Prompt, { onToken, sampling, ...options }: WatchedSettings) {
    const { recipe } = this;
    const report = resolveReport(options);
    const klBudget = resolveKlBudget(recipe, options.klBudget);
    const isAlone = options.only !== undefined;
    const limitsShift = klBudget !== null && !isAlone;
    const keepRows = report.logprobs || onToken !== undefined;
    const request = await this.#resolve(prompt, { ...options, keepRows, limitsShift });
    requireTellableRequest(request, {
      sampling,
      allLogprobs: report.allLogprobs,
      watches: onToken !== undefined,
      limitsShift,
    });
    const rewards = isAlone ? null : await this.#rewards(prompt, request, options);
    const rewarded = withModels(request, rewards?.models ?? []);
    const { speculation, added, warnings } = resolveSpeculation({
      asked: options.speculation,
      recipe,
      loaded: this.#loaded.models,
      request: rewarded,
      isAlone,
      acceptances: this.#acceptances,
      prepared: checkDrafts(options.prepared, request.vocabulary),
    });
    const { renderer } = this.#core;
    const drafting = added && (await viewModel(prompt, added, request.views));
    const models = request.models.map(({ model }) => model);
    const maxTokens = options.maxTokens ?? models[0]!.context.contextLength;
    const answering = requireModel(this.#loaded.models, options.only ?? recipe.base);
    const { calls, constraint, placed } = await constrainAnswer(prompt, {
      model: answering,
      asked: options.constraint,
      usual: recipe.constraint,
      renderer,
    });
    const { compiler, masks, kernels } = this.#core;
    const share = shareOf(options);
    const prepared = await prepareConstraint(constraint, {
      compiler,
      masks,
      vocabulary: request.vocabulary,
      maxTokens,
      sayable: sayableOf(request),
      owner: share.owner,
      signal: options.signal,
    }).catch((error: unknown) => {
      throw error instanceof ConstraintError ? placed(error) : error;
    });
    return {
      calls,
      request: drafting === null ? rewarded : withModels(rewarded, [drafting]),
      speculation,
      warnings: [...warnings, ...prepared.warnings, ...(rewards?.plan.warnings ?? [])],
      rewards: rewards?.plan ?? null,
      klBudget: limitsShift ? klBudget : null,
      createConstraint: prepared.start,
      minTokens: resolveMinTokens(options.minTokens, maxTokens),
      maxTokens,
      stop: resolveStopStrings(options.stop ?? recipe.stop),
      endOfGeneration: endOfGeneration(models),
      ...report,
      onToken,
      share,
      kernels,
      masks,
      now: this.#core.now,
      wake: () => this.#core.scheduler.wake(),
    };
  }

  /** Restores states of the prompt. @returns What keeps them, where that is asked for. */
  async #prepare(
    { request, share }: Pick<GenerationSettings, 'request' | 'share'>,
    { state, saves = false }: PreparedPrompt = {},
  ): Promise<GenerationSettings['onPromptRead']> {
    if (state === undefined) return undefined;
    const states = this.#states;
    if (states === null) {
      throw new InvalidOptionError(
        'prepared.state',
        'prepared.state: the engine keeps no states. Say where, by its option `states`.',
      );
    }
    await states.restore(request.models, state, share.owner);
    return saves ? (lanes) => states.save(lanes, state) : undefined;
  }

  #rewards(prompt: Prompt, { vocabulary, views }: ResolvedRequest, options: GenerateOptions) {
    const { rewards } = this.#loadedRewards;
    const context = { recipe: this.recipe, loaded: this.#loaded, rewards, views };
    return resolveRequestRewards(context, prompt, vocabulary, options);
  }

  #resolve(prompt: Prompt, options: Parameters<typeof resolveRequest>[4]) {
    return resolveRequest(this.recipe, this.#loaded, this.#core.renderer, prompt, options);
  }

  #submit(task: Generation | Scoring, signal: AbortSignal): void {
    signal.throwIfAborted();
    const { scheduler } = this.#core;
    scheduler.submit(task);
    const stay = onAbort(signal, () => scheduler.wake());
    const ended = task.result.then(stay, stay);
    this.#running.add(ended);
    void ended.then(() => this.#running.delete(ended));
  }

  /** A signal of everything that can end a request. @throws The reason, if one already has. */
  #endedBy(...signals: (AbortSignal | undefined)[]): AbortSignal {
    const given = signals.filter((signal) => signal !== undefined);
    const signal = AbortSignal.any([this.#closed.signal, ...given]);
    signal.throwIfAborted();
    return signal;
  }
}

interface WatchedSettings extends GenerateOptions {
  readonly onToken: OnToken | undefined;
  readonly sampling: ResolvedSampling;
  readonly signal: AbortSignal;
}

/** @throws InvalidOptionError for an id that the vocabulary has not. */
function checkDrafts({ drafts = [] }: PreparedPrompt = {}, { size }: Vocabulary) {
  return drafts.map((draft, i) => checkTokens(`prepared.drafts[${i}]`, draft, size));
}

function shareOf({
  owner = '',
  request,
  priority = 'interactive',
}: Pick<GenerateOptions, 'owner' | 'request' | 'priority'>): TaskShare {
  return { owner, request: request ?? Symbol('request'), priority };
}

/** What is told of where a model is: no folder of this machine. */
function servedFile(source: ModelSource, name: string): Pick<ServedModel, 'file' | 'hub'> {
  if (source.kind === 'server') return { file: name };
  const { path: file, hub } = requireFile(source);
  return { file: path.basename(file), ...(hub !== undefined && { hub }) };
}
