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
