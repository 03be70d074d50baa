import type { ChatMessage } from './chat.ts';
import type { Constraint } from './constraint.ts';
import type { Guidance, KlBudget } from './reward.ts';
import type { TokenId } from './tokens.ts';

/** What to answer: a question, a conversation (each model sees it through its view), or raw text. */
export type Prompt =
  | string
  | { readonly messages: readonly ChatMessage[] }
  /** The same text, or token ids of the base's vocabulary, for every model, whatever its view. */
  | { readonly text: string }
  | { readonly tokens: readonly TokenId[] };

/** Sampling of one request. Defaults: `samplingDefaults` in `sampling/`. */
export interface SamplingOptions {
  /** 0 is greedy. */
  readonly temperature?: number;
  /** Keep the k most probable; 0 is off. */
  readonly topK?: number;
  /** Keep the smallest set of at least this mass; 1 is off. */
  readonly topP?: number;
  /** Keep tokens of at least this share of the best one's probability; 0 is off. */
  readonly minP?: number;
  /** Locally typical sampling's mass; 1 is off. */
  readonly typicalP?: number;
  /** Divides positive logits of seen tokens, multiplies negative ones; 1 is off. */
  readonly repetitionPenalty?: number;
  /** Subtracted once from the logit of every token already generated; 0 is off. */
  readonly presencePenalty?: number;
  /** Subtracted per occurrence from the logit of every token already generated; 0 is off. */
  readonly frequencyPenalty?: number;
  /** Added to logits, by token id of the base. -100 and less bans. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Seeds the request's own generator; a random seed is drawn and reported when absent. */
  readonly seed?: number;
}

/** Who waits for an answer: somebody does, or nobody. */
export type Priority = 'interactive' | 'background';

export interface GenerateOptions extends SamplingOptions {
  /** Params of the recipe's formula, e.g. `{ alpha: 0.6 }`, inside their declared ranges. */
  readonly params?: Readonly<Record<string, number>>;
  /** Answer with one of the recipe's models alone instead of the formula: no rewards, no KL budget. */
  readonly only?: string;
  /**
   * Weights of the recipe's rewards by name, in place of its own; 0 turns one off. The param
   * `rewardWeight` multiplies them all: at 0 the answer is exactly that of the recipe without rewards.
   */
  readonly rewards?: Readonly<Record<string, number>>;
  /** How the rewards act, in place of the recipe's way. */
  readonly guidance?: Guidance;
  /** Values of the whole answer under these of the recipe's rewards, beside those that guide it. */
  readonly reportRewards?: readonly string[];
  /** How far the answer may leave the base, in place of the recipe's budget; `null` is no limit. */
  readonly klBudget?: KlBudget | null;
  /** What the answer must be, in place of the recipe's constraint; `null` is anything. */
  readonly constraint?: Constraint | null;
  /** Tokens to generate at most; the rest of the context by default. */
  readonly maxTokens?: number;
  /**
   * Tokens before which no end is chosen and no stop string is looked for, 0 by default. A constraint that
   * leaves nothing but the end is kept to all the same.
   */
  readonly minTokens?: number;
  /** The answer ends before the first of these; not part of the text. */
  readonly stop?: string | readonly string[];
  /** Report each token's log-prob under the composed distribution. */
  readonly logprobs?: boolean;
  /** Most probable alternatives reported per token, 0 (the default) to 1000; implies `logprobs`. */
  readonly topLogprobs?: number;
  /** Explain every token: see {@link TokenTrace}; implies `logprobs`. */
  readonly trace?: boolean;
  /** Whose prompt it is: computed prefixes are shared only within one owner. */
  readonly owner?: string;
  /**
   * Which of the owner's requests it is part of: the engine's room is shared among owners, and within
   * an owner among requests, whatever number of answers they have. By default each call is its own.
   */
  readonly request?: string;
  /** Background work has what is left of the engine's room; `interactive`, people who wait, by default. */
  readonly priority?: Priority;
  /** Ends the generation within one token; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export type FinishReason = 'stop' | 'length';

export interface TokenLogprob {
  readonly tokenId: TokenId;
  /** The token as text; a lone half of a character shows as U+FFFD. */
  readonly text: string;
  /** Its bytes where they are not those of the text: part of a character, or a control token's, none. */
  readonly bytes?: readonly number[];
  /** In nats. */
  readonly logprob: number;
}

