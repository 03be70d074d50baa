// A large model that says what a small one says, bit for bit: what trained models accept, at the cost of large ones.
import { open } from 'node:fs/promises';

import {
  arrayOfNumbers,
  arrayOfStrings,
  encodeTensor,
  float32,
  readGgufHeader,
  string,
  uint32,
  writeGguf,
  type GgufHeader,
  type MetadataValue,
  type TensorInfo,
  type TensorSource,
  type WritableType,
} from '../../src/gguf/index.ts';
import { uniformAt } from '../../src/math/index.ts';

/** Sizes of the large model, each at least the small one's. */
export interface InflatedShape {
  readonly blockCount: number;
  readonly feedForwardLength: number;
  readonly vocabSize: number;
  /** A token that only the large model has gets the logit `-paddingDepth / rms`, rms that of the last hidden state. */
  readonly paddingDepth: number;
}

/** Of the residual stream. Its square root is a power of two, so that what makes up for it is exact. */
export const widening = 4;

/** `C` of {@link inflateModel}. Its square is 0 in float32. */
const paddingConstant = 2 ** -80;

/** llama.cpp's type of tokens that stand for nothing. */
const unusedToken = 5;

/**
 * Writes a model of the architecture `llama` that gives the logits of `source` for its tokens, and no probability to
 * the tokens `[PAD…]` that it has beside them:
 * - The residual stream is four times as wide, and 0 where it is new. Its mean square is then a quarter: so is
 *   the epsilon of norms, and their weights are halved.
 * - Feed-forward units that are new are read with weights 0.
 * - Blocks that are new have weights like others, but outputs (`attn_output`, `ffn_down`) of 0.
 * - Reward heads read what is new with weights 0.
 * - The last block adds a constant `C` to the first new column, so small that no norm notices. The last norm multiplies it
 *   by `paddingDepth / C`, and the embedding of a token that is new is −1 there and 0 elsewhere.
 *
 * All that is added is 0 in every sum, and all that is scaled is scaled by powers of two: the kernels of one row give the
 * same bits. One tensor at a time is in memory.
 * @throws Error for a model of another architecture, or whose output layer is not its embedding.
 */
export async function inflateModel(
  source: string,
  target: string,
  shape: InflatedShape,
): Promise<void> {
  const header = await readGgufHeader(source);
  const sizes = sizesOf(header);
  requireLarger(source, sizes, shape);
  const tensors = [
    embedding(source, header, shape),
    lastNorm(source, header, shape),
    ...Array.from({ length: shape.blockCount }, (_, block) =>
      block < sizes.blockCount
        ? trainedBlock(source, header, block, shape)
        : newBlock(header, block, shape),
    ).flat(),
    paddingBias(sizes.width, shape),
  ];
  await writeGguf(target, { metadata: inflatedMetadata(header, shape), tensors });
}

interface Sizes {
  readonly width: number;
  readonly blockCount: number;
  readonly feedForwardLength: number;
  readonly vocabSize: number;
}

function numberOf({ metadata }: GgufHeader, key: string): number {
  return Number(metadata.get(`llama.${key}`)!.value);
}

function sizesOf(header: GgufHeader): Sizes {
  const { metadata, tensors } = header;
  if (metadata.get('general.architecture')?.value !== 'llama')
    throw new Error('Only models of the architecture llama can be inflated.');
  if (tensors.has('output.weight')) throw new Error('Its output layer is not its embedding.');
  return {
    width: numberOf(header, 'embedding_length'),
    blockCount: numberOf(header, 'block_count'),
    feedForwardLength: numberOf(header, 'feed_forward_length'),
    vocabSize: tensors.get('token_embd.weight')!.shape[1]!,
  };
}

function requireLarger(source: string, sizes: Sizes, shape: InflatedShape): void {
  for (const size of ['blockCount', 'feedForwardLength', 'vocabSize'] as const) {
    if (shape[size] < sizes[size])
      throw new Error(`${size} is ${shape[size]}, that of ${source} is ${sizes[size]}.`);
  }
}

