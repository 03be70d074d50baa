import { didYouMean } from '../../faults/index.ts';
import { drawSeed } from '../../math/index.ts';
import {
  DisposedError,
  InvalidOptionError,
  type GenerateServiceRequest,
  type GenerationChunk,
  type GenerationResult,
  type InferenceService,
  type Prompt,
  type ScoreResult,
  type ScoreServiceRequest,
  type ServedRecipe,
  type ServiceRequest,
  type ServiceStatus,
  type ServiceStream,
  type TokenId,
} from '../../spec/index.ts';
import { backgroundTimer, type StartTimer } from '../../waiting/index.ts';
import { noStats } from '../no-stats.ts';
import { requireRecipe } from '../require-recipe.ts';
import { createHttpStream } from './http-stream.ts';
import { readAnswer } from './read-answer.ts';
import { toAnswerRequest, toInput, type Dialect } from './request-body.ts';
import { requireTokens, scoreTokens } from './score-tokens.ts';
import { readServed, readStatus } from './served.ts';
import { ServerClient, type ServerAddress, type RouteAnswer } from './server-client.ts';

type TokenizeOptions = Parameters<InferenceService['tokenize']>[2];

export interface HttpServiceOptions extends ServerAddress {
  /** How often the server is asked anew for its recipes and its status; by default when recipes load. */
  readonly statusMs?: number;
  readonly startTimer?: StartTimer;
  /** Milliseconds from any origin; `performance.now` by default. */
  readonly now?: () => number;
  /** Gives up what {@link createHttpService} asks. */
  readonly signal?: AbortSignal;
}

/** A server's recipes. What the wire cannot carry is refused, with its name. */
export class HttpService implements InferenceService {
  readonly #client: ServerClient;
  readonly #options: HttpServiceOptions;
  readonly #closed = new AbortController();
  #dialect: Dialect = 'trimtab';
  #recipes: ReadonlyMap<string, ServedRecipe> = new Map();
  #status: ServiceStatus = { state: 'starting', enginePid: null, restarts: 0, stats: noStats };
  /** Whose requests they all are: on the server it is the key's. */
  #owner: string | undefined;
  #stopTimer: () => void = () => {};

  /** @throws InvalidOptionError for a URL that is none. */
  constructor(options: HttpServiceOptions) {
    this.#client = new ServerClient(options);
    this.#options = options;
  }

  /** Of the server, without a slash at its end and without `/v1`. */
  get url(): string {
    return this.#client.url;
  }

  get status(): ServiceStatus {
    return this.#closed.signal.aborted ? { ...this.#status, state: 'stopped' } : this.#status;
  }

  get scoredPrompts(): 'tokens' | 'none' {
    return this.#dialect === 'trimtab' ? 'tokens' : 'none';
  }

