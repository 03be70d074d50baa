import type { Formula, Plausibility } from '../compose/index.ts';
import type { SpeculationSetting } from '../options/index.ts';
import type { Gaussian } from '../preference/index.ts';
import type {
  Adapter,
  Constraint,
  ContextOptions,
  Guidance,
  KlBudget,
  ModelSource,
  ResolvedSchedule,
  RewardBounds,
  RewardScope,
  SamplingOptions,
} from '../spec/index.ts';

/** How one model sees a conversation. */
export type PromptView =
  /** The text of the messages, nothing around them. */
  | { readonly kind: 'raw' }
  /** Through a chat template. */
  | {
      readonly kind: 'chat';
      /** The given template, or `null` for a GGUF file's own. */
      readonly template: string | null;
      /** The model whose template it is, if that is another; it names no other itself. */
      readonly templateOf?: string;
    };

export interface RecipeModel {
  /** The identifier that the formula uses. */
  readonly name: string;
  /** A model of the hub is a file once it is found in the cache: `placeRecipe`. */
  readonly source: ModelSource;
  readonly view: PromptView;
  /**
   * What the messages' text is where it spells control tokens: `text`, or `parse` for these tokens. Those
   * that the template writes are always tokens.
   */
  readonly markup: 'text' | 'parse';
  /**
   * Replaces the conversation's system messages for this model; `null` drops them, `false` also what the
   * template says in the place of one; `undefined` leaves them as they are.
   */
  readonly system: string | null | false | undefined;
  /** Layers on the GPU, -1 for all; a build without GPU support ignores it. */
  readonly gpuLayers: number;
  /** Absolute paths, or names of the hub until they are found in the cache. */
  readonly adapters: readonly Adapter[];
}

/** A number that a request may change, within its range. */
export interface ParamDeclaration {
  readonly default: number;
  /** `-Infinity` where none is declared. */
  readonly min: number;
  /** `Infinity` where none is declared. */
  readonly max: number;
  readonly description: string | null;
  /** How it is chosen at each token; absent where it is the same at all. */
  readonly schedule?: ResolvedSchedule;
}

/** An adapter over a model that each request has as much of as the param of its name says. */
export interface Skill {
  readonly name: string;
  /** The model that it is laid over. */
  readonly of: string;
  /** At the weight 1. */
  readonly adapter: Adapter;
}

/** What scores an answer. Models are names in the recipe's `models`. */
export type RewardSource =
  /** A reward model with a scalar head on its hidden state. */
  | {
      readonly kind: 'scalar';
      readonly model: string;
      /**
       * Absolute path of a safetensors file or basis (`.json`) with it, or its name of the hub until it is found in
       * the cache; `null`: the GGUF file has it.
       */
      readonly headFile: string | null;
      /** Which of several named heads; `null` is the only one. */
      readonly head: string | null;
      /** `answer` unless the document says that it was trained on unfinished answers too. */
      readonly scope: RewardScope;
    }
  /** A one-call reward model: its output layer scores every next token. */
  | { readonly kind: 'next-token'; readonly model: string }
  /** One small model under two views: `log p(answer | model's view) - log p(answer | neutral's view)`. */
  | {
      readonly kind: 'attribute';
      readonly model: string;
      readonly neutral: string;
      /** Tokens of a usual answer: values are then means over an answer's tokens. `null`: they are sums. */
      readonly answerTokens: number | null;
    }
  /** Weights of words and phrases found in the answer. */
  | {
      readonly kind: 'words';
      readonly words: ReadonlyMap<string, number>;
      readonly caseSensitive: boolean;
    }
  /** Weights of matches of regular expressions in the answer. */
  | { readonly kind: 'patterns'; readonly patterns: ReadonlyMap<string, number> }
  /** How near the answer's length is to a target. */
  | {
      readonly kind: 'length';
      readonly target: number;
      readonly unit: 'characters' | 'words' | 'sentences' | 'tokens';
    }
  /** How near the answer's reading grade (years of schooling) is to a target. */
  | { readonly kind: 'readability'; readonly grade: number }
  /** The user's own: a module that exports a reward, loaded only where that is allowed. */
  | {
      readonly kind: 'module';
      /** Absolute path. */
      readonly file: string;
      /** In place of what the module says of itself; `null` leaves it that. */
      readonly scope: RewardScope | null;
      /** Given to the module, as JSON. */
      readonly options: unknown;
    }
  /** One that the program gives beside the recipe; no document names it. */
  | { readonly kind: 'given'; readonly scope: RewardScope };

