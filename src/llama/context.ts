import {
  ContextLengthError,
  DisposedError,
  ContractError,
  KvCacheFullError,
  ModelLoadError,
  NativeCallError,
  TruncateError,
} from '../spec/index.ts';
import type {
  ContextOptions,
  Extension,
  ExtensionRows,
  Logits,
  Mixture,
  ModelContext,
  ThreadUse,
  Sequence,
} from '../spec/index.ts';
import { NativeBatch } from './batch.ts';
import { ContextThreads } from './context-threads.ts';
import { checkContextOptions, kvTypes } from './context-options.ts';
import { fillBatch, standIns, type OwnedExtension } from './fill-batch.ts';
import type { LlamaApi } from './library.ts';
import { Mixer, type LoadedAdapters } from './mixer.ts';
import type { Pointer, StructValue } from './structs.ts';
import type { NativeModel } from './native-model.ts';
import { readState, writeState, type NativeSequence } from './sequence-state.ts';
import { LlamaSequence, type SequenceOwner } from './sequence.ts';

/**
 * Work below which a decode runs on this thread: `weightBytes * tokens`. A call through libuv's pool
 * costs 0.2–0.4 ms more, which is longer than a model of a few megabytes decodes.
 */
const synchronousWork = 32 * 2 ** 20;

/** llama.cpp computes at most this many tokens at once; its buffers grow with it. */
export const microBatchSize = 512;

/** A llama.cpp context: the KV cache of many sequences over one model and one set of adapters. */
export class LlamaContext implements ModelContext, SequenceOwner {
  readonly model: NativeModel;
  readonly contextLength: number;
  readonly maxSequences: number;
  readonly batchSize: number;
  readonly maxRows: number;
  readonly cells: number;
  readonly batchInvariant: boolean;
  readonly #api: LlamaApi;
  readonly #hiddenStates: boolean;
  readonly #onDispose: (context: LlamaContext) => void;
  readonly #batch: NativeBatch;
  readonly #threads: ContextThreads;
  readonly #mixer: Mixer;
  /** Descending: the lowest is taken first, so that the ids in use have few gaps. */
  readonly #freeIds: number[];
  readonly #sequences = new Map<number, LlamaSequence>();
  readonly #rowViews = new Map<bigint, Float32Array>();
  #pointer: Pointer;
  #memory: Pointer;
  #isExtending = false;
  /** Settles when the native call that runs on the pool returns. */
  #busy: Promise<void> | undefined;