  recipes(): readonly ServedRecipe[] {
    return [...this.#recipes.values()];
  }

  /** Asks the server what it serves, and again every `statusMs`. @throws EngineUnavailableError, ServerRefusal */
  async start(): Promise<void> {
    await this.#refresh(this.#endedBy(this.#options.signal));
    this.#refreshLater();
  }

  async load(recipe: string, signal?: AbortSignal): Promise<ServedRecipe> {
    const ended = this.#endedBy(signal);
    if (!this.#recipes.has(recipe)) await this.#refresh(ended);
    this.#require({ recipe });
    try {
      // Whatever needs its vocabulary loads it.
      if (this.#dialect === 'trimtab') {
        await this.#client.post('/tokenize', { model: recipe, content: '' }, ended);
      }
    } finally {
      if (!ended.aborted) await this.#refresh(ended);
    }
    return this.#require({ recipe });
  }

  /** What a route of the server answers to a body in JSON. @throws EngineUnavailableError, the signal's reason */
  ask(path: string, body: string, signal?: AbortSignal): Promise<RouteAnswer> {
    return this.#client.ask(path, body, this.#endedBy(signal));
  }

  unload(recipe: string): Promise<void> {
    return Promise.reject(
      new InvalidOptionError(
        'unload',
        `unload: ${recipe} is loaded by ${this.url}, which unloads what nobody uses itself.`,
      ),
    );
  }

  stream(request: GenerateServiceRequest): ServiceStream {
    const { signal } = request;
    const ended = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
    return createHttpStream((ending) => this.#generate(request, ending), ended);
  }

  async score(request: ScoreServiceRequest): Promise<ScoreResult> {
    const { recipe, continuation, options } = request;
    const signal = this.#endedBy(request.signal);
    const { only, params, schedules } = options;
    this.#require({ recipe, only });
    this.#claim(request);
    this.#requireOurs('score', 'Likelihoods of given texts');
    const prompt = requireTokens(request);
    if (typeof continuation === 'object' && 'answer' in continuation) {
      throw new InvalidOptionError(
        'continuation',
        'A server scores texts and tokens: what ends an answer is known where its models are.',
      );
    }
    const tokens =
      typeof continuation === 'string'
        ? await this.#tokenize(
            recipe,
            continuation,
            { only, addSpecial: false, parseSpecial: false },
            signal,
          )
        : continuation;
    if (tokens.length === 0) {
      throw new InvalidOptionError(
        'continuation',
        'The continuation is empty: there is nothing to score.',
      );
    }
    const model = modelOf(recipe, only);
    const steering = { ...(params && { params }), ...(schedules !== undefined && { schedules }) };
    return scoreTokens(this.#client, { model, prompt, continuation: tokens, steering }, signal);
  }

  async tokenize(recipe: string, text: string, options: TokenizeOptions): Promise<TokenId[]> {
    const signal = this.#endedBy();
    this.#require({ recipe, only: options.only });
    this.#requireOurs('tokenize', 'Tokens of texts');
    if (options.mustFit === true) {
      throw new InvalidOptionError(
        'mustFit',
        'mustFit: a server cannot be asked to refuse what its context does not hold. Count the tokens.',
      );
    }
    return this.#tokenize(recipe, text, options, signal);
  }

  async tokenizePrompt(
    recipe: string,
    prompt: Prompt,
    { only, signal }: Parameters<InferenceService['tokenizePrompt']>[2],
  ): Promise<TokenId[]> {
    const ended = this.#endedBy(signal);
    this.#require({ recipe, only });
    this.#requireOurs('tokenizePrompt', 'Tokens of prompts');
    if (typeof prompt === 'object' && 'tokens' in prompt) return [...prompt.tokens];
    const body = { model: modelOf(recipe, only), ...toInput(prompt, this.#dialect) };
    return ((await this.#client.post('/tokenize', body, ended)) as { tokens: TokenId[] }).tokens;
  }

  async detokenize(
    recipe: string,
    tokens: readonly TokenId[],
    { only }: Pick<TokenizeOptions, 'only'>,
  ): Promise<string> {
    const signal = this.#endedBy();
    this.#require({ recipe, only });
    this.#requireOurs('detokenize', 'Texts of tokens');
    const body = { model: modelOf(recipe, only), tokens };
    return ((await this.#client.post('/detokenize', body, signal)) as { content: string }).content;
  }

  /** Ends what runs with {@link DisposedError}; the server stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTimer();
    this.#closed.abort(new DisposedError('The service was disposed of.'));
  }

  async *#generate(
    request: GenerateServiceRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationChunk, GenerationResult, undefined> {
    signal.throwIfAborted();
    const { recipe, profile, options } = request;
    this.#require({ recipe, only: options.only });
    this.#claim(request);
    if (profile !== undefined) this.#requireOurs('profile', 'Reward profiles');
    const isOurs = this.#dialect === 'trimtab';
    // The answer tells it; another server's does not, so that it is chosen here.
    const seed = options.seed ?? drawSeed();
    const filled = { ...options, ...(!isOurs && { seed }), ...(await this.#room(request, signal)) };
    const { path, body } = toAnswerRequest({ ...request, recipe, options: filled }, this.#dialect);
    const { now = () => performance.now() } = this.#options;
    const expected = { url: this.url, options, seed, now };
    return yield* readAnswer(this.#client.events(path, body, signal), expected);
  }

  /** The rest of the context, where nothing else is asked for: a completion's own default are 16 tokens. */
  async #room(
    { recipe, prompt, options }: GenerateServiceRequest,
    signal: AbortSignal,
  ): Promise<{ readonly maxTokens?: number }> {
    const isRaw = typeof prompt === 'object' && !('messages' in prompt);
    if (!isRaw || options.maxTokens !== undefined || this.#dialect !== 'trimtab') return {};
    const known = this.#require({ recipe });
    const { models } = known.models.length > 0 ? known : await this.load(recipe, signal);
    return { maxTokens: Math.max(...models.map(({ contextLength }) => contextLength)) };
  }

  async #tokenize(
    recipe: string,
    text: string,
    { only, addSpecial, parseSpecial }: TokenizeOptions,
    signal: AbortSignal,
  ): Promise<TokenId[]> {
    const special = { add_special: addSpecial, parse_special: parseSpecial };
    const body = { model: modelOf(recipe, only), content: text, ...special };
    return ((await this.#client.post('/tokenize', body, signal)) as { tokens: TokenId[] }).tokens;
  }

  /** @throws ModelNotFoundError: a server of one recipe would take any name for it; InvalidOptionError */
  #require({
    recipe,
    only,
  }: {
    readonly recipe: string;
    readonly only?: string | undefined;
  }): ServedRecipe {
    const served = requireRecipe(this.#recipes, recipe);
    if (only === undefined || served.modelNames.includes(only)) return served;
    const names = served.modelNames;
    throw new InvalidOptionError(
      'only',
      `The recipe has no model ${JSON.stringify(only)}.${didYouMean(only, names)} It has ${names.join(', ')}.`,
    );
  }

  /** @throws InvalidOptionError for a second owner, and for a part of a request. */
  #claim({ owner, request }: Pick<ServiceRequest, 'owner' | 'request'>): void {
    if (request !== undefined) {
      throw new InvalidOptionError(
        'request',
        'request: each request to a server is one of its own and cannot be part of another.',
      );
    }
    this.#owner ??= owner;
    if (owner === this.#owner) return;
    throw new InvalidOptionError(
      'owner',
      `owner: ${this.url} takes all requests of one key for one owner's, and ${JSON.stringify(this.#owner)} ` +
        `has asked by this one. Ask for ${JSON.stringify(owner)} by another service, with another key.`,
    );
  }

  /** @throws InvalidOptionError where the server is no Trimtab. */
  #requireOurs(option: string, what: string): void {
    if (this.#dialect === 'trimtab') return;
    throw new InvalidOptionError(
      option,
      `${option}: ${what} are not part of the OpenAI API, and ${this.url} is no Trimtab server.`,
    );
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { dialect, recipes } = await readServed(this.#client, signal);
    this.#dialect = dialect;
    this.#recipes = recipes;
    if (dialect === 'openai') {
      this.#status = { ...this.#status, state: 'ready' };
      return;
    }
    const { isReady, restarts, stats } = await readStatus(this.#client, signal);
    const state = isReady ? 'ready' : 'restarting';
    this.#status = { state, enginePid: null, restarts, stats };
  }

  #refreshLater(): void {
    const { statusMs, startTimer = backgroundTimer } = this.#options;
    if (statusMs === undefined || this.#closed.signal.aborted) return;
    this.#stopTimer = startTimer(statusMs, () => {
      this.#refresh(this.#closed.signal)
        .catch(() => {
          // It is not there, or its engine is not: asked again.
          this.#status = { ...this.#status, state: 'restarting' };
        })
        .finally(() => this.#refreshLater());
    });
  }

  /** @throws The reason, if it has ended already. */
  #endedBy(signal?: AbortSignal): AbortSignal {
    this.#closed.signal.throwIfAborted();
    signal?.throwIfAborted();
    return AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
  }
}

function modelOf(recipe: string, only: string | undefined): string {
  return only === undefined ? recipe : `${recipe}/${only}`;
}
