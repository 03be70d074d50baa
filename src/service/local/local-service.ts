import type { Engine, LoadedRecipe } from '../../engine/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import {
  DisposedError,
  InvalidOptionError,
  type EngineStats,
  type GenerateServiceRequest,
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
import { noStats } from '../no-stats.ts';
import type { LocalServiceOptions } from '../options.ts';
import { requireRecipe } from '../require-recipe.ts';
import { RecipeSlot } from './recipe-slot.ts';
import { backgroundTimer } from '../../waiting/index.ts';

type TokenizeOptions = Parameters<InferenceService['tokenize']>[2];
type TokenizePromptOptions = Parameters<InferenceService['tokenizePrompt']>[2];

/** Tokens of one text. */
const mostDetokenized = 2 ** 18;

export interface LocalServiceSettings extends Omit<
  LocalServiceOptions,
  'recipes' | 'engineOptions'
> {
  /** Called once, when a recipe is first loaded. */
  readonly openEngine: () => Engine | Promise<Engine>;
}

/** The engine in this process. A fault of native code ends the process: see `createSupervisedService`. */
export class LocalService implements InferenceService {
  /** `undefined` until it is needed. */
  #engine: Engine | undefined;
  readonly #slots: ReadonlyMap<string, RecipeSlot>;
  readonly #closed = new AbortController();

  constructor(
    recipes: ReadonlyMap<string, Recipe>,
    {
      openEngine,
      idleUnloadMs,
      onChange = () => {},
      onProgress = () => {},
      onWarning = (warning) => process.emitWarning(warning),
      startTimer = backgroundTimer,
    }: LocalServiceSettings,
  ) {
    const { signal } = this.#closed;
    let opening: Promise<Engine> | undefined;
    const load = async (recipe: Recipe): Promise<LoadedRecipe> => {
      signal.throwIfAborted();
      opening ??= Promise.resolve(openEngine());
      this.#engine = await opening;
      return this.#engine.load(recipe, { signal, onProgress });
    };
    const slot = { load, onChange, onWarning, idleUnloadMs, startTimer };
    this.#slots = new Map(
      [...recipes].map(([name, recipe]) => [name, new RecipeSlot({ ...slot, recipe })]),
    );
  }

  get status(): ServiceStatus {
    const isOpen = !this.#closed.signal.aborted;
    return {
      state: isOpen ? 'ready' : 'stopped',
      enginePid: isOpen ? process.pid : null,
      restarts: 0,
      stats: this.#stats,
    };
  }

  recipes(): readonly ServedRecipe[] {
    return [...this.#slots.values()].map(({ summary }) => summary);
  }

  async load(recipe: string, signal?: AbortSignal): Promise<ServedRecipe> {
    const slot = this.#slot(recipe);
    return slot.use(() => slot.summary, signal);
  }

  async unload(recipe: string): Promise<void> {
    await this.#slot(recipe).unload();
  }

  stream(request: GenerateServiceRequest): ServiceStream {
    const { recipe, prompt, signal, keepAliveMs } = request;
    let onStart!: (stream: ServiceStream) => void;
    let onError!: (error: unknown) => void;
    const starting = new Promise<ServiceStream>((resolve, reject) => {
      onStart = resolve;
      onError = reject;
    });
    const generate = async () => {
      requireNoProfile(request);
      return this.#slot(recipe).use(
        (trimtab) => {
          const stream = trimtab.stream(prompt, toOptions(request));
          onStart(stream);
          return stream.result;
        },
        signal,
        keepAliveMs,
      );
    };
    const result = generate();
    result.catch(onError); // whoever only iterates learns of the error there
    starting.catch(() => {});
    return {
      result,
      async *[Symbol.asyncIterator]() {
        yield* await starting;
      },
    };
  }

  async score(request: ScoreServiceRequest): Promise<ScoreResult> {
    const { recipe, prompt, continuation, signal, keepAliveMs } = request;
    return this.#slot(recipe).use(
      (trimtab) => trimtab.score(prompt, continuation, toOptions(request)),
      signal,
      keepAliveMs,
    );
  }

  async tokenize(recipe: string, text: string, options: TokenizeOptions): Promise<TokenId[]> {
    return this.#slot(recipe).use((trimtab) => trimtab.tokenizeLong(text, options));
  }

  async tokenizePrompt(
    recipe: string,
    prompt: Prompt,
    { only, signal }: TokenizePromptOptions,
  ): Promise<TokenId[]> {
    const tokenize = async (trimtab: LoadedRecipe) => [
      ...(await trimtab.tokenizePrompt(prompt, { only, signal })),
    ];
    return this.#slot(recipe).use(tokenize, signal);
  }

  async detokenize(
    recipe: string,
    tokens: readonly TokenId[],
    options: Pick<TokenizeOptions, 'only'>,
  ): Promise<string> {
    if (tokens.length > mostDetokenized) {
      throw new InvalidOptionError(
        'tokens',
        `There are ${tokens.length} tokens: at most ${mostDetokenized} become text at once. Give them in parts.`,
      );
    }
    return this.#slot(recipe).use((trimtab) => trimtab.detokenize(tokens, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new DisposedError('The service was disposed of.'));
    await Promise.all([...this.#slots.values()].map((slot) => slot.close()));
    await this.#engine?.[Symbol.asyncDispose]();
  }

  get #stats(): EngineStats {
    return { ...noStats, ...this.#engine?.stats, residentBytes: process.memoryUsage.rss() };
  }

  /** @throws ModelNotFoundError, DisposedError */
  #slot(recipe: string): RecipeSlot {
    this.#closed.signal.throwIfAborted();
    return requireRecipe(this.#slots, recipe);
  }
}

/** Profiles are kept above: by then they are options. @throws InvalidOptionError */
function requireNoProfile({ profile }: GenerateServiceRequest): void {
  if (profile === undefined) return;
  throw new InvalidOptionError(
    'profile',
    `profile: the engine keeps no reward profiles, and ${JSON.stringify(profile)} is one. Give what it asks for as options.`,
  );
}

function toOptions<Options extends object>({
  options,
  owner,
  request,
  signal,
}: Omit<ServiceRequest, 'recipe' | 'prompt'> & { readonly options: Options }) {
  return {
    ...options,
    owner,
    ...(request !== undefined && { request }),
    ...(signal && { signal }),
  };
}