/** Why a token was chosen. All log-probabilities are in nats at temperature 1, before sampling. */
export interface TokenTrace {
  /** Each term of the formula: coefficient × (its log-prob of the chosen token). */
  readonly terms: readonly {
    readonly model: string;
    readonly coefficient: number;
    /** The model's own log-prob of the chosen token. */
    readonly logprob: number;
    /** `coefficient × logprob`: what the term added to the chosen token's score. */
    readonly share: number;
  }[];
  /** Each reward that guides: `share = rewardWeight × weight × value`, added to the token's score. */
  readonly rewards: readonly {
    readonly name: string;
    /** `rewardWeight × weight`. */
    readonly weight: number;
    /** Of the answer with this token, normalised. */
    readonly value: number;
    readonly share: number;
  }[];
  /** What the KL budget left of the shift: 1 is all of it. */
  readonly klScale: number;
  /** What the base alone would have chosen greedily. */
  readonly baseChoice: TokenLogprob;
  /** log p_composed(chosen) − log p_base(chosen), before rewards. */
  readonly shift: number;
  /** KL(composed ‖ base). */
  readonly kl: number;
  /** The base's most probable tokens before steering, best first. */
  readonly topBefore: readonly TokenLogprob[];
  /** The composition's most probable tokens, best first. */
  readonly topAfter: readonly TokenLogprob[];
}

export interface GeneratedToken {
  readonly tokenId: TokenId;
  /** The token as text; a lone part of a character shows as U+FFFD. */
  readonly text: string;
  /** Its bytes where they are not those of the text: part of a character, or a control token's, none. */
  readonly bytes?: readonly number[];
  /** Of the composed distribution at temperature 1, in nats; present when asked for. */
  readonly logprob?: number;
  readonly topLogprobs?: readonly TokenLogprob[];
  readonly trace?: TokenTrace;
}

/** One step of a stream: text that is complete in UTF-8 and cannot be part of a stop string. */
export interface GenerationChunk {
  readonly text: string;
  /** The tokens chosen since the last chunk. A token's text may appear in a later chunk. */
  readonly tokens: readonly GeneratedToken[];
}

export interface ModelUsage {
  readonly promptTokens: number;
  /** Prompt tokens found in the KV cache, not computed again. */
  readonly cachedTokens: number;
  /** Forward passes this request took part in. */
  readonly forwards: number;
}

export interface Usage {
  /** Of the base's view. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** By the model's name in the recipe. */
  readonly models: Readonly<Record<string, ModelUsage>>;
}

export interface Timings {
  readonly queuedMs: number;
  /** From the start to the first token. */
  readonly prefillMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  /** Decoded tokens per second, the first one not counted; 0 for fewer than two tokens. */
  readonly tokensPerSecond: number;
}

export interface GenerationResult {
  readonly text: string;
  readonly tokens: readonly GeneratedToken[];
  readonly finishReason: FinishReason;
  /** The stop string that ended it, if one did. */
  readonly stopString?: string;
  readonly seed: number;
  /**
   * The whole answer's value, not normalised, under each reward that guided it or that
   * `reportRewards` names; absent where there is none.
   */
  readonly rewards?: Readonly<Record<string, number>>;
  /** What was done as asked but is probably not meant. */
  readonly warnings?: readonly string[];
  /** Nats of `KL(steered ‖ base)` over the answer's tokens; present under a KL budget. */
  readonly kl?: number;
  readonly usage: Usage;
  readonly timings: Timings;
}

export interface ScoredToken extends TokenLogprob {
  /** The most probable tokens in its place, best first; present when asked for. */
  readonly topLogprobs?: readonly TokenLogprob[];
}

/** Log-probs of given text. */
export interface ScoreResult {
  /** One entry per token of the continuation, in order. */
  readonly tokens: readonly ScoredToken[];
  /** Sum of the log-probs, in nats. */
  readonly logprob: number;
  /** Whether every token was the greedy choice. */
  readonly isGreedy: boolean;
}
