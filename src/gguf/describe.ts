import { GgufError } from '../spec/index.ts';
import { splitCount, splitIndex } from './check-model.ts';
import { nameFileType } from './file-types.ts';
import { integerOf } from './metadata-checks.ts';
import type { GgufHeader } from './read-header.ts';
import type { TensorType } from './tensor-types.ts';
import type { Metadata } from './values.ts';

/** A special token as the file names it; `spelling` is `null` for an id outside the vocabulary. */
export interface SpecialTokenDescription {
  /** E.g. `bos`, `eos`, `eot`. */
  readonly role: string;
  readonly tokenId: number;
  readonly spelling: string | null;
}

/** What a GGUF file says of its model. `null` is what it does not say. */
export interface ModelDescription {
  readonly architecture: string;
  readonly name: string | null;
  readonly license: string | null;
  /** Total of tensor elements in this file. */
  readonly parameterCount: number;
  /** Of tensor data in this file. */
  readonly tensorBytes: number;
  /** The recipe it was quantised by, e.g. `Q4_K_M`, whose tensors are of several types. */
  readonly fileType: string | null;
  /** The type of most tensor bytes, then every type with its bytes, most first. */
  readonly mainType: TensorType | null;
  readonly typeBytes: readonly { readonly type: TensorType; readonly bytes: number }[];
  readonly vocabSize: number | null;
  /** Pairs of tokens that byte-pair encoding joins; 0 for other tokenizers. */
  readonly mergeCount: number;
  readonly contextLength: number | null;
  readonly embeddingLength: number | null;
  readonly layerCount: number | null;
  /** Per layer, `[layerCount]`; empty where the file does not say. */
  readonly headCounts: readonly number[];
  readonly headCountsKv: readonly number[];
  /** Widths of one head's key and value; 0 where there are no heads. */
  readonly keyLength: number;
  readonly valueLength: number;
  /** E.g. `gpt2`, `llama`. */
  readonly tokenizerModel: string | null;
  readonly tokenizerPre: string | null;
  readonly chatTemplate: string | null;
  readonly specialTokens: readonly SpecialTokenDescription[];
  /** Files of a split model; 1 for a whole one. Counts and bytes are of all if the header is (`readModelHeader`). */
  readonly splitCount: number;
}

/**
 * Gathers what a header says of its model.
 * @throws GgufError for a second or later file of a split model, which does not say.
 */
export function describeModel(header: GgufHeader): ModelDescription {
  const { metadata } = header;
  const part = splitIndex(metadata);
  if (part > 0) {
    throw new GgufError(
      'metadata["split.no"]',
      `This is file ${part + 1} of a split model: give the first, …-00001-of-….gguf.`,
    );
  }
  const architecture = text(metadata, 'general.architecture') ?? '';
  const size = (key: string) => integerOf(metadata.get(`${architecture}.${key}`)) ?? null;
  const layerCount = size('block_count');
  const perLayer = (key: string) =>
    sizesPerLayer(metadata, `${architecture}.attention.${key}`, layerCount ?? 0);
  const headCounts = perLayer('head_count');
  const headCountsKv = perLayer('head_count_kv');
  const embeddingLength = size('embedding_length');
  const headLength = headCounts[0] ? Math.floor((embeddingLength ?? 0) / headCounts[0]) : 0;
  const typeBytes = bytesByType(header);
  return {
    architecture,
    name: text(metadata, 'general.name'),
    license: text(metadata, 'general.license'),
    parameterCount: sum([...header.tensors.values()].map((tensor) => tensor.elementCount)),
    tensorBytes: sum(typeBytes.map(({ bytes }) => bytes)),
    fileType: nameFileType(integerOf(metadata.get('general.file_type'))),
    mainType: typeBytes[0]?.type ?? null,
    typeBytes,
    vocabSize: tokens(metadata)?.length ?? size('vocab_size'),
    mergeCount: arrayLength(metadata, 'tokenizer.ggml.merges'),
    contextLength: size('context_length'),
    embeddingLength,
    layerCount,
    headCounts,
    headCountsKv: headCountsKv.length > 0 ? headCountsKv : headCounts,
    keyLength: size('attention.key_length') ?? headLength,
    valueLength: size('attention.value_length') ?? headLength,
    tokenizerModel: text(metadata, 'tokenizer.ggml.model'),
    tokenizerPre: text(metadata, 'tokenizer.ggml.pre'),
    chatTemplate: text(metadata, 'tokenizer.chat_template'),
    specialTokens: specialTokens(metadata),
    splitCount: splitCount(metadata),
  };
}

/** Bytes per element of llama.cpp's cache types: Q8_0 takes 34 for 32. */
const kvElementBytes = { f32: 4, f16: 2, q8_0: 34 / 32 } as const;

/**
 * `Σ_layers kvHeads × (keyLength × bytes + valueLength × bytes)`: what one token takes in the KV
 * cache. An upper bound for layers with a sliding window or a recurrent state, which keep less.
 */
export function kvBytesPerToken(
  description: Pick<ModelDescription, 'headCountsKv' | 'keyLength' | 'valueLength'>,
  kvType: keyof typeof kvElementBytes,
): number {
  const { headCountsKv, keyLength, valueLength } = description;
  return sum(headCountsKv) * (keyLength + valueLength) * kvElementBytes[kvType];
}

function sizesPerLayer(metadata: Metadata, key: string, layerCount: number): number[] {
  const value = metadata.get(key);
  if (value?.type === 'array') return value.value.map(Number);
  const size = integerOf(value);
  return size === undefined ? [] : Array.from({ length: layerCount }, () => size);
}

function bytesByType({ tensors }: GgufHeader): { type: TensorType; bytes: number }[] {
  const bytes = new Map<TensorType, number>();
  for (const { type, byteLength } of tensors.values()) {
    bytes.set(type, (bytes.get(type) ?? 0) + byteLength);
  }
  return [...bytes]
    .map(([type, total]) => ({ type, bytes: total }))
    .toSorted((a, b) => b.bytes - a.bytes);
}

function specialTokens(metadata: Metadata): SpecialTokenDescription[] {
  const spellings = tokens(metadata) ?? [];
  const found: SpecialTokenDescription[] = [];
  for (const [key, value] of metadata) {
    const role = /^tokenizer\.ggml\.(\w+)_token_id$/.exec(key)?.[1];
    const tokenId = integerOf(value);
    if (role === undefined || tokenId === undefined) continue;
    found.push({ role, tokenId, spelling: spellings[tokenId] ?? null });
  }
  return found;
}

function tokens(metadata: Metadata): readonly string[] | undefined {
  const value = metadata.get('tokenizer.ggml.tokens');
  return value?.type === 'array' && value.elementType === 'string' ? value.value : undefined;
}

function arrayLength(metadata: Metadata, key: string): number {
  const value = metadata.get(key);
  return value?.type === 'array' ? value.value.length : 0;
}

function text(metadata: Metadata, key: string): string | null {
  const value = metadata.get(key);
  return value?.type === 'string' ? value.value : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
