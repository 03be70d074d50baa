/** What the page reads of the server's JSON. */

/** An entry of `GET /v1/recipes`. */
export interface Recipe {
  readonly name: string;
  readonly description: string | null;
  readonly state: 'unloaded' | 'loading' | 'ready' | 'failed';
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly base: string;
  readonly expert: string | null;
  readonly formula: string;
  readonly params: Readonly<Record<string, RecipeParam>>;
  readonly rewards: Readonly<Record<string, { readonly kind: string; readonly weight: number }>>;
  /** What answers must be; `null` is anything. */
  readonly constraint: object | null;
  /** What its users differ in; `null`: it has no profiles. */
  readonly profile: object | null;
  readonly sampling: Partial<Sampling>;
}

export interface RecipeParam {
  readonly default: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly description: string | null;
}

interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

export type Params = Readonly<Record<string, number>>;

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Body of `POST /v1/chat/completions`. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly seed?: number;
  readonly stream: true;
  readonly stream_options?: { readonly include_usage: true };
  readonly response_format?: {
    readonly type: 'json_schema';
    readonly json_schema: { readonly name: string; readonly schema: unknown };
  };
  readonly regex?: string;
  readonly choice?: readonly string[];
  readonly trimtab?: {
    readonly params?: Params;
    /** Weights in place of the recipe's. */
    readonly rewards?: Params;
    /** Id of the profile of whom the answer is for. */
    readonly profile?: string;
    readonly trace?: boolean;
  };
}

export interface Alternative {
  readonly tokenId: number;
  readonly text: string;
  /** In nats. */
  readonly logprob: number;
}

/** Why a token was chosen; log-probabilities in nats at temperature 1. */
interface Trace {
  readonly terms: readonly {
    readonly model: string;
    readonly coefficient: number;
    readonly logprob: number;
    /** `coefficient * logprob`. */
    readonly share: number;
  }[];
  readonly rewards: readonly {
    readonly name: string;
    readonly weight: number;
    /** Of the answer with this token. */
    readonly value: number;
    /** `weight * value`. */
    readonly share: number;
  }[];
  /** What a KL budget left of the shift: 1 is all of it. */
  readonly klScale: number;
  readonly baseChoice: Alternative;
  /** log p_composed(chosen) - log p_base(chosen). */
  readonly shift: number;
  readonly kl: number;
  readonly topBefore: readonly Alternative[];
  readonly topAfter: readonly Alternative[];
}

export interface AnswerToken {
  readonly tokenId: number;
  readonly text: string;
  readonly logprob?: number;
  readonly trace?: Trace;
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
    readonly trimtab?: {
      readonly tokens?: readonly AnswerToken[];
      /** Of the whole answer, in the last chunk. */
      readonly rewards?: Readonly<Record<string, number>>;
      /** Nats spent of a KL budget, in the last chunk. */
      readonly kl?: number;
    };
  }[];
  readonly usage?: {
    readonly completion_tokens: number;
    readonly trimtab?: { readonly timings: { readonly tokensPerSecond: number } };
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
