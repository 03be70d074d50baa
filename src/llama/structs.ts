import type koffi from 'koffi';

import { LibraryError } from '../spec/index.ts';

// Mirrors of the structs in llama.h that cross the boundary by value. The field order is the ABI:
// `assertLayout` compares what the library's own `llama_*_default_params()` return through these
// mirrors with the documented defaults, and refuses to run when a single field has moved.

const modelParams = {
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32',
  split_mode: 'int32',
  load_mode: 'int32',
  lazy_mode: 'int32',
  main_gpu: 'int32',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
};

const contextParams = {
  n_ctx: 'uint32',
  n_batch: 'uint32',
  n_ubatch: 'uint32',
  n_seq_max: 'uint32',
  n_rs_seq: 'uint32',
  n_outputs_max: 'uint32',
  n_outputs_max_per_seq: 'uint32',
  n_threads: 'int32',
  n_threads_batch: 'int32',
  ctx_type: 'int32',
  rope_scaling_type: 'int32',
  pooling_type: 'int32',
  attention_type: 'int32',
  flash_attn_type: 'int32',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32',
  defrag_thold: 'float',
  cb_eval: 'void *',
  cb_eval_user_data: 'void *',
  type_k: 'int32',
  type_v: 'int32',
  abort_callback: 'void *',
  abort_callback_data: 'void *',
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: 'void *',
  n_samplers: 'size_t',
  ctx_other: 'void *',
};

const batchStruct = {
  n_tokens: 'int32',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
};

/** The structs' types, as the FFI knows them. */
export function defineStructs(ffi: typeof koffi) {
  return {
    modelParams: ffi.struct(modelParams),
    contextParams: ffi.struct(contextParams),
    batchStruct: ffi.struct(batchStruct),
  };
}

/** A native address; `null` is C's NULL. */
export type Pointer = bigint | null;

/** A native struct as koffi reads and writes it. */
export type StructValue = Record<string, number | bigint | boolean | null>;

/** Fields and the values llama.h documents for them; the last of each struct guards its length. */
const documentedDefaults: Record<'model' | 'context', StructValue> = {
  model: {
    devices: null,
    n_gpu_layers: -1,
    split_mode: 1,
    load_mode: -1,
    lazy_mode: 1,
    main_gpu: 0,
    progress_callback: null,
    kv_overrides: null,
    vocab_only: false,
    check_tensors: false,
    use_extra_bufts: true,
    no_host: false,
    no_alloc: false,
    load_mtp: false,
  },
  context: {
    n_ctx: 512,
    n_batch: 2048,
    n_ubatch: 512,
    n_seq_max: 1,
    n_outputs_max: 0,
    n_outputs_max_per_seq: 1,
    n_threads: 4,
    n_threads_batch: 4,
    ctx_type: 0,
    rope_scaling_type: -1,
    pooling_type: -1,
    attention_type: -1,
    flash_attn_type: -1,
    yarn_ext_factor: -1,
    yarn_beta_slow: -1,
    yarn_orig_ctx: 0,
    defrag_thold: -1,
    cb_eval: null,
    type_k: 1,
    type_v: 1,
    abort_callback: null,
    embeddings: false,
    offload_kqv: true,
    no_perf: true,
    op_offload: true,
    swa_full: true,
    kv_unified: false,
    samplers: null,
    n_samplers: 0,
    ctx_other: null,
  },
};

/** @throws LibraryError naming the first field whose default is not the documented one. */
export function assertLayout(
  kind: 'model' | 'context',
  defaults: StructValue,
  library: string,
): void {
  for (const [field, expected] of Object.entries(documentedDefaults[kind])) {
    const actual = defaults[field];
    if (actual !== expected && Number(actual) !== expected) {
      throw new LibraryError(
        `${library} lays out llama_${kind}_params differently from what this version of Trimtab knows: ` +
          `\`${field}\` defaults to ${String(actual)}, expected ${String(expected)}. ` +
          `Use the library that \`trimtab doctor\` names.`,
      );
    }
  }
}
