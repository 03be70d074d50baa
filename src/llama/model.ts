import path from 'node:path';

import { readGgufHeader, readModelHeader, type Metadata } from '../gguf/index.ts';
import { DisposedError, ModelLoadError } from '../spec/index.ts';
import type { ContextOptions, ModelCapabilities } from '../spec/index.ts';
import { LlamaContext } from './context.ts';
import { describeKernels } from './kernels.ts';
import { loadAdapters } from './mixer.ts';
import { isGpu, loadLlamaLibrary, type LlamaLibrary } from './library.ts';
import type { Pointer } from './structs.ts';
import { withLog } from './log.ts';
import type { NativeModel } from './native-model.ts';
import { PreTokenizer } from './pre-tokenizer.ts';
import { requireLanguageModel } from './require-language-model.ts';
import { LlamaVocabulary } from './vocabulary.ts';

export interface LoadModelOptions {
  /** Layers to put on the GPU; -1 (the default) puts all of them there, if there is one. */
  readonly gpuLayers?: number;
  /** Called with the share loaded, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
  /**
   * Copy weights into the processor's own layout (llama.cpp's extra buffers: AMX and its like).
   * Faster for many tokens at once, up to twice the memory, and wrong on some processors: off by default.
   */
  readonly repack?: boolean;
  /** Read the vocabulary and metadata without the weights; such a model cannot decode. */
  readonly vocabularyOnly?: boolean;
  readonly library?: LlamaLibrary;
}

/**
 * Loads a GGUF model, memory-mapped. Its header is validated before native code sees the file.
 * @throws GgufError, ModelLoadError, LibraryError, or the signal's reason.
 */
