import type { Logits, TokenId, Vocabulary } from './tokens.ts';

/** Where a model's weights come from: a file, what becomes one before it is loaded, or a server that has them. */
export type ModelSource = FileSource | HubSource | ServerSource;

/** A model of the hub that has not been looked for in the cache. */
export interface HubSource {
  readonly kind: 'hub';
  /** `hf:owner/name[:quant | /file.gguf][@revision]` */
  readonly name: string;
}

export interface FileSource {
  readonly kind: 'file';
  /** Absolute path of a GGUF file. Models of the same file share their weights. */
  readonly path: string;
  /** Of a model of the hub: its file and commit, `hf:owner/name/file.gguf@commit`. */
  readonly hub?: string;
}

/** The dialects of servers that tell log-probs. */
export type ServerKind = 'vllm' | 'llama-server' | 'openai';

/** A model behind a server, which tells the log-probs of its best tokens. */
export interface ServerSource {
  readonly kind: 'server';
  /** `http://host:8000`, with or without `/v1`. */
  readonly url: string;
  readonly server: ServerKind;
  /** What the server calls the model; `null` where it has one alone. */
  readonly model: string | null;
  /** The environment variable with the key it is shown; `null` where it wants none. */
  readonly keyEnv: string | null;
  /** Absolute path of certificates, in PEM, to trust besides those of the system. */
  readonly caFile: string | null;
  /** A local model of the recipe whose tokens are the server's. */
  readonly tokenizer: string;
  /** Log-probs of one position that are asked for at most; `null`: as many as it gives. */
  readonly maxLogprobs: number | null;
  /** Requests at once, at most. */
  readonly maxRequests: number;
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number;
  /**
   * Whether it learns of nothing but its own prompt and the tokens of the answer: neither drafts nor tokens that
   * somebody asks about.
   */
  readonly isPrivate: boolean;
  /** A regular expression of the answers that may be said: those without what is withheld. `null`: all. */
  readonly sayable: string | null;
}

/** What has been asked of a server, and how much came. */
export interface RemoteUsage {
  readonly requests: number;
  /** Of them, those that were sent again. */
  readonly retries: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Positions that it told of, and log-probs over all of them. */
  readonly rows: number;
  readonly logprobs: number;
  /** Times that more of a position had to be asked for. */
  readonly extended: number;
  /** Log-probs of a position that are asked for at first, now; over several models their sum. */
  readonly asking: number;
  /** How often that changed. */
  readonly askingChanges: number;
}

/** What contexts of a model can do: whoever uses one asks instead of assuming. */
export interface ModelCapabilities {
  /** Whether its rows cover the vocabulary ({@link Logits}), or its best tokens alone ({@link SparseRow}). */
  readonly rows: 'dense' | 'sparse';
  /** Rows of one `extend` at most, over all its sequences; `Infinity`: as many as a context is made for. */
  readonly rowsPerCall: number;
  /** Whether a sequence can be forked at its length; at a shorter one only if it also `truncates`. */
  readonly forks: boolean;
  /** Whether a sequence can drop a part of its tail; all of it, it always can. */
  readonly truncates: boolean;
  /** Whether a context can keep hidden states. */
  readonly hiddenStates: boolean;
  /**
   * Whether a sequence is extended by a call of its own, any number of them at a time, each waiting for another machine and
   * none for the processor: {@link ModelContext.extend} is then re-entrant for different sequences.
   */
  readonly isElsewhere?: boolean;
  /** Whether `batchInvariant` holds: the same tokens give the same bits, however they are batched. */
  readonly exact: boolean;
}

