import { GgufError } from '../spec/index.ts';
import type { TensorInfo } from './read-tensor-infos.ts';
import type { Metadata, MetadataValue } from './values.ts';

interface Checked {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** llama.cpp's `LLAMA_MAX_LAYERS` and `LLAMA_MAX_EXPERTS`: above them it aborts the process. */
const maxLayers = 512;
const maxExperts = 1024;
/** Widths and lengths of published models stay below 2^24; the product of two must not overflow. */
const maxSize = 2 ** 30;
const maxHeads = 2 ** 16;

/**
 * Refuses what llama.cpp would abort on, or read beyond its bounds, after a well-formed header.
 * What it accepts, or refuses with a message of its own, passes.
 * @throws GgufError with a field such as `metadata["llama.block_count"]`.
 */
export function checkModel({ metadata, tensors }: Checked): void {
  // The second and later files of a split model carry tensors and little else.
  if (splitIndex(metadata) > 0) return;
  const architecture = requireString(metadata, 'general.architecture');
  if (architecture === undefined) {
    throw refuse('general.architecture', 'is missing: llama.cpp cannot tell what model this is.');
  }
  checkSizes(metadata, architecture);
  checkExperts(metadata, architecture);
  checkRopeScaling(metadata, architecture);
  checkEmbedding(metadata, tensors, architecture);
  checkTokenizer(metadata);
}

/** The number of this file in a split model, from 0; 0 for a whole one. */
export function splitIndex(metadata: Metadata): number {
  return integer(metadata.get('split.no')) ?? 0;
}

function checkSizes(metadata: Metadata, architecture: string): void {
  const bounds: readonly (readonly [key: string, least: number, most: number])[] = [
    ['block_count', 1, maxLayers],
    ['context_length', 1, 2 ** 31 - 1],
    ['embedding_length', 1, maxSize],
    ['feed_forward_length', 0, maxSize],
    ['attention.head_count', 0, maxHeads],
    ['attention.head_count_kv', 0, maxHeads],
    ['attention.key_length', 0, maxSize],
    ['attention.value_length', 0, maxSize],
    ['rope.dimension_count', 0, maxSize],
    ['vocab_size', 0, maxSize],
  ];
  for (const [name, least, most] of bounds) {
    const key = `${architecture}.${name}`;
    const value = metadata.get(key);
    if (value === undefined) continue;
    // Architectures with layers of several widths give an array, one entry per layer.
    const entries: readonly unknown[] = value.type === 'array' ? value.value : [value.value];
    for (const entry of entries) {
      const size = typeof entry === 'bigint' ? Number(entry) : entry;
      if (typeof size !== 'number' || !Number.isInteger(size) || size < least || size > most) {
        throw refuse(key, `is ${String(entry)}, but must be an integer from ${least} to ${most}.`);
      }
    }
  }
}

function checkExperts(metadata: Metadata, architecture: string): void {
  // llama.cpp sets the counts of these architectures itself.
  if (architecture.startsWith('hunyuan')) return;
  const countKey = `${architecture}.expert_count`;
  const usedKey = `${architecture}.expert_used_count`;
  const count = integer(metadata.get(countKey)) ?? 0;
  const used = integer(metadata.get(usedKey)) ?? 0;
  if (count < 0 || count > maxExperts) {
    throw refuse(countKey, `is ${count}, but must be from 0 to ${maxExperts}.`);
  }
  if (used > count || used < 0) {
    throw refuse(usedKey, `is ${used}, but must be from 0 to ${countKey}, ${count}.`);
  }
}

function checkRopeScaling(metadata: Metadata, architecture: string): void {
  const key = `${architecture}.rope.scaling.type`;
  const type = requireString(metadata, key);
  if (type !== undefined && !['none', 'linear', 'yarn', 'longrope'].includes(type)) {
    throw refuse(key, `is "${shorten(type)}", but must be none, linear, yarn or longrope.`);
  }
}

function checkEmbedding(
  metadata: Metadata,
  tensors: ReadonlyMap<string, TensorInfo>,
  architecture: string,
): void {
  // Its `embedding_length` is the width of the output, not of the token embeddings.
  if (architecture === 'wavtokenizer-dec') return;
  const key = `${architecture}.embedding_length`;
  const width = integer(metadata.get(key));
  const embedding = tensors.get('token_embd.weight');
  if (width === undefined || embedding === undefined) return;
  if (embedding.shape[0] !== width) {
    throw new GgufError(
      'tensor "token_embd.weight".shape[0]',
      `tensor "token_embd.weight" is ${embedding.shape.join(' × ')}, but ${key} is ${width}. ${forged}`,
    );
  }
}

function checkTokenizer(metadata: Metadata): void {
  const model = requireString(metadata, 'tokenizer.ggml.model');
  if (model === undefined || model === 'no_vocab' || model === 'none') return;
  const tokensKey = 'tokenizer.ggml.tokens';
  const tokens = metadata.get(tokensKey);
  if (tokens === undefined) throw refuse(tokensKey, `is missing, but the tokenizer is "${model}".`);
  if (tokens.type !== 'array' || tokens.elementType !== 'string') {
    throw refuse(tokensKey, 'must be an array of strings.');
  }
  checkDistinct(tokens.value);
  checkParallelArray(metadata, 'tokenizer.ggml.scores', tokens.value.length);
  checkParallelArray(metadata, 'tokenizer.ggml.token_type', tokens.value.length);
  const merges = metadata.get('tokenizer.ggml.merges');
  if (merges !== undefined && (merges.type !== 'array' || merges.elementType !== 'string')) {
    throw refuse('tokenizer.ggml.merges', 'must be an array of strings.');
  }
  requireString(metadata, 'tokenizer.ggml.pre');
  requireString(metadata, 'tokenizer.chat_template');
}

/** llama.cpp aborts on a vocabulary in which a spelling occurs twice. */
function checkDistinct(tokens: readonly string[]): void {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const first = ids.get(token);
    // Empty tokens get a name of their own; U+FFFD stands for bytes that may have been different.
    if (first !== undefined && token !== '' && !token.includes('\uFFFD')) {
      const field = `metadata["tokenizer.ggml.tokens"].value[${id}]`;
      throw new GgufError(
        field,
        `${field} is "${shorten(token)}", which token ${first} is already. ${forged}`,
      );
    }
    ids.set(token, id);
  }
}

/** llama.cpp reads one entry per token; more than that it ignores. */
function checkParallelArray(metadata: Metadata, key: string, tokenCount: number): void {
  const value = metadata.get(key);
  if (value === undefined) return;
  const allowed = key.endsWith('scores') ? ['float32', 'int32'] : ['int32'];
  if (value.type !== 'array' || !allowed.includes(value.elementType)) {
    throw refuse(key, `must be an array of ${allowed.join(' or ')}.`);
  }
  if (value.value.length < tokenCount) {
    throw refuse(
      key,
      `has ${value.value.length} entries for the ${tokenCount} tokens of tokenizer.ggml.tokens.`,
    );
  }
}

const forged = 'The file is corrupt or forged: download or convert it again.';

function refuse(key: string, what: string): GgufError {
  const field = `metadata["${key}"]`;
  return new GgufError(field, `${field} ${what} ${forged}`);
}

function requireString(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== 'string') throw refuse(key, `must be a string, but is of type ${value.type}.`);
  return value.value;
}

/** The value as a number if it is an integer of any width. */
export function integer(value: MetadataValue | undefined): number | undefined {
  const number = typeof value?.value === 'bigint' ? Number(value.value) : value?.value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
