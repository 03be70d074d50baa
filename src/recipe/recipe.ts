import type { Formula, Plausibility } from '../compose/index.ts';
import type { AdapterOptions, ContextOptions, SamplingOptions } from '../spec/index.ts';

/** How one model sees a conversation. */
export type PromptView =
  /** The text of the messages, nothing around them. */
  | { readonly kind: 'raw' }
  /** Through a chat template: the given one, or `null` for the GGUF file's own. */
  | { readonly kind: 'chat'; readonly template: string | null };

export interface RecipeModel {
  /** The identifier that the formula uses. */
  readonly name: string;
  /** Absolute path of the GGUF file. Models of the same file share their weights. */
  readonly file: string;
  readonly view: PromptView;
  /**
   * Replaces the conversation's system messages for this model; `null` drops them; `undefined`
   * leaves them as they are.
   */
  readonly system: string | null | undefined;
  /** Layers on the GPU, -1 for all; a build without GPU support ignores it. */
  readonly gpuLayers: number;
  /** Absolute paths. */
  readonly adapters: readonly AdapterOptions[];
}

/** A number that a request may change, within its range. */
export interface ParamDeclaration {
  readonly default: number;
  /** `-Infinity` where none is declared. */
  readonly min: number;
  /** `Infinity` where none is declared. */
  readonly max: number;
  readonly description: string | null;
}

/** What the recipe asks of the engine; what is absent is the engine's to choose. */
export type EngineSettings = Partial<
  Pick<
    ContextOptions,
    'contextLength' | 'maxSequences' | 'batchSize' | 'threads' | 'flashAttention' | 'kvType'
  >
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
  /** Defaults of this recipe, under those of a request. */
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  readonly engine: EngineSettings;
  /** What is allowed but probably not meant, e.g. a param that the formula never uses. */
  readonly warnings: readonly string[];
}
