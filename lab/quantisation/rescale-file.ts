import { open, type FileHandle } from 'node:fs/promises';

import { readGgufHeader, type GgufHeader } from '../../src/gguf/index.ts';
import { uniformAt } from '../../src/math/index.ts';

/**
 * Rewrites a file of F32 tensors so that the model computes the same, and its weights are nobody's grid: weights
 * that were quantised once would be quantised again without a loss. Each channel between two linear maps is
 * multiplied by a factor on one side and divided by it on the other.
 */
export async function rescaleFile(file: string): Promise<void> {
  const header = await readGgufHeader(file);
  await using handle = await open(file, 'r+');
  const tensors = new Tensors(handle, header);
  const number = (name: string) => {
    const architecture = header.metadata.get('general.architecture')!.value as string;
    return Number(header.metadata.get(`${architecture}.${name}`)!.value);
  };
  const heads = number('attention.head_count');
  const headsPerValue = heads / number('attention.head_count_kv');
  for (let layer = 0; layer < number('block_count'); layer++) {
    const at = (name: string) => `blk.${layer}.${name}`;
    const factors = (name: string, length: number) => drawFactors(`${layer} ${name}`, length);
    const width = tensors.width(at('attn_q.weight'));
    for (const [norm, readers] of [
      ['attn_norm', ['attn_q', 'attn_k', 'attn_v']],
      ['ffn_norm', ['ffn_gate', 'ffn_up']],
    ] as const) {
      const drawn = factors(norm, width);
      await tensors.scaleEntries(at(`${norm}.weight`), drawn);
      for (const each of readers) await tensors.divideColumns(at(`${each}.weight`), drawn);
    }
    const values = factors('values', tensors.height(at('attn_v.weight')));
    await tensors.scaleRows(at('attn_v.weight'), values);
    if (header.tensors.has(at('attn_v.bias')))
      await tensors.scaleEntries(at('attn_v.bias'), values);
    // Several heads of queries read one of values.
    const headLength = tensors.width(at('attn_output.weight')) / heads;
    const read = Float64Array.from({ length: heads * headLength }, (_, i) => {
      const head = Math.floor(Math.floor(i / headLength) / headsPerValue);
      return values[head * headLength + (i % headLength)]!;
    });
    await tensors.divideColumns(at('attn_output.weight'), read);
    const up = factors('up', tensors.height(at('ffn_up.weight')));
    await tensors.scaleRows(at('ffn_up.weight'), up);
    await tensors.divideColumns(at('ffn_down.weight'), up);
  }
  if (!header.tensors.has('output.weight')) return; // it is the embedding, which has no norm before it
  const last = drawFactors('output', tensors.width('output.weight'));
  await tensors.scaleEntries('output_norm.weight', last);
  await tensors.divideColumns('output.weight', last);
}

/** From 0.8 to 1.25. */
function drawFactors(name: string, length: number): Float64Array {
  const seed = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 2 ** 31, 7);
  return Float64Array.from({ length }, (_, i) => 1.25 ** (2 * uniformAt(seed, i) - 1));
}

/** Matrices of an open file: rows are what they give, columns what they read. */
class Tensors {
  readonly #file: FileHandle;
  readonly #header: GgufHeader;

  constructor(file: FileHandle, header: GgufHeader) {
    this.#file = file;
    this.#header = header;
  }

  width(name: string): number {
    return this.#header.tensors.get(name)!.shape[0]!;
  }

  height(name: string): number {
    return this.#header.tensors.get(name)!.shape[1]!;
  }

  scaleEntries(name: string, factors: Float64Array): Promise<void> {
    return this.#change(name, (value, i) => value * factors[i]!);
  }

  scaleRows(name: string, factors: Float64Array): Promise<void> {
    const width = this.width(name);
    return this.#change(name, (value, i) => value * factors[Math.floor(i / width)]!);
  }

  divideColumns(name: string, factors: Float64Array): Promise<void> {
    return this.#change(name, (value, i) => value / factors[i % factors.length]!);
  }

  async #change(name: string, change: (value: number, i: number) => number): Promise<void> {
    const tensor = this.#header.tensors.get(name);
    if (tensor?.type !== 'F32') throw new Error(`${name} is ${tensor?.type ?? 'not there'}.`);
    const position = this.#header.dataOffset + tensor.offset;
    const values = new Float32Array(tensor.byteLength / 4);
    const bytes = new Uint8Array(values.buffer);
    await this.#file.read(bytes, 0, bytes.length, position);
    for (let i = 0; i < values.length; i++) values[i] = change(values[i]!, i);
    await this.#file.write(bytes, 0, bytes.length, position);
  }
}