  /** Use {@link LlamaModel.createContext}. @throws InvalidOptionError, ModelLoadError */
  constructor(
    model: NativeModel,
    options: ContextOptions,
    adapters: LoadedAdapters,
    onDispose: (context: LlamaContext) => void,
  ) {
    checkContextOptions(model, options);
    const { library } = model;
    this.model = model;
    this.contextLength = options.contextLength;
    this.maxSequences = options.maxSequences;
    this.batchSize = options.batchSize;
    this.#hiddenStates = options.hiddenStates === true;
    // With hidden states llama.cpp makes every token of a batch an output.
    this.maxRows = this.#hiddenStates ? options.batchSize : options.maxRows;
    this.batchInvariant = options.batchInvariant === true;
    this.cells = countCells(options);
    const native = nativeSizes(options, this.maxRows);
    this.#api = library.api;
    this.#onDispose = onDispose;
    this.#freeIds = Array.from(
      { length: options.maxSequences },
      (_, i) => options.maxSequences - 1 - i,
    );
    this.#pointer = this.#api.contextInit(model.pointer, {
      ...library.contextDefaults,
      n_ctx: native.cells,
      n_batch: native.batchSize,
      n_ubatch: native.microBatchSize,
      n_seq_max: options.maxSequences,
      n_outputs_max: native.outputs,
      n_threads: options.threads,
      n_threads_batch: options.threads,
      flash_attn_type: options.flashAttention ? 1 : 0,
      type_k: kvTypes[options.kvType],
      type_v: kvTypes[options.kvType],
      embeddings: this.#hiddenStates,
      pooling_type: 0,
      kv_unified: options.unifiedCache === true,
    });
    if (this.#pointer === null) {
      throw new ModelLoadError(
        `llama.cpp cannot create a context of ${options.maxSequences} × ${options.contextLength} tokens for ` +
          `${model.name}. Lower contextLength or maxSequences, or free memory.`,
      );
    }
    this.#memory = this.#api.memory(this.#pointer);
    this.#threads = new ContextThreads(model, this.#pointer, options);
    this.#batch = new NativeBatch(library, native.batchSize);
    try {
      this.#mixer = new Mixer(model, this.#pointer, adapters);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get threads(): ThreadUse {
    return this.#threads.use;
  }

  get freeSequences(): number {
    return this.#freeIds.length;
  }

  /** Resolves when no native call runs on this context. */
  get idle(): Promise<void> {
    return this.#busy ?? Promise.resolve();
  }

  createSequence(mixture: Mixture = this.#mixer.none): LlamaSequence {
    this.#assertUsable();
    this.#mixer.require(mixture);
    const id = this.#freeIds.pop();
    if (id === undefined) {
      throw new KvCacheFullError(
        `All ${this.maxSequences} sequences of the context of ${this.model.name} are in use. ` +
          'Dispose of one, or create the context with a higher maxSequences.',
      );
    }
    const sequence = new LlamaSequence(this, id, mixture);
    this.#sequences.set(id, sequence);
    return sequence;
  }

  async extend(
    extensions: readonly Extension[],
    signal?: AbortSignal,
  ): Promise<ExtensionRows<Logits>[]> {
    signal?.throwIfAborted();
    this.#assertUsable();
    if (this.#isExtending) {
      throw new ContractError('The context is decoding: await each extend before the next.');
    }
    this.#isExtending = true;
    try {
      return await this.#extend(extensions);
    } finally {
      this.#isExtending = false;
    }
  }

  async saveSequence(sequence: Sequence): Promise<Uint8Array> {
    await this.#untilIdle();
    return readState(this.#native(this.#own(sequence)));
  }

  async restoreSequence(state: Uint8Array, length: number, mixture?: Mixture): Promise<Sequence> {
    await this.#untilIdle();
    if (length > this.contextLength) {
      throw new ContextLengthError(
        `The state is of ${length} tokens; the context of ${this.model.name} holds ${this.contextLength}.`,
      );
    }
    const sequence = this.createSequence(mixture);
    try {
      writeState(this.#native(sequence), state, length);
      sequence.grow(length);
      return sequence;
    } catch (error) {
      sequence[Symbol.dispose]();
      throw error;
    }
  }

  /** Until no native call is under way: from then on to the next `await` none begins. */
  async #untilIdle(): Promise<void> {
    while (this.#busy !== undefined) await this.#busy;
    this.#assertUsable();
  }

  #native({ id }: LlamaSequence): NativeSequence {
    return { api: this.#api, context: this.#pointer, memory: this.#memory, id };
  }

  /** Keeps the first `length` tokens of a sequence. */
  truncateSequence(id: number, length: number): boolean {
    this.#assertUsable();
    return this.#api.memoryRemove(this.#memory, id, length === 0 ? -1 : length, -1);
  }

  /** Shares or copies the whole of one sequence with another, empty one. */
  copySequence(from: number, to: number): void {
    this.#assertUsable();
    this.#api.memoryCopy(this.#memory, from, to, -1, -1);
  }

  releaseSequence(id: number): void {
    this.#sequences.delete(id);
    const release = () => {
      if (this.#pointer === null) return;
      this.#api.memoryRemove(this.#memory, id, -1, -1);
      this.#freeIds.push(id);
      this.#freeIds.sort((a, b) => b - a);
    };
    if (this.#busy === undefined) release();
    else void this.#busy.then(release);
  }

  [Symbol.dispose](): void {
    if (this.#pointer === null) return;
    const pointer = this.#pointer;
    this.#pointer = null;
    const free = () => {
      this.#batch[Symbol.dispose]();
      this.#api.contextFree(pointer);
      this.#threads[Symbol.dispose]();
    };
    this.#rowViews.clear();
    if (this.#busy === undefined) {
      free();
      this.#onDispose(this);
    } else {
      this.#busy = this.#busy.then(free).finally(() => this.#onDispose(this));
    }
  }

  async #extend(extensions: readonly Extension[]): Promise<ExtensionRows<Logits>[]> {
    // llama.cpp computes tokens together only where the ids of their sequences follow one another:
    // out of order it is one graph per sequence, and all that batching gains is lost.
    const owned = extensions
      .map((extension) => ({ ...extension, sequence: this.#own(extension.sequence) }))
      .toSorted((a, b) => a.sequence.id - b.sequence.id);
    const rowCount = fillBatch(this.#batch, this, owned);
    if (this.#batch.length === 0) return extensions.map(() => ({ rows: [], hiddenStates: [] }));
    this.#mixer.apply(mixtureOf(owned));
    if (this.#hiddenStates) this.#api.setEmbeddings(this.#pointer, rowCount > 0);
    const status = await this.#decode();
    if (this.#pointer === null) {
      throw new DisposedError('The context was disposed of while it decoded.');
    }
    if (status !== 0) {
      this.#dropPartialWork(owned);
      throw decodeError(status, this.#batch.length, this.model.name);
    }
    for (const { sequence, tokens } of owned) sequence.grow(tokens.length);
    if (this.batchInvariant) this.#dropStandIns(owned);
    const rows = this.#collectRows(owned);
    return extensions.map(({ sequence }) => rows.get(sequence)!);
  }

  async #decode(): Promise<number> {
    const struct = this.#batch.struct;
    const work = this.model.weightBytes * this.#batch.length;
    if (work <= synchronousWork && !this.#threads.takesTurns) {
      const status = this.#api.decode(this.#pointer, struct);
      if (status === 0) this.#api.synchronize(this.#pointer);
      return status;
    }
    const pointer = this.#pointer;
    const decoding = this.#threads.run(() => this.#decodeOnPool(pointer, struct));
    const busy = decoding.then(
      () => undefined,
      () => undefined,
    );
    this.#busy = busy;
    try {
      return await decoding;
    } finally {
      if (this.#busy === busy) this.#busy = undefined;
    }
  }

  /** On a thread of libuv's pool, from which ggml's threads take their parts. */
  #decodeOnPool(pointer: Pointer, struct: StructValue): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#api.decode.async(pointer, struct, (error, status) => {
        if (error !== null) return reject(error);
        // On a GPU a decode returns before it is done; the wait belongs on the pool too.
        return this.#api.synchronize.async(pointer, (failure) => {
          if (failure === null) resolve(status);
          else reject(failure);
        });
      });
    });
  }

  /** Restores every sequence's length: a failed decode may leave some of its tokens in the cache. */
  #dropPartialWork(extensions: readonly OwnedExtension[]): void {
    for (const { sequence } of extensions) this.truncateSequence(sequence.id, sequence.length);
  }

  /** @throws TruncateError for a recurrent model, whose state holds the stand-in by now. */
  #dropStandIns(extensions: readonly OwnedExtension[]): void {
    for (const { sequence, tokens } of extensions) {
      if (standIns(this, tokens) === 0) continue;
      if (this.truncateSequence(sequence.id, sequence.length)) continue;
      throw new TruncateError(
        `${this.model.name} cannot drop the tail of a sequence, as engine.batchInvariant must: turn it off.`,
      );
    }
  }

  /** The rows of extensions in the order of the batch. */
  #collectRows(extensions: readonly OwnedExtension[]): Map<Sequence, ExtensionRows<Logits>> {
    const collected = new Map<Sequence, ExtensionRows<Logits>>();
    let index = 0;
    for (const { sequence, tokens, rows } of extensions) {
      const first =
        rows === 'all'
          ? index
          : rows === 'last'
            ? index + tokens.length - 1
            : index + tokens.length;
      const end = index + tokens.length;
      const selected: Float32Array[] = [];
      const hiddenStates: Float32Array[] = [];
      for (let i = Math.max(first, index); i < end; i++) {
        selected.push(this.#row(this.#api.logitsAt(this.#pointer, i), this.model.vocabulary.size));
        if (this.#hiddenStates) {
          hiddenStates.push(
            this.#row(this.#api.embeddingsAt(this.#pointer, i), this.model.embeddingLength),
          );
        }
      }
      collected.set(sequence, { rows: selected, hiddenStates });
      index = end + standIns(this, tokens);
    }
    return collected;
  }

  /** A view of native floats; views are kept by address, because making one costs a call. */
  #row(pointer: Pointer, length: number): Float32Array {
    if (pointer === null)
      throw new NativeCallError('llama_get_logits_ith', -1, 'The row was not computed.');
    const known = this.#rowViews.get(pointer);
    if (known !== undefined && known.length === length) return known;
    const view = new Float32Array(this.model.library.view(pointer, length * 4));
    this.#rowViews.set(pointer, view);
    return view;
  }

  #own(sequence: Sequence): LlamaSequence {
    if (sequence instanceof LlamaSequence && this.#sequences.get(sequence.id) === sequence)
      return sequence;
    throw new ContractError(
      `The sequence does not belong to this context of ${this.model.name}, or was disposed of.`,
    );
  }

  #assertUsable(): void {
    if (this.#pointer === null)
      throw new DisposedError(`The context of ${this.model.name} was disposed of.`);
  }
}

