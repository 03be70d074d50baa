import type {
  ChatMessage,
  GeneratedToken,
  GenerationResult,
  ServedRecipe,
  Timings,
  WireOptions,
} from '../../src/spec/index.ts';

/** What the page reads of the server's JSON, and writes, where the source's contracts do not say it. */

/** A param of a recipe's formula. */
export type RecipeParam = ServedRecipe['params'][string];

/** Values of params by name, or weights of rewards. */
export type Params = Readonly<Record<string, number>>;

/** Body of `POST /v1/chat/completions`. */
export interface ChatRequest extends WireOptions {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: true;
  readonly stream_options?: { readonly include_usage: true };
  readonly response_format?: {
    readonly type: 'json_schema';
    readonly json_schema: { readonly name: string; readonly schema: unknown };
  };
  readonly regex?: string;
  readonly choice?: readonly string[];
}

export interface WireError {
  readonly message: string;
  readonly type?: string | null;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** One `data:` line of a stream: a chunk, or the error that ends it. */
export interface WireChunk {
  readonly error?: WireError;
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
    /** What is known of the whole answer comes in the last chunk. */
    readonly trimtab?: Partial<Pick<GenerationResult, 'rewards' | 'kl'>> & {
      readonly tokens?: readonly GeneratedToken[];
    };
  }[];
  readonly usage?: {
    readonly completion_tokens: number;
    readonly trimtab?: { readonly timings: Timings };
  } | null;
}

/** An entry of `GET /v1/profiles`. */
export interface ProfileEntry {
  readonly id: string;
  readonly name: string | null;
  /** Names of the recipes that it can be used with. */
  readonly recipes: readonly string[];
  /** How many answers count. */
  readonly answers: number;
}

/** `GET /v1/profiles/{id}`: what is known of a user. */
export interface ProfileView extends ProfileEntry {
  readonly attributes: readonly AttributeView[];
  /** `clearly prefers brevity; unsure about formality`. */
  readonly text: string;
  readonly state: { readonly kind: 'asking'; readonly expectedAnswers: number } | Enough;
}

/** Why there is nothing more to ask. */
export interface Enough {
  readonly kind: 'enough';
  readonly reason: 'count' | 'gain' | 'none left';
}

/** Weights are log-odds of a choice for one more standard deviation of the attribute. */
export interface AttributeView {
  readonly name: string;
  /** What users like who want more of it, and less. */
  readonly high: string;
  readonly low: string;
  readonly mean: number;
  /** The central 80 %. */
  readonly interval: readonly [from: number, to: number];
  /** `clearly prefers brevity`. */
  readonly text: string;
  /** The user's own value in place of the learned one. */
  readonly override: number | null;
  /** What the recipe is steered with. */
  readonly weight: number;
}

/** Two answers to one prompt. */
export interface ProfileQuestion {
  readonly id: string;
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
  /** Which one it is, from 1, and about how many there will be. */
  readonly number: number;
  readonly expected: number;
}

/** Which answer the user prefers. */
export type Outcome = 'first' | 'second' | 'tie' | 'neither';