/** Weights in memory. Contexts created from it must be disposed of before it is. */
export interface LanguageModel extends Disposable {
  /** Name used in messages: the file's base name. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  /** Longest sequence the model was trained on, in tokens. */
  readonly trainedContextLength: number;
  /** Bytes of its tensors. */
  readonly weightBytes: number;
  /** Width of a hidden state. */
  readonly embeddingLength: number;
  /** The GGUF's `tokenizer.chat_template`, or `null`. */
  readonly chatTemplate: string | null;
  readonly capabilities: ModelCapabilities;
  /** GGUF metadata as text, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What computes it, for people and fingerprints: where it differs, bits may. Fakes have none. */
  readonly kernels?: string;
  /** @throws InvalidOptionError, GgufError (of an adapter), ModelLoadError, InsufficientMemoryError */
  createContext(options: ContextOptions): Promise<ModelContext>;
}

/** What changes a model's weights or activations, and how much (1 = as made). */
export type Adapter = LoraAdapter | VectorAdapter;

/** `W + scale · B A`. @see Hu et al. 2021, "LoRA", arXiv:2106.09685 */
export interface LoraAdapter {
  readonly kind: 'lora';
  /** Absolute path of a GGUF file. */
  readonly file: string;
  readonly scale: number;
}

/** `h + scale · v` in the residual stream. @see Turner et al. 2023, "Activation Addition", arXiv:2308.10248 */
export interface VectorAdapter {
  readonly kind: 'vector';
  /** Absolute path of a GGUF file: a `direction.N` for each layer. */
  readonly file: string;
  readonly scale: number;
  /** The first and the last layer that it is added behind, of 1 to the model's last but one; `null`: all it has. */
  readonly layers: readonly [first: number, last: number] | null;
}

/**
 * How much of each of a context's {@link ContextOptions.skills}, in their order: what their scales are multiplied with.
 * All 0 is the model without them, bit for bit.
 */
export type Mixture = readonly number[];

export interface ContextOptions {
  /** Tokens one sequence can hold. */
  readonly contextLength: number;
  /** Sequences alive at once, 1 to 256. */
  readonly maxSequences: number;
  /** Tokens of one `extend` call, over all its sequences. */
  readonly batchSize: number;
  /** Rows of one `extend` call, over all its sequences; a model may give fewer (`rowsPerCall`). */
  readonly maxRows: number;
  /** Of one decode, at most. */
  readonly threads: number;
  /** Fewer threads while other programs use the processors; the results are the same bits. */
  readonly adaptThreads?: boolean;
  /** `true` splits long caches in attention: faster on a GPU, not bit-exact on a CPU. */
  readonly flashAttention: boolean;
  /** Type of the KV cache. */
  readonly kvType: 'f16' | 'f32' | 'q8_0';
  /**
   * Give every row the same bits, whatever else its decode holds and however its tokens were cut:
   * every sequence takes part with at least two tokens (the last one stands in for a second, and is
   * dropped again). Not in a unified cache, and not for models that cannot drop a tail.
   */
  readonly batchInvariant?: boolean;
  /** Keep the hidden state of every row beside its logits. */
  readonly hiddenStates?: boolean;
  /** One cell pool for all sequences: cheap forks, slower attention over many users. */
  readonly unifiedCache?: boolean;
  /** Cells of the unified pool, where forks share theirs; `contextLength × maxSequences` by default. */
  readonly unifiedCells?: number;
  /** What all sequences are computed with. */
  readonly adapters?: readonly Adapter[];
  /** What each sequence is computed with as much of as its mixture says. */
  readonly skills?: readonly Adapter[];
}

/** One lane of a context's KV cache. */
export interface Sequence extends Disposable {
  /** Tokens held in the KV cache. */
  readonly length: number;
  /** What its tokens are computed with. Sequences of different mixtures never share an `extend`. */
  readonly mixture: Mixture;
  /** Keeps the first `length` tokens. @throws TruncateError if the model cannot drop a tail. */
  truncate(length: number): void;
  /**
   * A new sequence of the same mixture, holding the first `length` tokens (all by default).
   * @throws KvCacheFullError, TruncateError if the model cannot.
   */
  fork(length?: number): Sequence;
}

/** Which rows an extension wants: none (a chunk of a prompt), the last token's, or every token's. */
export type RowSelection = 'none' | 'last' | 'all';

