import type { CallSyntax, ChatPrompt } from './chat.ts';
import type { TokenId } from './tokens.ts';

/** What to answer: a question, a conversation (each model sees it through its view), or raw text. */
export type Prompt =
  | string
  | ChatPrompt
  /** The same text, or token ids of the base's vocabulary, for every model, whatever its view. */
  | { readonly text: string }
  | { readonly tokens: readonly TokenId[] };

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
  /** Each term of the formula: coefficient × (its log-prob of the chosen token); none of a method of one's own. */
  readonly terms: readonly {
    readonly model: string;
    readonly coefficient: number;
    /** The model's own log-prob of the chosen token. */
    readonly logprob: number;
    /** `coefficient × logprob`: what the term added to the chosen token's score. */
    readonly share: number;
  }[];
  /** Of a method of one's own, whose terms nobody knows: what each of its models thinks of the chosen token. */
  readonly models?: readonly {
    readonly model: string;
    /** The model's own log-prob of the chosen token. */
    readonly logprob: number;
  }[];
  /** What schedules chose of their params at this token; absent where there are none. */
  readonly params?: Readonly<Record<string, number>>;
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
  /**
   * Present where the base is on a server: between what the token was drawn from and what it should have been, at most; 0 where it is
   * certain.
   */
  readonly totalVariation?: number;
  /** Who drafted it: `constraint`, `copies`, or a model's name in the recipe; absent where nobody did. */
  readonly draftedBy?: string;
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
  /** Of every token in its place, `[vocabSize]`, in nats; −Infinity where banned. Present when asked for. */
  readonly allLogprobs?: Float32Array;
  readonly trace?: TokenTrace;
}

/** One step of a stream: text that is complete in UTF-8 and cannot be part of a stop string. */
export interface GenerationChunk {
  readonly text: string;
  /** The tokens chosen since the last chunk. A token's text may appear in a later chunk. */
  readonly tokens: readonly GeneratedToken[];
  /** How the text writes calls of tools; present where it may call. */
  readonly calls?: CallSyntax;
}

/**
 * How far an answer may be from what the whole distributions give, where the base is on a server that tells its best tokens
 * alone. Numbers that are rounded, there or on the way, can decide between tokens that are as good as equal.
 */
export interface Certificate {
  /** Whether every token is the one that whole distributions would have given. */
  readonly exact: boolean;
  /** Tokens of which that is not known. */
  readonly uncertainTokens: number;
  /** The largest total variation between what a token was drawn from and what it should have been; 0 where exact. */
  readonly totalVariation: number;
  /** By how much log-probs of tokens may be wrong at most, in nats; present where they were asked for. */
  readonly logprobError?: number;
}

export interface ModelUsage {
  readonly promptTokens: number;
  /** Prompt tokens found in the KV cache, not computed again. */
  readonly cachedTokens: number;
  /** Forward passes this request took part in. */
  readonly forwards: number;
}

/** Tokens that were supposed to come before the models were asked, by one drafter. */
export interface DraftUsage {
  readonly drafted: number;
  /** Those of them that came. */
  readonly accepted: number;
}

/** Candidates for tokens that one reward guided. */
export interface RewardUsage {
  /** That it was to choose among. */
  readonly candidates: number;
  /** Those of them whose value it was asked for: the others could not have been chosen. */
  readonly valued: number;
}

export interface Usage {
  /** Of the base's view. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** By the model's name in the recipe. */
  readonly models: Readonly<Record<string, ModelUsage>>;
  /** By drafter: `constraint`, `copies`, or a model's name in the recipe; absent where nothing was drafted. */
  readonly drafts?: Readonly<Record<string, DraftUsage>>;
  /** By reward; absent where none guided every token. */
  readonly rewards?: Readonly<Record<string, RewardUsage>>;
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
  /** How the text writes calls of tools; present where it may call: `readCalls` reads them. */
  readonly calls?: CallSyntax;
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
  /**
   * Tokens at which a scheduled param was not 0, of those that were not forced by a constraint; present where
   * there are schedules.
   */
  readonly steeredTokens?: number;
  /** Present where the base is on a server. */
  readonly certificate?: Certificate;
  readonly usage: Usage;
  readonly timings: Timings;
}

export interface ScoredToken extends TokenLogprob {
  /** The most probable tokens in its place, best first; present when asked for. */
  readonly topLogprobs?: readonly TokenLogprob[];
  /** As {@link GeneratedToken.allLogprobs}. */
  readonly allLogprobs?: Float32Array;
}

/** A whole answer: its text, and the token with which the model ends it. */
export interface WholeAnswer {
  readonly answer: string;
}

/** What follows a prompt: a text, tokenised by itself, token ids, or a text with its end. */
export type Continuation = string | readonly TokenId[] | WholeAnswer;

/** Log-probs of given text. */
export interface ScoreResult {
  /** One entry per token of the continuation, in order. */
  readonly tokens: readonly ScoredToken[];
  /** Sum of the log-probs, in nats. */
  readonly logprob: number;
  /** Whether every token was the greedy choice. */
  readonly isGreedy: boolean;
}