export async function loadModel(file: string, options: LoadModelOptions = {}): Promise<LlamaModel> {
  options.signal?.throwIfAborted();
  const library = options.library ?? loadLlamaLibrary();
  requireLanguageModel(await readModelHeader(file), file);
  options.signal?.throwIfAborted();
  const { api } = library;
  // Called on the loading thread, which waits while the event loop runs it.
  using progress = library.callbacks.progress((share) => {
    options.onProgress?.(share);
    return options.signal?.aborted !== true;
  });
  const params = {
    ...library.modelDefaults,
    n_gpu_layers: options.gpuLayers ?? -1,
    progress_callback: progress.pointer,
    use_extra_bufts: options.repack === true,
    vocab_only: options.vocabularyOnly === true,
  };
  const pointer = await new Promise<Pointer>((resolve, reject) => {
    api.modelLoad.async(file, params, (error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
  options.signal?.throwIfAborted();
  if (pointer === null) throw new ModelLoadError(explainFailure(library, file));
  return new LlamaModel(library, pointer, file, options);
}

/** Loads once more on this thread, where reading the log is safe, to learn why it fails. */
function explainFailure(library: LlamaLibrary, file: string): string {
  const { api } = library;
  const { result, errors } = withLog(library, () =>
    api.modelLoad(file, { ...library.modelDefaults, use_extra_bufts: false }),
  );
  if (result !== null) api.modelFree(result);
  const reason = errors.length === 0 ? 'it gives no reason' : errors.join(' ');
  return (
    `llama.cpp ${library.version} cannot load ${file}: ${reason}. ` +
    'Check that this version knows its architecture and that memory suffices.'
  );
}

/** Weights of one GGUF file. Disposing of it disposes of its contexts. */
export class LlamaModel implements NativeModel {
  readonly name: string;
  readonly file: string;
  readonly vocabulary: LlamaVocabulary;
  readonly trainedContextLength: number;
  readonly embeddingLength: number;
  /** Bytes of its tensors. */
  readonly weightBytes: number;
  readonly chatTemplate: string | null;
  readonly metadata: ReadonlyMap<string, string>;
  readonly kernels: string;
  readonly capabilities: ModelCapabilities;
  readonly library: LlamaLibrary;
  readonly usesGpu: boolean;
  #pointer: Pointer;
  readonly #contexts = new Set<LlamaContext>();
  /** By file; llama.cpp frees them with the model. */
  readonly #adapters = new Map<string, Pointer>();

  constructor(
    library: LlamaLibrary,
    pointer: Pointer,
    file: string,
    options: LoadModelOptions = {},
  ) {
    this.library = library;
    this.#pointer = pointer;
    this.file = file;
    this.name = path.basename(file);
    const { api } = library;
    if (api.modelHasEncoder(pointer) || !api.modelHasDecoder(pointer)) {
      this[Symbol.dispose]();
      throw new ModelLoadError(
        `${file} is not a decoder-only language model (it has an encoder, or no decoder). ` +
          'Compositions need models that predict the next token.',
      );
    }
    this.metadata = readMetadata(library, pointer);
    this.vocabulary = new LlamaVocabulary(
      api,
      () => api.modelVocab(this.pointer),
      PreTokenizer.of(this.metadata),
    );
    this.trainedContextLength = api.modelTrainedContext(pointer);
    this.embeddingLength = api.modelEmbedding(pointer);
    this.weightBytes = Number(api.modelSize(pointer));
    this.chatTemplate = api.modelChatTemplate(pointer, null) || null; // an empty one says nothing
    this.kernels = describeKernels(library, options.repack === true);
    this.usesGpu = options.gpuLayers !== 0 && library.devices().some(isGpu);
    this.capabilities = readCapabilities(this, options);
  }

  /** The native model. @throws DisposedError */
  get pointer(): Pointer {
    if (this.#pointer === null) throw new DisposedError(`The model ${this.name} was disposed of.`);
    return this.#pointer;
  }

  async createContext(options: ContextOptions): Promise<LlamaContext> {
    const adapters = await loadAdapters(this, options);
    const context = new LlamaContext(this, options, adapters, (disposed) =>
      this.#contexts.delete(disposed),
    );
    this.#contexts.add(context);
    return context;
  }

  async loadAdapter(file: string): Promise<Pointer> {
    const { metadata } = await readGgufHeader(file);
    const known = this.#adapters.get(file);
    if (known !== undefined) return known;
    const pointer = this.library.api.adapterLoad(this.pointer, file);
    if (pointer === null) throw misfit(file, this.name, metadata);
    this.#adapters.set(file, pointer);
    return pointer;
  }

  [Symbol.dispose](): void {
    if (this.#pointer === null) return;
    for (const context of this.#contexts) context[Symbol.dispose]();
    // A context still decoding frees itself when the native call returns, and the model after it.
    const pointer = this.#pointer;
    this.#pointer = null;
    const busy = [...this.#contexts].map((context) => context.idle);
    const tokenizing = this.vocabulary?.longCalls; // a constructor that refuses the file has no vocabulary
    if (tokenizing !== undefined) busy.push(tokenizing);
    if (busy.length === 0) this.library.api.modelFree(pointer);
    else void Promise.all(busy).then(() => this.library.api.modelFree(pointer));
  }
}

function misfit(file: string, model: string, metadata: Metadata): ModelLoadError {
  const kind = metadata.get('adapter.type')?.value;
  const what = typeof kind === 'string' && kind !== 'lora' ? ` Its adapter.type is ${kind}.` : '';
  return new ModelLoadError(
    `The LoRA adapter ${file} does not fit the model ${model}. ` +
      `It must be a GGUF adapter made for this very model (convert_lora_to_gguf.py).${what}`,
  );
}

function readCapabilities(
  { library: { api }, pointer, usesGpu }: NativeModel,
  { repack = false }: LoadModelOptions,
): ModelCapabilities {
  return {
    rows: 'dense',
    rowsPerCall: Infinity,
    forks: true,
    // The state of a recurrent layer is one of its last token alone.
    truncates: !api.modelIsRecurrent(pointer) && !api.modelIsHybrid(pointer),
    hiddenStates: true,
    exact: !usesGpu && !repack,
  };
}

function readMetadata(library: LlamaLibrary, model: Pointer): Map<string, string> {
  const { api } = library;
  const decoder = new TextDecoder();
  const read = (get: (buffer: Uint8Array, size: number) => number): string => {
    let buffer = new Uint8Array(256);
    let length = get(buffer, buffer.length);
    if (length >= buffer.length) {
      buffer = new Uint8Array(length + 1);
      length = get(buffer, buffer.length);
    }
    return decoder.decode(buffer.subarray(0, Math.max(0, length)));
  };
  const metadata = new Map<string, string>();
  for (let index = 0; index < api.modelMetaCount(model); index++) {
    metadata.set(
      read((buffer, size) => api.modelMetaKey(model, index, buffer, size)),
      read((buffer, size) => api.modelMetaValue(model, index, buffer, size)),
    );
  }
  return metadata;
}