export interface Extension {
  readonly sequence: Sequence;
  readonly tokens: readonly TokenId[];
  readonly rows: RowSelection;
}

/**
 * What is known of the next token where only some are told, the best among them: their ids and log-probs in nats, shapes
 * `[n]` in the same order, each token once.
 */
export interface SparseRow {
  readonly tokenIds: Int32Array;
  readonly logprobs: Float32Array;
  /** The probability of all others together, at most. */
  readonly restMass: number;
  /** The log-prob of each of them, at most; `-Infinity` where there is none. */
  readonly restLogprob: number;
}

/** A row `[vocabSize]` of logits of which some are only bounds: those of the tokens that a {@link SparseRow} leaves out. */
export interface LogitBounds extends Pick<SparseRow, 'restMass' | 'restLogprob'> {
  /** Shape `[vocabSize]`: 1 where the logit is exact, 0 where it is at most that. */
  readonly known: Uint8Array;
  /** What the sparse row's log-probs are multiplied with in the logits, above 0. */
  readonly coefficient: number;
}

/** Next-token logits `[vocabSize]`, or what is known of the best tokens. */
export type Row = Logits | SparseRow;

/** What one extension produced; `rows[i]` are borrowed until the next `extend` of the context. */
export interface ExtensionRows<Kind extends Row = Row> {
  /** One row per selected token, in order, all of the kind that the model says it gives. */
  readonly rows: readonly Kind[];
  /** Hidden states `[embeddingLength]` beside the rows; empty unless the context keeps them. */
  readonly hiddenStates: readonly Float32Array[];
}

/** Threads that decode now, and at most: fewer now while other programs use the processors. */
export interface ThreadUse {
  readonly now: number;
  readonly most: number;
}

/** A KV cache of many sequences over one model. Not re-entrant: await each `extend` before the next. */
export interface ModelContext extends Disposable {
  readonly model: LanguageModel;
  readonly contextLength: number;
  readonly maxSequences: number;
  readonly batchSize: number;
  /** Rows of one `extend`: as many as were asked for, or as the model gives. */
  readonly maxRows: number;
  /** Tokens that all sequences together can hold. */
  readonly cells: number;
  readonly threads: ThreadUse;
  /** Sequences not yet taken. */
  readonly freeSequences: number;
  /**
   * Takes an empty sequence.
   * @param mixture - None of any skill by default.
   * @throws KvCacheFullError if none is free, ContractError for a mixture that is not of the context's skills.
   */
  createSequence(mixture?: Mixture): Sequence;
  /**
   * Appends tokens to any number of sequences of one mixture in one forward pass; all or nothing.
   * The result is in the order of `extensions`.
   * @throws ContractError for token ids, counts or sequences that llama.cpp would abort on.
   * @throws ContextLengthError if a sequence would outgrow `contextLength`.
   */
  extend(extensions: readonly Extension[], signal?: AbortSignal): Promise<ExtensionRows[]>;
  /**
   * More of the sparse row behind `tokens`: the log-probs of tokens that it does not tell, or of more of the best.
   * Only where rows are sparse.
   * @param wanted - At least one token; none for more of the best.
   * @returns The row with what was added; `null` where no more can be had.
   */
  extendRow?(
    tokens: readonly TokenId[],
    row: SparseRow,
    wanted: readonly TokenId[],
    signal?: AbortSignal,
  ): Promise<SparseRow | null>;
  /** What the cache holds of a sequence, for {@link restoreSequence}; absent where it cannot be had. */
  saveSequence?(sequence: Sequence): Promise<Uint8Array>;
  /**
   * A new sequence that holds what was saved of one of `length` tokens and this mixture.
   * @param state - As it was saved, of a context of the same weights, adapters and settings: what native code reads.
   * @throws KvCacheFullError, ContextLengthError, NativeCallError if it does not fit.
   */
  restoreSequence?(state: Uint8Array, length: number, mixture?: Mixture): Promise<Sequence>;
}