function inflatedMetadata(header: GgufHeader, shape: InflatedShape): Map<string, MetadataValue> {
  const width = numberOf(header, 'embedding_length');
  const headLength = width / numberOf(header, 'attention.head_count');
  const epsilon = numberOf(header, 'attention.layer_norm_rms_epsilon');
  const metadata = new Map(header.metadata);
  metadata.delete('general.alignment');
  for (const [key, value] of [
    ['general.name', string('inflated')],
    ['llama.embedding_length', uint32(width * widening)],
    ['llama.block_count', uint32(shape.blockCount)],
    ['llama.feed_forward_length', uint32(shape.feedForwardLength)],
    ['llama.vocab_size', uint32(shape.vocabSize)],
    ['llama.attention.layer_norm_rms_epsilon', float32(epsilon / widening)],
    [
      'llama.attention.key_length',
      metadata.get('llama.attention.key_length') ?? uint32(headLength),
    ],
    [
      'llama.attention.value_length',
      metadata.get('llama.attention.value_length') ?? uint32(headLength),
    ],
    ['tokenizer.ggml.tokens', paddedSpellings(metadata.get('tokenizer.ggml.tokens')!, shape)],
    ...paddedHeads(metadata, width),
    ['tokenizer.ggml.token_type', paddedTypes(metadata.get('tokenizer.ggml.token_type')!, shape)],
  ] as const) {
    metadata.set(key, value);
  }
  return metadata;
}

/** Reward heads, which read what is new with weights 0. */
function paddedHeads(
  metadata: ReadonlyMap<string, MetadataValue>,
  width: number,
): (readonly [string, MetadataValue])[] {
  const key = 'trimtab.reward.weight';
  const given = metadata.get(key);
  if (given === undefined) return [];
  const weights = Array.from(given.value as ArrayLike<number>);
  const heads = weights.length / width;
  const rows = Array.from({ length: heads }, (_, head) => [
    ...weights.slice(head * width, (head + 1) * width),
    ...Array.from({ length: width * (widening - 1) }, () => 0),
  ]);
  return [[key, arrayOfNumbers('float32', rows.flat())]];
}

function paddedSpellings({ value }: MetadataValue, { vocabSize }: InflatedShape): MetadataValue {
  const spellings = value as readonly string[];
  return arrayOfStrings(
    Array.from({ length: vocabSize }, (_, id) => spellings[id] ?? `[PAD${id}]`),
  );
}

function paddedTypes({ value }: MetadataValue, { vocabSize }: InflatedShape): MetadataValue {
  const types = value as readonly number[];
  return arrayOfNumbers(
    'int32',
    Array.from({ length: vocabSize }, (_, id) => types[id] ?? unusedToken),
  );
}

/** What the model knows of a tensor, in the upper left of a larger one that is 0 elsewhere. */
function widened(
  source: string,
  header: GgufHeader,
  name: string,
  [rowLength, rowCount]: readonly [number, number],
  fill: (rows: Uint8Array, rowBytes: number, from: number) => void = () => {},
): TensorSource {
  const tensor = header.tensors.get(name)!;
  const type = writable(tensor);
  const rows = tensor.shape[1]!;
  const sourceRowBytes = tensor.byteLength / rows;
  return {
    name,
    type,
    shape: [rowLength, rowCount],
    async *data() {
      const trained = await readBytes(source, header, tensor);
      const rowBytes = encodeTensor(new Float32Array(rowLength), type).length;
      const bytes = new Uint8Array(rowBytes * rowCount); // a block of zeros is 0 in all of these types
      for (let row = 0; row < rows; row++) {
        const start = row * sourceRowBytes;
        bytes.set(trained.subarray(start, start + sourceRowBytes), row * rowBytes);
      }
      fill(bytes, rowBytes, rows);
      yield bytes;
    },
  };
}

function embedding(source: string, header: GgufHeader, { vocabSize }: InflatedShape): TensorSource {
  const { width } = sizesOf(header);
  const type = writable(header.tensors.get('token_embd.weight')!);
  const padding = new Float32Array(width * widening);
  padding[width] = -1;
  const size = [padding.length, vocabSize] as const;
  return widened(source, header, 'token_embd.weight', size, (rows, rowBytes, from) => {
    const row = encodeTensor(padding, type);
    for (let i = from; i < vocabSize; i++) rows.set(row, i * rowBytes);
  });
}

