import { InvalidOptionError } from '../../../src/spec/index.ts';
import { toFloat16 } from '../../../src/gguf/float16.ts';
import {
  float32,
  type MetadataValue,
  string,
  type TensorSource,
  uint32,
  type WritableType,
  writeGguf,
} from '../../../src/gguf/index.ts';
import { createVocabulary, tokenizerMetadata } from './random-vocabulary.ts';
import type { SyntheticVocabulary } from './random-vocabulary.ts';
import { createBits } from './seeded-bits.ts';
import type { NextBits } from './seeded-bits.ts';
import { tensorTypes } from '../../../src/gguf/tensor-types.ts';

/** A llama-architecture model of random weights, for tests and benchmarks. */
export interface RandomModelShape {
  readonly vocabSize: number;
  readonly embeddingLength: number;
  readonly blockCount: number;
  readonly headCount: number;
  /** `headCount` by default. */
  readonly headCountKv?: number;
  readonly feedForwardLength: number;
  readonly contextLength: number;
  /** Of the matrices; norms are F32. The weights of one seed are the same numbers in every type. */
  readonly type: WritableType;
  readonly seed: number;
  /** The output layer is the embedding: true by default. */
  readonly tied?: boolean;
  /** Instead of one made from `vocabSize` and `seed`; must have `vocabSize` tokens. */
  readonly vocabulary?: SyntheticVocabulary;
  /** That of the embedded models, unless metadata has another; `null`: the file has none. */
  readonly chatTemplate?: null;
  /** Metadata to add or replace, e.g. another `tokenizer.chat_template`. */
  readonly metadata?: Iterable<readonly [key: string, value: MetadataValue]>;
}

const chatTemplate = [
  'tokenizer.chat_template',
  string(
    '{% for m in messages %}<|{{ m.role }}|> {{ m.content }}\n{% endfor %}' +
      '{% if add_generation_prompt %}<|assistant|>{% endif %}',
  ),
] as const;

/**
 * Writes a model whose weights are uniform with standard deviation about `1 / sqrt(row length)`, so
 * that logits are of order 1. Streams: a file of any size takes a few rows of memory.
 * @throws InvalidOptionError for a shape that is no model, or rows that the type cannot hold.
 */
export async function writeRandomModel(path: string, shape: RandomModelShape): Promise<void> {
  const vocabulary = shape.vocabulary ?? createVocabulary(shape.vocabSize, shape.seed);
  checkShape(shape, vocabulary);
  const metadata = new Map<string, MetadataValue>([
    ...modelMetadata(shape),
    ...tokenizerMetadata(vocabulary),
    ...(shape.chatTemplate === null ? [] : [chatTemplate]),
    ...(shape.metadata ?? []),
  ]);
  await writeGguf(path, { metadata, tensors: modelTensors(shape, vocabulary) });
}

function checkShape(shape: RandomModelShape, vocabulary: SyntheticVocabulary): void {
  const { embeddingLength, headCount, headCountKv = headCount } = shape;
  if (vocabulary.tokens.length !== shape.vocabSize) {
    throw new InvalidOptionError(
      'vocabulary',
      `The vocabulary has ${vocabulary.tokens.length} tokens, but vocabSize is ${shape.vocabSize}.`,
    );
  }
  if (embeddingLength % (2 * headCount) !== 0 || headCount % headCountKv !== 0) {
    throw new InvalidOptionError(
      'headCount',
      `embeddingLength ${embeddingLength} must be a multiple of 2 × headCount (${headCount}), and headCount of headCountKv (${headCountKv}).`,
    );
  }
}

function modelMetadata(shape: RandomModelShape): [string, MetadataValue][] {
  const { headCount, headCountKv = headCount } = shape;
  return [
    ['general.architecture', string('llama')],
    ['general.name', string(`random-${shape.embeddingLength}x${shape.blockCount}`)],
    ['llama.vocab_size', uint32(shape.vocabSize)],
    ['llama.context_length', uint32(shape.contextLength)],
    ['llama.embedding_length', uint32(shape.embeddingLength)],
    ['llama.block_count', uint32(shape.blockCount)],
    ['llama.feed_forward_length', uint32(shape.feedForwardLength)],
    ['llama.attention.head_count', uint32(headCount)],
    ['llama.attention.head_count_kv', uint32(headCountKv)],
    ['llama.attention.layer_norm_rms_epsilon', float32(1e-5)],
    ['llama.rope.freq_base', float32(10_000)],
    ['llama.rope.dimension_count', uint32(shape.embeddingLength / headCount)],
  ];
}

