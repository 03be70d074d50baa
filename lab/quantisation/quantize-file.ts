import { findLibraryFiles, loadFfi, loadLlamaLibrary } from '../../src/llama/index.ts';

/** `llama_ftype` of what files are quantised to. */
export const fileTypes = {
  F32: 0,
  Q8_0: 7,
  Q6_K: 18,
  Q5_K_M: 17,
  Q4_K_M: 15,
  Q4_0: 2,
  Q3_K_M: 12,
  Q2_K: 10,
} as const;

export type FileType = keyof typeof fileTypes;

/** `llama_model_quantize_params`. */
const params = {
  nthread: 'int32',
  ftype: 'int32',
  output_tensor_type: 'int32',
  token_embedding_type: 'int32',
  allow_requantize: 'bool',
  quantize_output_tensor: 'bool',
  only_copy: 'bool',
  pure: 'bool',
  keep_split: 'bool',
  dry_run: 'bool',
  imatrix: 'void *',
  kv_overrides: 'void *',
  tt_overrides: 'void *',
  prune_layers: 'void *',
  max_buf_size: 'size_t',
};

/** What llama.h says of the defaults, as far as it tells whether the layout is this one. */
const expected = { nthread: 0, ftype: 7, quantize_output_tensor: true, imatrix: null };

/** llama.cpp's own quantisation of a file that may be quantised already. */
export async function quantizeFile(
  source: string,
  target: string,
  type: FileType,
  threads: number,
): Promise<void> {
  loadLlamaLibrary(); // its backends, and where it logs
  const ffi = loadFfi();
  const llama = ffi.load(findLibraryFiles().llama);
  const struct = ffi.struct(params);
  const defaults = llama.func('llama_model_quantize_default_params', struct, [])() as Record<
    keyof typeof params,
    unknown
  >;
  for (const [field, value] of Object.entries(expected)) {
    const found = defaults[field as keyof typeof params];
    if (found !== value) throw new Error(`llama.cpp's ${field} is ${String(found)} by default.`);
  }
  const quantize = llama.func('llama_model_quantize', 'uint32', [
    'str',
    'str',
    ffi.pointer(struct),
  ]);
  const wanted = {
    ...defaults,
    nthread: threads,
    ftype: fileTypes[type],
    allow_requantize: true,
  };
  const status = await new Promise<number>((resolve, reject) => {
    quantize.async(source, target, wanted, (error: Error | null, result: number) =>
      error === null ? resolve(result) : reject(error),
    );
  });
  if (status !== 0) throw new Error(`llama.cpp cannot write ${source} as ${type} (${status}).`);
}
