import type { LibraryHandle, TypeObject } from 'koffi';

import { LibraryError } from '../spec/index.ts';
import { defineCallbacks, type NativeCallbacks } from './callbacks.ts';
import { loadFfi } from './ffi.ts';
import { findLibraryFiles } from './platform.ts';
import { defineThreadPools, type TakeThreadPool } from './thread-pool.ts';
import { assertLayout, defineStructs, type Pointer, type StructValue } from './structs.ts';

/** A native function; `async` runs it on libuv's pool and calls back. */
interface NativeFunction<Arguments extends unknown[], Result> {
  (...args: Arguments): Result;
  async(...args: [...Arguments, (error: Error | null, result: Result) => void]): void;
}

/** A compute device llama.cpp can use. */
export interface Device {
  readonly name: string;
  readonly description: string;
  readonly kind: 'cpu' | 'gpu' | 'integrated-gpu' | 'accelerator';
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Whether a device is a graphics processor, of its own or beside the processor's cores. */
export function isGpu({ kind }: Pick<Device, 'kind'>): boolean {
  return kind === 'gpu' || kind === 'integrated-gpu';
}

/** The part of llama.h this project calls, with its struct defaults read once. */
export interface LlamaLibrary {
  readonly directory: string;
  readonly version: string;
  readonly modelDefaults: StructValue;
  readonly contextDefaults: StructValue;
  readonly api: LlamaApi;
  readonly callbacks: NativeCallbacks;
  /** Native memory, as it is: valid as long as its owner keeps it. */
  readonly view: (pointer: Pointer, byteLength: number) => ArrayBuffer;
  readonly takeThreadPool: TakeThreadPool;
  systemInfo(): string;
  devices(): Device[];
  /**
   * Where llama.cpp logs: a native callback, or the default: nowhere, or stderr when the environment
   * sets `TRIMTAB_LLAMA_LOG=1`. A JavaScript callback may be called from any of llama.cpp's threads
   * and deadlock while this one sits in a call, so register one for calls on this thread only.
   */
  setLog(callback: Pointer | 'default'): void;
}

export type LlamaApi = ReturnType<typeof bindApi>;

function bindApi(llama: LibraryHandle, structs: ReturnType<typeof defineStructs>) {
  const { modelParams, contextParams, batchStruct } = structs;
  const bind = <Arguments extends unknown[], Result>(
    name: string,
    result: TypeObject | string,
    args: (TypeObject | string)[],
  ): NativeFunction<Arguments, Result> =>
    llama.func(name, result, args) as NativeFunction<Arguments, Result>;

  const pointer = 'void *';
  type P = Pointer;
  return {
    backendInit: bind<[], void>('llama_backend_init', 'void', []),
    logSet: bind<[P, P], void>('llama_log_set', 'void', [pointer, pointer]),
    version: bind<[], string>('llama_version', 'str', []),
    systemInfo: bind<[], string>('llama_print_system_info', 'str', []),
    supportsGpuOffload: bind<[], boolean>('llama_supports_gpu_offload', 'bool', []),
    maxParallelSequences: bind<[], number>('llama_max_parallel_sequences', 'size_t', []),
    modelDefaults: bind<[], StructValue>('llama_model_default_params', modelParams, []),
    contextDefaults: bind<[], StructValue>('llama_context_default_params', contextParams, []),

    modelLoad: bind<[string, StructValue], P>('llama_model_load_from_file', pointer, [
      'str',
      modelParams,
    ]),
    modelFree: bind<[P], void>('llama_model_free', 'void', [pointer]),
    modelVocab: bind<[P], P>('llama_model_get_vocab', pointer, [pointer]),
    modelTrainedContext: bind<[P], number>('llama_model_n_ctx_train', 'int32', [pointer]),
    modelEmbedding: bind<[P], number>('llama_model_n_embd_out', 'int32', [pointer]),
    modelHasEncoder: bind<[P], boolean>('llama_model_has_encoder', 'bool', [pointer]),
    modelHasDecoder: bind<[P], boolean>('llama_model_has_decoder', 'bool', [pointer]),
    modelIsRecurrent: bind<[P], boolean>('llama_model_is_recurrent', 'bool', [pointer]),
    modelIsHybrid: bind<[P], boolean>('llama_model_is_hybrid', 'bool', [pointer]),
    modelSize: bind<[P], bigint | number>('llama_model_size', 'uint64', [pointer]),
    modelChatTemplate: bind<[P, P], string | null>('llama_model_chat_template', 'str', [
      pointer,
      pointer,
    ]),
    modelMetaCount: bind<[P], number>('llama_model_meta_count', 'int32', [pointer]),
    modelMetaKey: bind<[P, number, Uint8Array, number], number>(
      'llama_model_meta_key_by_index',
      'int32',
      [pointer, 'int32', pointer, 'size_t'],
    ),
    modelMetaValue: bind<[P, number, Uint8Array, number], number>(
      'llama_model_meta_val_str_by_index',
      'int32',
      [pointer, 'int32', pointer, 'size_t'],
    ),

    vocabSize: bind<[P], number>('llama_vocab_n_tokens', 'int32', [pointer]),
    vocabText: bind<[P, number], string | null>('llama_vocab_get_text', 'str', [pointer, 'int32']),
    vocabIsEog: bind<[P, number], boolean>('llama_vocab_is_eog', 'bool', [pointer, 'int32']),
    vocabAttributes: bind<[P, number], number>('llama_vocab_get_attr', 'int32', [pointer, 'int32']),
    vocabBos: bind<[P], number>('llama_vocab_bos', 'int32', [pointer]),
    vocabEos: bind<[P], number>('llama_vocab_eos', 'int32', [pointer]),
    vocabAddBos: bind<[P], boolean>('llama_vocab_get_add_bos', 'bool', [pointer]),
    tokenToPiece: bind<[P, number, Uint8Array, number, number, boolean], number>(
      'llama_token_to_piece',
      'int32',
      [pointer, 'int32', pointer, 'int32', 'int32', 'bool'],
    ),
    tokenize: bind<[P, Uint8Array, number, Int32Array, number, boolean, boolean], number>(
      'llama_tokenize',
      'int32',
      [pointer, pointer, 'int32', pointer, 'int32', 'bool', 'bool'],
    ),

    contextInit: bind<[P, StructValue], P>('llama_init_from_model', pointer, [
      pointer,
      contextParams,
    ]),
    contextFree: bind<[P], void>('llama_free', 'void', [pointer]),
    contextSequenceLength: bind<[P], number>('llama_n_ctx_seq', 'uint32', [pointer]),
    attachThreadPool: bind<[P, P, P], void>('llama_attach_threadpool', 'void', [
      pointer,
      pointer,
      pointer,
    ]),
    setThreads: bind<[P, number, number], void>('llama_set_n_threads', 'void', [
      pointer,
      'int32',
      'int32',
    ]),
    setEmbeddings: bind<[P, boolean], void>('llama_set_embeddings', 'void', [pointer, 'bool']),
    memory: bind<[P], P>('llama_get_memory', pointer, [pointer]),
    memoryRemove: bind<[P, number, number, number], boolean>('llama_memory_seq_rm', 'bool', [
      pointer,
      'int32',
      'int32',
      'int32',
    ]),
    memoryCopy: bind<[P, number, number, number, number], void>('llama_memory_seq_cp', 'void', [
      pointer,
      'int32',
      'int32',
      'int32',
      'int32',
    ]),
    memoryLastPosition: bind<[P, number], number>('llama_memory_seq_pos_max', 'int32', [
      pointer,
      'int32',
    ]),
    stateSize: bind<[P, number], number | bigint>('llama_state_seq_get_size', 'size_t', [
      pointer,
      'int32',
    ]),
    stateGet: bind<[P, Uint8Array, number, number], number | bigint>(
      'llama_state_seq_get_data',
      'size_t',
      [pointer, pointer, 'size_t', 'int32'],
    ),
    stateSet: bind<[P, Uint8Array, number, number], number | bigint>(
      'llama_state_seq_set_data',
      'size_t',
      [pointer, pointer, 'size_t', 'int32'],
    ),
    decode: bind<[P, StructValue], number>('llama_decode', 'int32', [pointer, batchStruct]),
    synchronize: bind<[P], void>('llama_synchronize', 'void', [pointer]),
    logitsAt: bind<[P, number], P>('llama_get_logits_ith', pointer, [pointer, 'int32']),
    embeddingsAt: bind<[P, number], P>('llama_get_embeddings_ith', pointer, [pointer, 'int32']),
    batchInit: bind<[number, number, number], StructValue>('llama_batch_init', batchStruct, [
      'int32',
      'int32',
      'int32',
    ]),
    batchFree: bind<[StructValue], void>('llama_batch_free', 'void', [batchStruct]),

    adapterLoad: bind<[P, string], P>('llama_adapter_lora_init', pointer, [pointer, 'str']),
    adapterFree: bind<[P], void>('llama_adapter_lora_free', 'void', [pointer]),
    setAdapters: bind<[P, BigUint64Array, number, Float32Array], number>(
      'llama_set_adapters_lora',
      'int32',
      [pointer, pointer, 'size_t', pointer],
    ),
    setControlVector: bind<[P, Float32Array | null, number, number, number, number], number>(
      'llama_set_adapter_cvec',
      'int32',
      [pointer, pointer, 'size_t', 'int32', 'int32', 'int32'],
    ),
  };
}

/**
 * Many tokenizers match text with a recursive `std::regex`: on koffi's own 128 KiB a word of 500 letters
 * ends the process. It takes no more than 16 MiB; what that has no room for, `PreTokenizer` refuses.
 */
const callStacks = { sync_stack_size: 16 * 2 ** 20, async_stack_size: 16 * 2 ** 20 };

// ggml keeps one registry of backends per process, so a process has one libllama: the only
// module-level state of this folder, set once and never changed.
let loaded: LlamaLibrary | undefined;

/**
 * Loads libllama, once per process, and checks that its structs are laid out as we mirror them.
 * @param options.directory - Folder of ggml-base, ggml and llama; `TRIMTAB_LLAMA_DIR` or the
 *   installed platform package by default.
 * @throws LibraryError if it cannot be found, loaded or used, or if another folder's is loaded already.
 */
export function loadLlamaLibrary(options: { readonly directory?: string } = {}): LlamaLibrary {
  if (loaded !== undefined && options.directory === undefined) return loaded;
  const ffi = loadFfi();
  const files = findLibraryFiles(options.directory);
  if (loaded !== undefined) {
    if (loaded.directory === files.directory) return loaded;
    throw new LibraryError(
      `This process has loaded llama.cpp from ${loaded.directory} and cannot load another from ` +
        `${files.directory}. Use one folder per process.`,
    );
  }
  let ggml: LibraryHandle;
  let llama: LibraryHandle;
  let base: LibraryHandle;
  let api: LlamaApi;
  try {
    ffi.config(callStacks);
    base = ffi.load(files.ggmlBase, { global: true });
    ggml = ffi.load(files.ggml, { global: true });
    llama = ffi.load(files.llama, { global: true });
    api = bindApi(llama, defineStructs(ffi));
  } catch (cause) {
    throw new LibraryError(
      `Cannot load llama.cpp from ${files.directory}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'On Linux it needs glibc 2.34 or newer; `trimtab doctor` says more.',
      { cause },
    );
  }
  const modelDefaults = api.modelDefaults();
  const contextDefaults = api.contextDefaults();
  assertLayout('model', modelDefaults, files.llama);
  assertLayout('context', contextDefaults, files.llama);
  const setLog = logSetter(api, base, llama);
  setLog('default');
  (ggml.func('void ggml_backend_load_all_from_path(const char *)') as (dir: string) => void)(
    files.directory,
  );
  api.backendInit();
  loaded = {
    directory: files.directory,
    version: api.version(),
    modelDefaults,
    contextDefaults,
    api,
    callbacks: defineCallbacks(ffi),
    takeThreadPool: defineThreadPools(ffi, base, ggml),
    view: (pointer, byteLength) => ffi.view(pointer, byteLength),
    systemInfo: () => api.systemInfo(),
    devices: () => listDevices(ggml, base),
    setLog,
  };
  return loaded;
}

function logSetter(
  api: LlamaApi,
  base: LibraryHandle,
  llama: LibraryHandle,
): LlamaLibrary['setLog'] {
  const ggmlLogSet = base.func('ggml_log_set', 'void', ['void *', 'void *']) as typeof api.logSet;
  // A native function that ignores its arguments and returns a constant: a log callback that is
  // safe on every thread. NULL would mean stderr.
  const nowhere = llama.symbol('llama_max_devices') as Pointer;
  const byDefault = process.env['TRIMTAB_LLAMA_LOG'] === '1' ? null : nowhere;
  return (callback) => {
    const target = callback === 'default' ? byDefault : callback;
    api.logSet(target, null);
    ggmlLogSet(target, null);
  };
}

function listDevices(ggml: LibraryHandle, base: LibraryHandle): Device[] {
  const count = ggml.func('size_t ggml_backend_dev_count()') as () => number;
  const get = ggml.func('ggml_backend_dev_get', 'void *', ['size_t']) as (i: number) => Pointer;
  const text = (name: string) => base.func(name, 'str', ['void *']) as (device: Pointer) => string;
  const name = text('ggml_backend_dev_name');
  const description = text('ggml_backend_dev_description');
  const kind = base.func('ggml_backend_dev_type', 'int32', ['void *']) as (
    device: Pointer,
  ) => number;
  const memory = base.func('ggml_backend_dev_memory', 'void', ['void *', 'void *', 'void *']) as (
    device: Pointer,
    free: BigUint64Array,
    total: BigUint64Array,
  ) => void;
  return Array.from({ length: count() }, (_, index) => {
    const device = get(index);
    const free = new BigUint64Array(1);
    const total = new BigUint64Array(1);
    memory(device, free, total);
    return {
      name: name(device),
      description: description(device),
      kind: (['cpu', 'gpu', 'integrated-gpu'] as const)[kind(device)] ?? 'accelerator',
      freeBytes: Number(free[0]),
      totalBytes: Number(total[0]),
    };
  });
}
