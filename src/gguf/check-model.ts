import { GgufError } from '../spec/index.ts';
import { checkTokenizer } from './check-tokenizer.ts';
import { forged, integerOf, refuse, requireString, shorten } from './metadata-checks.ts';
import type { TensorInfo } from './read-tensor-infos.ts';
import type { Metadata } from './values.ts';

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
  // The second and later files of a split model carry tensors and little else. llama.cpp loads none of
  // them by itself; where there is no count it takes the file for whole.
  if (splitIndex(metadata) > 0) return;
  const architecture = requireString(metadata, 'general.architecture');
  if (architecture === undefined) {
    throw refuse('general.architecture', 'is missing: llama.cpp cannot tell what model this is.');
  }
  checkSizes(metadata, architecture);
  checkExperts(metadata, architecture);
  checkRelations(metadata, architecture);
  checkEpsilons(metadata, architecture);
  checkRopeScaling(metadata, architecture);
  checkEmbedding(metadata, tensors, architecture);
  checkTokenizer(metadata);
}

/** Files of a split model; 1 for a whole one. */
export function splitCount(metadata: Metadata): number {
  return Math.max(1, integerOf(metadata.get('split.count')) ?? 1);
}

/** The number of this file in a split model, from 0; 0 for a whole one. */
export function splitIndex(metadata: Metadata): number {
  return splitCount(metadata) > 1 ? (integerOf(metadata.get('split.no')) ?? 0) : 0;
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
  const keyOf = (name: string) => `${architecture}.${name}`;
  const numbers = (name: string) => integers(metadata, keyOf(name));
  // A layer may have its own: as many as an array holds, more than a call takes as arguments.
  const most = (name: string) => numbers(name).reduce((a, b) => Math.max(a, b), 0);
  for (const name of ['expert_count', 'expert_used_count', 'expert_group_count']) {
    const least = numbers(name).reduce((a, b) => Math.min(a, b), 0);
    if (least < 0) throw refuse(keyOf(name), `is ${least}, but must not be negative.`);
  }
  const count = most('expert_count');
  const used = most('expert_used_count');
  if (count > maxExperts) {
    throw refuse(keyOf('expert_count'), `is ${count}, but must be from 0 to ${maxExperts}.`);
  }
  const least = count === 0 ? 0 : 1;
  if (used < least || used > count) {
    throw refuse(
      keyOf('expert_used_count'),
      `is ${used}, but must be from ${least} to ${keyOf('expert_count')}, ${count}.`,
    );
  }
  const groups = most('expert_group_count');
  const usedGroups = most('expert_group_used_count');
  if (groups > 0 && (groups >= count || (groups > 1 && count % groups !== 0))) {
    throw refuse(
      keyOf('expert_group_count'),
      `is ${groups}, but must be below ${keyOf('expert_count')}, ${count}, and divide it.`,
    );
  }
  if (groups > 1 && (usedGroups < 1 || usedGroups >= groups)) {
    throw refuse(
      keyOf('expert_group_used_count'),
      `is ${usedGroups}, but must be from 1 and below the number of groups, ${groups}.`,
    );
  }
}

/** The integers under a key: one, or one for each layer. */
function integers(metadata: Metadata, key: string): number[] {
  const value = metadata.get(key);
  const entries: readonly unknown[] = value?.type === 'array' ? value.value : [value?.value];
  return entries.map((entry) => Number(entry)).filter((entry) => Number.isInteger(entry));
}

/** llama.cpp aborts on layers beyond the last, and on rotations of half a pair or beyond a head. */
function checkRelations(metadata: Metadata, architecture: string): void {
  const key = (name: string) => `${architecture}.${name}`;
  const number = (name: string) => integerOf(metadata.get(key(name)));
  const layers = number('block_count');
  const predicting = number('nextn_predict_layers') ?? 0;
  if (predicting < 0 || (layers !== undefined && predicting > layers)) {
    throw refuse(
      key('nextn_predict_layers'),
      `is ${predicting}, but must be from 0 to ${key('block_count')}, ${layers}.`,
    );
  }
  const rotated = number('rope.dimension_count') ?? 0;
  const heads = number('attention.head_count') ?? 0;
  const width = number('embedding_length');
  const shared = width === undefined || heads === 0 ? Infinity : width / heads;
  const headSize = number('attention.key_length') ?? shared;
  if (rotated % 2 !== 0 || rotated > headSize) {
    throw refuse(
      key('rope.dimension_count'),
      `is ${rotated}, but must be even and at most the size of a head, ${headSize}.`,
    );
  }
}

/** llama.cpp aborts where it is to normalise with less than 0. */
function checkEpsilons(metadata: Metadata, architecture: string): void {
  for (const norm of ['layer_norm_epsilon', 'layer_norm_rms_epsilon', 'group_norm_epsilon']) {
    const key = `${architecture}.attention.${norm}`;
    const value = metadata.get(key);
    if (value === undefined) continue;
    const epsilon = Number(value.value);
    if (!(epsilon >= 0 && epsilon < Infinity)) {
      throw refuse(key, `is ${epsilon}, but must be a finite number from 0.`);
    }
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
  const width = integerOf(metadata.get(key));
  const embedding = tensors.get('token_embd.weight');
  if (width === undefined || embedding === undefined) return;
  if (embedding.shape[0] !== width) {
    throw new GgufError(
      'tensor "token_embd.weight".shape[0]',
      `tensor "token_embd.weight" is ${embedding.shape.join(' × ')}, but ${key} is ${width}. ${forged}`,
    );
  }
}
