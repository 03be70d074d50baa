import type { Recipe } from '../../recipe/index.ts';
import {
  DisposedError,
  QueueFullError,
  type GenerateServiceRequest,
  type InferenceService,
  type Prompt,
  type ScoreResult,
  type ScoreServiceRequest,
  type ServedRecipe,
  type ServiceStatus,
  type ServiceStream,
  type TokenId,
} from '../../spec/index.ts';
import { LoadCrashes } from './load-crashes.ts';
import type { ServiceCall, StatusMessage } from './protocol.ts';
import { noStats } from '../no-stats.ts';
import { requireRecipe } from '../require-recipe.ts';
import type { RemoteCalls } from './remote-calls.ts';
import { createRemoteStream } from './remote-stream.ts';
import { toServedRecipe } from '../served-recipe.ts';
import { supervisionDefaults, type SupervisedServiceOptions } from './supervision.ts';
import { Supervisor } from './supervisor.ts';
import { systemTimer } from '../../waiting/index.ts';

type TokenizeOptions = Parameters<InferenceService['tokenize']>[2];

/** The engine in a child process that may die: see {@link createSupervisedService}. */
export class SupervisedService implements InferenceService {
  readonly #supervisor: Supervisor;
  readonly #crashes: LoadCrashes;
  readonly #maxRequests: number;
  readonly #recipes: ReadonlyMap<string, Recipe>;
  #served: readonly ServedRecipe[] = [];
  #stats = noStats;
  #open = 0;
  #closing: Promise<void> | undefined;

  constructor(
    recipes: ReadonlyMap<string, Recipe>,
    options: Omit<SupervisedServiceOptions, 'recipes'>,
  ) {
    const supervision = { ...supervisionDefaults, ...options.supervision };
    const { minLoadPauseMs: minMs, maxLoadPauseMs: maxMs } = supervision;
    const { engineOptions, idleUnloadMs, onEngineLog = () => {} } = options;
    const startTimer = options.startTimer ?? systemTimer;
    this.#crashes = new LoadCrashes({ minMs, maxMs, startTimer });
    this.#recipes = recipes;
    this.#maxRequests = supervision.maxRequests;
    this.#supervisor = new Supervisor({
      start: {
        kind: 'start',
        recipes: [...recipes.values()],
        options: { ...(engineOptions && { engineOptions }), idleUnloadMs },
        statusMs: supervision.statusMs,
      },
      supervision,
      startTimer,
      onStatus: (message) => this.#onStatus(message),
      onLoss: () => this.#onLoss(),
      onLog: onEngineLog,
    });
  }

  get status(): ServiceStatus {
    const { state, pid, restarts } = this.#supervisor;
    const stats = state === 'ready' ? this.#stats : noStats;
    return { state, enginePid: pid, restarts, stats };
  }

  /** Waits for the first start. @throws EngineUnavailableError */
  async started(): Promise<void> {
    await this.#supervisor.started();
  }

  recipes(): readonly ServedRecipe[] {
    const served = this.#supervisor.state === 'ready' ? this.#served : unloaded(this.#recipes);
    return served.map((recipe) => this.#crashes.mark(recipe));
  }

  async load(recipe: string, signal?: AbortSignal): Promise<ServedRecipe> {
    return (await this.#call({ method: 'load', recipe }, recipe, signal)) as ServedRecipe;
  }

  async unload(recipe: string): Promise<void> {
    this.#crashes.clear(recipe);
    await this.#call({ method: 'unload', recipe }, recipe);
  }

  stream({ signal, ...request }: GenerateServiceRequest): ServiceStream {
    const call: ServiceCall = { method: 'stream', request };
    return createRemoteStream(call, signal, (work) =>
      this.#withCalls(request.recipe, signal, work),
    );
  }

  async score({ signal, ...request }: ScoreServiceRequest): Promise<ScoreResult> {
    const call: ServiceCall = { method: 'score', request };
    return (await this.#call(call, request.recipe, signal)) as ScoreResult;
  }

  async tokenize(recipe: string, text: string, options: TokenizeOptions): Promise<TokenId[]> {
    const call: ServiceCall = { method: 'tokenize', recipe, text, options };
    return (await this.#call(call, recipe)) as TokenId[];
  }

  async tokenizePrompt(
    recipe: string,
    prompt: Prompt,
    { only, signal }: Parameters<InferenceService['tokenizePrompt']>[2],
  ): Promise<TokenId[]> {
    const call: ServiceCall = { method: 'tokenizePrompt', recipe, prompt, options: { only } };
    return (await this.#call(call, recipe, signal)) as TokenId[];
  }

  async detokenize(
    recipe: string,
    tokens: readonly TokenId[],
    options: Pick<TokenizeOptions, 'only'>,
  ): Promise<string> {
    const call: ServiceCall = { method: 'detokenize', recipe, tokens, options };
    return (await this.#call(call, recipe)) as string;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#crashes.clearAll();
    this.#closing ??= this.#supervisor.stop(new DisposedError('The service was disposed of.'));
    return this.#closing;
  }

  #call(
    call: Exclude<ServiceCall, { method: 'stream' }>,
    recipe: string,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return this.#withCalls(recipe, signal, (calls) => calls.start(call, signal).result);
  }

  #onStatus({ stats, recipes }: StatusMessage): void {
    this.#stats = stats;
    if (recipes === undefined) return;
    this.#served = recipes;
    for (const { name, state } of recipes) if (state === 'ready') this.#crashes.clear(name);
  }

  #onLoss(): void {
    for (const { name, state } of this.#served) if (state === 'loading') this.#crashes.blame(name);
    this.#served = [];
  }

  /** Runs one request on a process that answers. @throws ModelNotFoundError, QueueFullError, … */
  async #withCalls<Result>(
    recipe: string,
    signal: AbortSignal | undefined,
    work: (calls: RemoteCalls) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closing !== undefined) throw new DisposedError('The service was disposed of.');
    requireRecipe(this.#recipes, recipe);
    this.#crashes.check(recipe);
    if (this.#open >= this.#maxRequests) {
      throw new QueueFullError(
        `${this.#open} requests are open and the service takes ${this.#maxRequests}. Try again later.`,
        1,
      );
    }
    this.#open++;
    try {
      return await work(await this.#supervisor.connect(signal));
    } finally {
      this.#open--;
    }
  }
}

function unloaded(recipes: ReadonlyMap<string, Recipe>): ServedRecipe[] {
  return [...recipes.values()].map((recipe) =>
    toServedRecipe(recipe, { state: 'unloaded', failure: null, models: [] }),
  );
}
