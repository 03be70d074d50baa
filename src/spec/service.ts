import type { Constraint } from './constraint.ts';
import type {
  Continuation,
  GenerationChunk,
  GenerationResult,
  Prompt,
  ScoreResult,
} from './generation.ts';
import type { RemoteUsage } from './model.ts';
import type { GenerateOptions } from './options.ts';
import type { Guidance, KlBudget } from './reward.ts';
import type { SamplingOptions } from './sampling-options.ts';
import type { ResolvedSchedule } from './schedule.ts';
import type { TokenId } from './tokens.ts';

/** One of a recipe's models, as a service reports it. */
export interface ServedModel {
  readonly name: string;
  /** Base name of its file; of one on a server, its name there and the server's. */
  readonly file: string;
  /** Of a model of the hub: its file and commit, `hf:owner/name/file.gguf@commit`. */
  readonly hub?: string;
  readonly weightBytes: number;
  readonly vocabularySize: number;
  readonly vocabularyReport: string;
  readonly contextLength: number;
  /** What computes it: build, processor features, layout, cache. Where it differs, bits may. */
  readonly kernels: string;
}

/** A recipe a service knows, loaded or not. */
export interface ServedRecipe {
  readonly name: string;
  readonly description: string | null;
  readonly state: 'unloaded' | 'loading' | 'ready' | 'failed';
  /** Why it could not be loaded. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly base: string;
  readonly expert: string | null;
  readonly antiExpert: string | null;
  /** The formula as text. */
  readonly formula: string;
  readonly params: Readonly<
    Record<
      string,
      {
        readonly default: number;
        /** `null` where none is declared. */
        readonly min: number | null;
        readonly max: number | null;
        readonly description: string | null;
        /** How it is chosen at each token; absent where it is the same at all. */
        readonly schedule?: ResolvedSchedule;
      }
    >
  >;
  /** Its rewards by name; the param `rewardWeight` multiplies their weights. */
  readonly rewards: Readonly<
    Record<
      string,
      {
        /** `scalar`, `next-token`, `attribute`, `words`, … */
        readonly kind: string;
        /** 0 is for reports alone. */
        readonly weight: number;
      }
    >
  >;
  readonly guidance: Guidance;
  readonly klBudget: KlBudget | null;
  readonly constraint: Constraint | null;
  /** What users of it differ in; `null`: it has no profiles. */
  readonly profile: {
    readonly attributes: readonly {
      readonly name: string;
      /** What users like who want more of it, and less. */
      readonly high: string;
      readonly low: string;
    }[];
  } | null;
  readonly sampling: SamplingOptions;
  /** Names of all its models, in the recipe's order. */
  readonly modelNames: readonly string[];
  /** What is known once it is loaded; empty before. */
  readonly models: readonly ServedModel[];
}

/** What every request to a service says. */
export interface ServiceRequest {
  /** Name of a served recipe. */
  readonly recipe: string;
  readonly prompt: Prompt;
  /** Whose request it is: computed prefixes are never shared between owners. */
  readonly owner: string;
  /**
   * Milliseconds for which the recipe stays loaded when nobody uses it after this request; `null` for
   * good. By default what was said last, or the recipe's own, or the service's.
   */
  readonly keepAliveMs?: number | null | undefined;
  /** Which of the owner's requests it is part of; by default each call is its own. */
  readonly request?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GenerateServiceRequest extends ServiceRequest {
  /**
   * Whom the answer is for: the id of a reward profile that the service keeps. What the options say
   * themselves stays. It steers a composition; a model alone (`only`) answers all alike.
   */
  readonly profile?: string | undefined;
  readonly options: Omit<GenerateOptions, 'signal' | 'owner' | 'request'>;
}

export interface ScoreServiceRequest extends ServiceRequest {
  readonly continuation: Continuation;
  readonly options: Pick<
    GenerateOptions,
    'params' | 'schedules' | 'only' | 'topLogprobs' | 'allLogprobs'
  >;
}

/**
 * A running generation: iterate it for the text as it comes, or await `result`, which settles whether
 * or not anybody iterates. Leaving the iteration early ends it.
 */
export interface ServiceStream extends AsyncIterable<GenerationChunk> {
  readonly result: Promise<GenerationResult>;
}

/** What an engine has done and is doing; counters since it was started. */
export interface EngineStats {
  /** Generations and scorings decoding now, and waiting. */
  readonly running: number;
  readonly queued: number;
  /** Calls of llama_decode, and the tokens they computed. */
  readonly decodes: number;
  readonly decodedTokens: number;
  /** Prompt tokens asked for, and those found in the prefix cache. */
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  /** KV-cache cells in use and there are, over all contexts. */
  readonly kvCellsUsed: number;
  readonly kvCells: number;
  /** Threads of one decode, and how many there would be on an idle machine. */
  readonly threads: number;
  readonly mostThreads: number;
  /** What has been asked of servers that have a base of a recipe that is loaded. */
  readonly remote?: RemoteUsage;
  /** Resident memory of the engine's process, in bytes. */
  readonly residentBytes: number;
}

export interface ServiceStatus {
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped';
  /** Of the process the engine runs in; `null` while there is none. */
  readonly enginePid: number | null;
  readonly restarts: number;
  /** The last ones known. */
  readonly stats: EngineStats;
}

/**
 * Composed models behind one door, wherever the engine runs: in this process, in a supervised child, or
 * behind a server. Recipes load on first use. Every call may reject with {@link ModelNotFoundError},
 * {@link EngineUnavailableError}, {@link QueueFullError}, any error of loading or generating (the same
 * classes and codes as in-process), or the signal's reason. What an implementation cannot do as it is
 * asked to, it refuses with an {@link InvalidOptionError} that names it; nothing is left out in silence.
 */
export interface InferenceService extends AsyncDisposable {
  /** The last one known. */
  readonly status: ServiceStatus;
  /**
   * The prompts after which continuations are scored, where that is not every one: token ids alone, or
   * none at all.
   */
  readonly scoredPrompts?: 'tokens' | 'none';
  /** The last ones known, in their order. */
  recipes(): readonly ServedRecipe[];
  /** Loads a recipe if it is not. Equal weights of several recipes are loaded once. */
  load(recipe: string, signal?: AbortSignal): Promise<ServedRecipe>;
  /** Unloads a recipe once its requests have ended. */
  unload(recipe: string): Promise<void>;
  /**
   * Starts at once; leaving the iteration or aborting the signal ends it within one token. A reader that
   * falls far behind makes it wait; one that begins late gets all of it. From a server, `tokens` are
   * empty unless log-probs or traces are asked for.
   */
  stream(request: GenerateServiceRequest): ServiceStream;
  score(request: ScoreServiceRequest): Promise<ScoreResult>;
  /** Of the base's vocabulary, or of the model named by `only`; a text has at most 1 MiB. */
  tokenize(
    recipe: string,
    text: string,
    options: {
      readonly only?: string | undefined;
      readonly addSpecial: boolean;
      readonly parseSpecial: boolean;
      /** Refuse what the model's context does not hold with `ContextLengthError`. */
      readonly mustFit?: boolean | undefined;
    },
  ): Promise<TokenId[]>;
  /**
   * A prompt as the base sees it, or the model named by `only`: the tokens that `usage.promptTokens` of an answer
   * counts. What could not be answered for its length is refused with a `ContextLengthError`.
   */
  tokenizePrompt(
    recipe: string,
    prompt: Prompt,
    options: { readonly only?: string | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<TokenId[]>;
  detokenize(
    recipe: string,
    tokens: readonly TokenId[],
    options: { readonly only?: string | undefined },
  ): Promise<string>;
}
