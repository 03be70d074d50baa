import { readFile, writeFile } from 'node:fs/promises';

import {
  readGgufHeader,
  writeGguf,
  type GgufHeader,
  type MetadataValue,
} from '../../src/gguf/index.ts';
import { createBits, type NextBits } from '../../test/support/gguf/seeded-bits.ts';

/** A model whose header is damaged and forged. */
export interface Subject {
  readonly file: string;
  readonly bytes: Buffer;
  readonly header: GgufHeader;
}

export async function readSubject(file: string): Promise<Subject> {
  return { file, bytes: await readFile(file), header: await readGgufHeader(file) };
}

/**
 * Writes variant number `index` of a model: of ten variants five have damaged bytes, one is cut short,
 * and four are well-formed but forged in one to three places. The same number is the same file.
 * @returns What was done to it.
 */
export async function writeVariant(subject: Subject, index: number, file: string): Promise<string> {
  const bits = createBits(0x66757a7a, index);
  const kind = index % 10;
  if (kind < 6) {
    const { bytes, what } = damage(subject, kind, bits);
    await writeFile(file, bytes);
    return what;
  }
  const metadata = new Map(subject.header.metadata);
  const changes = Array.from({ length: 1 + (bits() % 3) }, () => forge(metadata, bits));
  await writeGguf(file, { metadata, tensors: tensorsOf(subject) });
  return changes.join(', ');
}

/** A subject's tensors as they are, to be written with other metadata. */
export function tensorsOf({ header, bytes }: Subject) {
  return [...header.tensors.values()].map((tensor) => {
    const start = header.dataOffset + tensor.offset;
    const data = () => [bytes.subarray(start, start + tensor.byteLength)];
    return { name: tensor.name, shape: tensor.shape, type: tensor.type as 'F32', data };
  });
}

function damage({ bytes, header }: Subject, kind: number, bits: NextBits) {
  const damaged = Buffer.from(bytes);
  const at = bits() % (header.dataOffset - 8);
  if (kind === 0) damaged[at]! ^= 1 << (bits() % 8);
  if (kind === 1) damaged.fill(0xff, at, at + 8);
  if (kind === 2) damaged.writeUInt32LE(bits(), at);
  if (kind === 3) damaged.fill(0, at, at + 1 + (bits() % 8));
  if (kind === 4) damaged.copy(damaged, at, bits() % (header.dataOffset - 64), at + 64);
  const names = [
    'a bit',
    '8 bytes of 0xff',
    '4 random bytes',
    'zero bytes',
    '64 copied bytes',
    'cut',
  ];
  return { bytes: kind === 5 ? damaged.subarray(0, at) : damaged, what: `${names[kind]} at ${at}` };
}

const integers = [0, 1, 2, 3, 7, 31, 64, 255, 256, 1000, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const floats = [0, -0, -1, 1e-45, 1e38, Infinity, -Infinity, NaN];
const words = [
  '',
  '\0',
  'a\0b',
  ' ',
  'llama',
  'gpt2',
  'bert',
  't5',
  'rwkv',
  'plamo2',
  'gemma4',
  'none',
];
const pres = ['default', 'whitespace', 'gemma4', 'llama-bpe', 'qwen2', 'hybriddna', 'kimi-k2'];

/** Keys that files of other models have. */
const foreignKeys = [
  'expert_count',
  'expert_used_count',
  'expert_group_count',
  'expert_group_used_count',
  'nextn_predict_layers',
  'attention.key_length',
  'attention.value_length',
  'attention.sliding_window',
  'rope.scaling.factor',
  'rope.dimension_count',
  'vocab_size',
  'pooling_type',
].map((key) => `llama.${key}`);

const foreignWords = [
  'llama.rope.scaling.type',
  'split.count',
  'split.no',
  'general.alignment',
  'general.type',
];

/** Changes one value. @returns What it did. */
function forge(metadata: Map<string, MetadataValue>, bits: NextBits): string {
  const pick = <T>(list: readonly T[]): T => list[bits() % list.length]!;
  const keys = [...metadata.keys()];
  const tokenizer = keys.filter((key) => key.startsWith('tokenizer.'));
  const key = pick([
    pick(keys),
    pick(tokenizer),
    pick(foreignKeys),
    pick([...foreignWords, pick(keys)]),
  ]);
  const given = metadata.get(key);
  if (bits() % 16 === 0) {
    metadata.delete(key);
    return `${key} left out`;
  }
  const value = forgedValue(given ?? { type: 'uint32', value: 0 }, key, bits, pick);
  metadata.set(key, value);
  return `${key} is ${JSON.stringify(value.value)?.slice(0, 100)} (${value.type})`;
}

function forgedValue(
  given: MetadataValue,
  key: string,
  bits: NextBits,
  pick: <T>(list: readonly T[]) => T,
): MetadataValue {
  if (bits() % 12 === 0) return { type: 'string', value: pick([...words, ...pres]) };
  if (given.type === 'string')
    return { type: 'string', value: pick(key.endsWith('.pre') ? pres : words) };
  if (given.type === 'bool') return { type: 'bool', value: !given.value };
  if (given.type === 'float32') return { type: 'float32', value: pick(floats) };
  if (given.type !== 'array') return { type: 'uint32', value: pick(integers) };
  return forgedArray(given, bits, pick);
}

/** An array with one entry replaced by another, by one that is shortened, by a strange one, or cut. */
function forgedArray(
  given: Extract<MetadataValue, { type: 'array' }>,
  bits: NextBits,
  pick: <T>(list: readonly T[]) => T,
): MetadataValue {
  const at = bits() % Math.max(1, given.value.length);
  const change = bits() % 5;
  if (given.elementType === 'string') {
    const entry = given.value[at] ?? '';
    const other = [
      pick(given.value) ?? '',
      `${entry.slice(0, 2)}\0x`,
      pick(words),
      `[EMPTY_${at + 1}]`,
    ];
    const value = given.value.with(at, other[change] ?? '');
    return { ...given, value: change === 4 ? given.value.slice(0, at) : value };
  }
  if (given.elementType === 'int32' || given.elementType === 'float32') {
    const entry =
      given.elementType === 'int32' ? pick([-1, 0, 1, 2, 3, 4, 5, 6, 7, 99]) : pick(floats);
    return {
      ...given,
      value: change === 4 ? given.value.slice(0, at) : given.value.with(at, entry),
    };
  }
  return { ...given, value: [] };
}