export interface RewardDeclaration {
  readonly name: string;
  readonly source: RewardSource;
  /** In the sum of rewards; a request may change it. 0 is for reports alone. */
  readonly weight: number;
  /** Of its values on the base's own answers; the weight applies to `(value - mean) / deviation`. */
  readonly normalization: { readonly mean: number; readonly deviation: number } | null;
  /** What its values are never beyond; `null` where that is not known. */
  readonly bounds: RewardBounds | null;
  /** Milliseconds it may take for one set of candidates. */
  readonly timeoutMs: number;
}

/** One thing that users differ in. */
export interface ProfileAttribute {
  readonly name: string;
  /** The reward that measures it in a whole answer. */
  readonly reward: string;
  /** The reward's: attributes are measured in standard deviations. */
  readonly normalization: NonNullable<RewardDeclaration['normalization']>;
  /** Whether the reward's values are means over an answer's tokens, and so is the normalization. */
  readonly isPerToken: boolean;
  /** The formula's param that it acts through; `null`: it acts as the reward's weight. */
  readonly param: string | null;
  /** What users like who want more of it, and less. */
  readonly high: string;
  readonly low: string;
}

/** How answers are made to a user's liking. */
export interface ProfileDeclaration {
  /** In the order of the document, at least one: what a profile's weights are of. */
  readonly attributes: readonly ProfileAttribute[];
  /** What users are asked about. */
  readonly prompts: readonly string[];
  /** Longest answer to one of them. */
  readonly maxTokens: number;
  /** Multiplies the weights. */
  readonly strength: number;
  /** Standard deviations that a preference must be beyond before it acts. */
  readonly caution: number;
  /** A new user's weights, in the order of the attributes; `null` is N(0, I). */
  readonly prior: Gaussian | null;
  /** While a profile acts; `null` is the recipe's own. */
  readonly klBudget: KlBudget | null;
}

/** The param that multiplies all weights; a recipe with rewards has it. */
export const rewardWeightParam = 'rewardWeight';

/** What the recipe asks of the engine; what is absent is the engine's to choose. */
export type EngineSettings = Partial<
  Pick<
    ContextOptions,
    | 'contextLength'
    | 'maxSequences'
    | 'batchSize'
    | 'threads'
    | 'flashAttention'
    | 'kvType'
    | 'batchInvariant'
  > & {
    /** Copies weights into the processor's own layout. */
    readonly repack: boolean;
  }
>;

/** A recipe with every default filled in and every path absolute; nothing is loaded yet. */
export interface Recipe {
  readonly name: string;
  readonly description: string | null;
  /** The recipe's own file, or `null` when it was given in code. */
  readonly file: string | null;
  /** What relative paths are relative to. */
  readonly directory: string;
  /** By name, in the order of the document. */
  readonly models: ReadonlyMap<string, RecipeModel>;
  /** The model whose vocabulary is the output's. */
  readonly base: string;
  readonly expert: string | null;
  readonly antiExpert: string | null;
  readonly formula: Formula;
  readonly plausibility: Plausibility | null;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  /** By name, in the order of the document; each has a param of its name. */
  readonly skills: ReadonlyMap<string, Skill>;
  /** By name, in the order of the document. */
  readonly rewards: ReadonlyMap<string, RewardDeclaration>;
  readonly guidance: Guidance;
  readonly klBudget: KlBudget | null;
  readonly constraint: Constraint | null;
  readonly profile: ProfileDeclaration | null;
  /** Defaults of this recipe, under those of a request. */
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  readonly engine: EngineSettings;
  /** Who drafts, where a request says nothing. */
  readonly speculation: SpeculationSetting;
  /** Milliseconds for which a service keeps it loaded unused; `null` for good, `undefined` as the service likes. */
  readonly keepAliveMs: number | null | undefined;
  /** What is allowed but probably not meant, e.g. a param that the formula never uses. */
  readonly warnings: readonly string[];
}
