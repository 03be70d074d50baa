import type { Logits, TokenId, Vocabulary } from './tokens.ts';

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
  /** GGUF metadata as text, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What computes it, for people and fingerprints: where it differs, bits may. Fakes have none. */
  readonly kernels?: string;
  /** @throws InvalidOptionError, GgufError (of an adapter), ModelLoadError, InsufficientMemoryError */
  createContext(options: ContextOptions): Promise<ModelContext>;
}

/** A LoRA adapter, read from a GGUF file, and its scale (1 = as trained). */
export interface AdapterOptions {
  readonly file: string;
  readonly scale: number;
}

export interface ContextOptions {
  /** Tokens one sequence can hold. */
  readonly contextLength: number;
  /** Sequences alive at once, 1 to 256. */
  readonly maxSequences: number;
  /** Tokens of one `extend` call, over all its sequences. */
  readonly batchSize: number;
  /** Rows of logits of one `extend` call, over all its sequences. */
  readonly maxRows: number;
  readonly threads: number;
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
  readonly adapters?: readonly AdapterOptions[];
}

/** One lane of a context's KV cache. */
export interface Sequence extends Disposable {
  /** Tokens held in the KV cache. */
  readonly length: number;
  /** Keeps the first `length` tokens. @throws TruncateError if the model cannot drop a tail. */
  truncate(length: number): void;
  /** A new sequence holding the first `length` tokens (all by default). @throws KvCacheFullError */
  fork(length?: number): Sequence;
}

/** Which rows an extension wants: none (a chunk of a prompt), the last token's, or every token's. */
export type RowSelection = 'none' | 'last' | 'all';

export interface Extension {
  readonly sequence: Sequence;
  readonly tokens: readonly TokenId[];
  readonly rows: RowSelection;
}

/** What one extension produced; `rows[i]` are borrowed until the next `extend` of the context. */
export interface ExtensionRows {
  /** Next-token logits `[vocabSize]`, one row per selected token, in order. */
  readonly rows: readonly Logits[];
  /** Hidden states `[embeddingLength]` beside the rows; empty unless the context keeps them. */
  readonly hiddenStates: readonly Float32Array[];
}

/** A KV cache of many sequences over one model. Not re-entrant: await each `extend` before the next. */
export interface ModelContext extends Disposable {
  readonly model: LanguageModel;
  readonly contextLength: number;
  readonly maxSequences: number;
  readonly batchSize: number;
  readonly maxRows: number;
  /** Tokens that all sequences together can hold. */
  readonly cells: number;
  /** Sequences not yet taken. */
  readonly freeSequences: number;
  /** Takes an empty sequence. @throws KvCacheFullError if none is free. */
  createSequence(): Sequence;
  /**
   * Appends tokens to any number of sequences in one forward pass; all or nothing.
   * The result is in the order of `extensions`.
   * @throws ContractError for token ids, counts or sequences that llama.cpp would abort on.
   * @throws ContextLengthError if a sequence would outgrow `contextLength`.
   */
  extend(extensions: readonly Extension[], signal?: AbortSignal): Promise<ExtensionRows[]>;
}