/** What all of them are computed with. @throws ContractError where it is not the same. */
function mixtureOf(extensions: readonly OwnedExtension[]): Mixture {
  const { mixture } = extensions[0]!.sequence;
  const other = extensions.find(({ sequence }) => sequence.mixture.join() !== mixture.join());
  if (other === undefined) return mixture;
  throw new ContractError(
    `Sequences of the mixtures [${mixture.join(', ')}] and [${other.sequence.mixture.join(', ')}] in one extend: one decode has one.`,
  );
}

function countCells({ contextLength, maxSequences, unifiedCache, unifiedCells }: ContextOptions) {
  const cells = contextLength * maxSequences;
  return unifiedCache === true ? (unifiedCells ?? cells) : cells;
}

/** What llama.cpp is told, where it differs from the options. */
function nativeSizes(options: ContextOptions, maxRows: number) {
  const { batchSize, maxSequences } = options;
  const cells = countCells(options);
  // Fewer outputs than one for each sequence abort the process.
  const outputs = Math.max(maxRows, maxSequences);
  if (options.batchInvariant !== true) {
    return { cells, batchSize, microBatchSize: Math.min(microBatchSize, batchSize), outputs };
  }
  // Room for every sequence's stand-in; and one micro-batch, or llama.cpp would cut off single tokens.
  const size = batchSize + maxSequences;
  return {
    cells: cells + maxSequences,
    batchSize: size,
    microBatchSize: size,
    outputs: Math.min(size, 2 * outputs),
  };
}

function decodeError(status: number, tokens: number, model: string): Error {
  if (status === 1) {
    return new KvCacheFullError(
      `llama.cpp found no room in the KV cache of ${model} for ${tokens} tokens. Lower the number of sequences.`,
    );
  }
  return new NativeCallError('llama_decode', status, `It was given ${tokens} tokens for ${model}.`);
}
