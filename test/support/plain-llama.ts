import { loadLlamaLibrary } from '../../src/llama/index.ts';

export interface PlainRun {
  readonly contextLength: number;
  /** Tokens of one `llama_decode`. */
  readonly batchSize: number;
  readonly threads: number;
}

/** The row after `tokens`, by llama.cpp's own calls and nothing else. */
export function plainRow(
  file: string,
  tokens: readonly number[],
  { contextLength, batchSize, threads }: PlainRun,
): Float32Array {
  const { api, modelDefaults, contextDefaults, view } = loadLlamaLibrary();
  const model = api.modelLoad(file, { ...modelDefaults, use_extra_bufts: false });
  const context = api.contextInit(model, {
    ...contextDefaults,
    n_ctx: contextLength,
    n_batch: batchSize,
    n_threads: threads,
    n_threads_batch: threads,
    flash_attn_type: 0,
  });
  const batch = api.batchInit(batchSize, 0, 1);
  const numbers = (field: string) => new Int32Array(view(batch[field] as bigint, 4 * batchSize));
  const [ids, positions, counts] = [numbers('token'), numbers('pos'), numbers('n_seq_id')];
  const outputs = new Int8Array(view(batch['logits'] as bigint, batchSize));
  const sequences = new BigUint64Array(view(batch['seq_id'] as bigint, 8 * batchSize));
  try {
    for (let at = 0; at < tokens.length; at += batchSize) {
      const part = tokens.slice(at, at + batchSize);
      ids.set(part);
      for (let i = 0; i < part.length; i++) {
        positions[i] = at + i;
        counts[i] = 1;
        new Int32Array(view(sequences[i]!, 4))[0] = 0;
        outputs[i] = at + i === tokens.length - 1 ? 1 : 0;
      }
      const status = api.decode(context, { ...batch, n_tokens: part.length });
      if (status !== 0) throw new Error(`llama_decode gives ${status}.`);
    }
    api.synchronize(context);
    const last = (tokens.length - 1) % batchSize;
    const size = api.vocabSize(api.modelVocab(model));
    return new Float32Array(view(api.logitsAt(context, last), 4 * size)).slice();
  } finally {
    api.batchFree(batch);
    api.contextFree(context);
    api.modelFree(model);
  }
}