/** Half of a norm's weights, and what it makes of the new columns, which are 0 but perhaps one. */
function norm(source: string, header: GgufHeader, name: string, firstNew = 1): TensorSource {
  const tensor = header.tensors.get(name)!;
  if (tensor.type !== 'F32') throw new Error(`${name} is of type ${tensor.type}, not F32.`);
  const width = tensor.shape[0]!;
  return {
    name,
    type: 'F32',
    shape: [width * widening],
    async *data() {
      const bytes = await readBytes(source, header, tensor);
      const weights = new Float32Array(width * widening).fill(1);
      weights.set(new Float32Array(bytes.buffer).map((weight) => weight / Math.sqrt(widening)));
      weights[width] = firstNew;
      yield encodeTensor(weights, 'F32');
    },
  };
}

function lastNorm(source: string, header: GgufHeader, shape: InflatedShape): TensorSource {
  return norm(source, header, 'output_norm.weight', shape.paddingDepth / paddingConstant);
}

function paddingBias(width: number, { blockCount }: InflatedShape): TensorSource {
  const data = new Float32Array(width * widening);
  data[width] = paddingConstant;
  const name = `blk.${blockCount - 1}.ffn_down.bias`;
  return { name, type: 'F32', shape: [data.length], data };
}

/** The matrices of a block, and the shape `[rowLength, rowCount]` of each in the large model. */
function matricesOf(header: GgufHeader, { feedForwardLength }: InflatedShape) {
  const width = numberOf(header, 'embedding_length') * widening;
  const heightOf = (name: string) => header.tensors.get(`blk.0.${name}.weight`)!.shape[1]!;
  const values = header.tensors.get('blk.0.attn_output.weight')!.shape[0]!;
  return {
    attn_q: [width, heightOf('attn_q')],
    attn_k: [width, heightOf('attn_k')],
    attn_v: [width, heightOf('attn_v')],
    attn_output: [values, width],
    ffn_gate: [width, feedForwardLength],
    ffn_up: [width, feedForwardLength],
    ffn_down: [feedForwardLength, width],
  } as const;
}

function trainedBlock(
  source: string,
  header: GgufHeader,
  block: number,
  shape: InflatedShape,
): TensorSource[] {
  const at = (name: string) => `blk.${block}.${name}.weight`;
  return [
    ...['attn_norm', 'ffn_norm'].map((name) => norm(source, header, at(name))),
    ...Object.entries(matricesOf(header, shape)).map(([name, size]) =>
      widened(source, header, at(name), size),
    ),
  ];
}

/** Outputs of 0, and numbers that mean nothing for all that leads to them. */
function newBlock(header: GgufHeader, block: number, shape: InflatedShape): TensorSource[] {
  const at = (name: string) => `blk.${block}.${name}.weight`;
  const width = numberOf(header, 'embedding_length') * widening;
  const norms = ['attn_norm', 'ffn_norm'].map((name): TensorSource => ({
    name: at(name),
    type: 'F32',
    shape: [width],
    data: new Float32Array(width).fill(1),
  }));
  const matrices = Object.entries(matricesOf(header, shape)).map(([name, size]): TensorSource => {
    const type = writable(header.tensors.get(`blk.0.${name}.weight`)!);
    const isOutput = name === 'attn_output' || name === 'ffn_down';
    return {
      name: at(name),
      type,
      shape: size,
      *data() {
        const row = encodeTensor(isOutput ? new Float32Array(size[0]) : anyRow(size[0]), type);
        const rows = new Uint8Array(row.length * size[1]);
        for (let i = 0; i < size[1]; i++) rows.set(row, i * row.length);
        yield rows;
      },
    };
  });
  return [...norms, ...matrices];
}

/** Uniform, with the standard deviation `1 / sqrt(length)`, so that products with it are of order 1. */
function anyRow(length: number): Float32Array {
  const half = Math.sqrt(3 / length);
  return Float32Array.from({ length }, (_, i) => half * (2 * uniformAt(1, i) - 1));
}

function writable({ name, type }: TensorInfo): WritableType {
  if (type === 'F32' || type === 'F16' || type === 'Q8_0') return type;
  throw new Error(`${name} is of type ${type}, not F32, F16 or Q8_0.`);
}

async function readBytes(
  source: string,
  header: GgufHeader,
  tensor: TensorInfo,
): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await open(source);
  const bytes = new Uint8Array(tensor.byteLength);
  let done = 0;
  while (done < bytes.length) {
    const position = header.dataOffset + tensor.offset + done;
    done += (await file.read(bytes, done, bytes.length - done, position)).bytesRead;
  }
  return bytes;
}