function modelTensors(shape: RandomModelShape, vocabulary: SyntheticVocabulary): TensorSource[] {
  const { embeddingLength: width, feedForwardLength: inner, headCount, tied = true } = shape;
  const kvWidth = (width / headCount) * (shape.headCountKv ?? headCount);
  const tensors: TensorSource[] = [];
  const matrix = (name: string, rowLength: number, rows: readonly number[] | number) => {
    tensors.push(randomMatrix(`${name}.weight`, rowLength, rows, shape, tensors.length));
  };
  const norm = (name: string) => {
    const data = new Float32Array(width).fill(1);
    tensors.push({ name: `${name}.weight`, shape: [width], type: 'F32', data });
  };
  matrix('token_embd', width, vocabulary.rows);
  norm('output_norm');
  if (!tied) matrix('output', width, vocabulary.rows);
  for (let i = 0; i < shape.blockCount; i++) {
    norm(`blk.${i}.attn_norm`);
    matrix(`blk.${i}.attn_q`, width, width);
    matrix(`blk.${i}.attn_k`, width, kvWidth);
    matrix(`blk.${i}.attn_v`, width, kvWidth);
    matrix(`blk.${i}.attn_output`, width, width);
    norm(`blk.${i}.ffn_norm`);
    matrix(`blk.${i}.ffn_gate`, width, inner);
    matrix(`blk.${i}.ffn_up`, width, inner);
    matrix(`blk.${i}.ffn_down`, inner, width);
  }
  return tensors;
}

/** @param rows - Which random row stands where, or how many rows in order. */
function randomMatrix(
  name: string,
  rowLength: number,
  rows: readonly number[] | number,
  { type, seed }: RandomModelShape,
  tensorIndex: number,
): TensorSource {
  const rowCount = typeof rows === 'number' ? rows : rows.length;
  const row = (i: number) => (typeof rows === 'number' ? i : rows[i]!);
  const rowBytes = (rowLength / tensorTypes[type].blockSize) * tensorTypes[type].blockBytes;
  // A power of two: exact in every type. The integers below have a standard deviation of 37.
  const scale = 2 ** Math.round(Math.log2(1 / (37 * Math.sqrt(rowLength))));
  return {
    name,
    shape: [rowLength, rowCount],
    type,
    *data() {
      const rowsPerChunk = Math.max(1, Math.floor(2 ** 20 / rowBytes));
      for (let start = 0; start < rowCount; start += rowsPerChunk) {
        const count = Math.min(rowsPerChunk, rowCount - start);
        const chunk = new Uint8Array(count * rowBytes);
        for (let i = 0; i < count; i++) {
          const bits = createBits(seed, tensorIndex, row(start + i));
          fillRow(chunk, i * rowBytes, rowLength, type, scale, bits);
        }
        yield chunk;
      }
    },
  };
}

/** Four odd integers from -63 to 63 as the bytes of one word: symmetric, so their mean is 0. */
function fourWeights(bits: number): number {
  const sevenBits = bits & 0x7f7f7f7f;
  return sevenBits | ((sevenBits & 0x40404040) << 1) | 0x01010101;
}

function fillRow(
  chunk: Uint8Array,
  offset: number,
  rowLength: number,
  type: WritableType,
  scale: number,
  bits: NextBits,
): void {
  if (type === 'Q8_0') {
    const blockWords = tensorTypes.Q8_0.blockBytes / 2;
    const words = new Uint16Array(chunk.buffer, offset, (rowLength / 32) * blockWords);
    const half = toFloat16(scale);
    for (let start = 0; start < words.length; start += blockWords) {
      words[start] = half;
      for (let i = 1; i < blockWords; i += 2) {
        const weights = fourWeights(bits());
        words[start + i] = weights & 0xffff;
        words[start + i + 1] = weights >>> 16;
      }
    }
    return;
  }
  const view = new DataView(chunk.buffer, offset);
  for (let i = 0; i < rowLength; i += 4) {
    const weights = fourWeights(bits());
    for (let j = 0; j < Math.min(4, rowLength - i); j++) {
      const value = ((weights << (24 - 8 * j)) >> 24) * scale;
      if (type === 'F32') view.setFloat32(4 * (i + j), value, true);
      else view.setUint16(2 * (i + j), toFloat16(value), true);
    }
  }
}
