import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GgufError } from '../spec/index.ts';
import { readGgufHeader } from './read-header.ts';
import { writeRandomModel } from '../../test/support/gguf/random-model.ts';
import { arrayOfNumbers, arrayOfStrings, string, uint32, valueTypes } from './values.ts';
import type { MetadataValue } from './values.ts';
import { createBits } from '../../test/support/gguf/seeded-bits.ts';
import { writeGguf } from './write.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-gguf-'));
  file = join(folder, 'forged.gguf');
});
afterAll(() => rm(folder, { recursive: true }));

/** The error of reading `bytes` as a file. */
async function refusal(bytes: Uint8Array | string): Promise<GgufError> {
  await writeFile(file, bytes);
  return refusalOf(file);
}

async function refusalOf(path: string): Promise<GgufError> {
  const error: unknown = await readGgufHeader(path).catch((reason: unknown) => reason);
  if (!(error instanceof GgufError)) throw new Error('No GgufError', { cause: error });
  return error;
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const type = (name: (typeof valueTypes)[number]) => u32(valueTypes.indexOf(name));
const start = (tensors: number | bigint, keys: number | bigint) =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors), u64(keys)]);
const architecture = Buffer.concat([text('general.architecture'), type('string'), text('test')]);
const padding = Buffer.alloc(512);

/** A file of one key beside the architecture; `value` is its type and bytes. */
const withKey = (key: string, ...value: Uint8Array[]) =>
  Buffer.concat([start(0, 2), architecture, text(key), ...value]);
/** A file of tensors that are F32 rows of 8, unless a part is replaced. */
const withTensors = (
  ...tensors: Partial<Record<'name' | 'dimensions' | 'type' | 'offset', Buffer>>[]
) =>
  Buffer.concat([
    start(tensors.length, 1),
    architecture,
    ...tensors.flatMap((tensor, i) => [
      tensor.name ?? text(`w${i}`),
      tensor.dimensions ?? Buffer.concat([u32(1), u64(8)]),
      tensor.type ?? u32(0),
      tensor.offset ?? u64(32 * i),
    ]),
    padding,
  ]);

describe('what is no GGUF file', () => {
  it('is refused by name', async () => {
    await expect(readGgufHeader(join(folder, 'missing.gguf'))).rejects.toThrow('does not exist');
    await mkdir(join(folder, 'a.gguf'));
    expect(await refusalOf(join(folder, 'a.gguf'))).toMatchObject({ field: 'file' });
    expect((await refusal('')).message).toContain('empty');
  });

  it.each([
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n'],
    ['a web page', '<!DOCTYPE html><html>'],
    ['a zip archive', 'PK\u0003\u0004rest'],
    ['safetensors', '\u0040\0\0\0\0\0\0\0{"__metadata__":{}}'],
    ['JSON', '{"architectures":[]}'],
    ['from before GGUF', 'tjgg\u0003\0\0\0'],
    ['the bytes 47 47', 'GG'],
  ])('is recognised: %s', async (what, bytes) => {
    const error = await refusal(bytes);
    expect(error.field).toBe('magic');
    expect(error.message).toContain(what);
  });

  it.each([
    [1, 'no longer reads'],
    [0x0300_0000, 'big-endian'],
    [4, '2 and 3'],
  ])('is of another version or byte order: %d', async (version, says) => {
    const error = await refusal(Buffer.concat([Buffer.from('GGUF'), u32(version)]));
    expect(error.field).toBe('version');
    expect(error.message).toContain(says);
  });
});

describe('forged headers', () => {
  const huge = 2n ** 63n;
  const key = 'x';
  const array = (element: (typeof valueTypes)[number], length: number | bigint) =>
    Buffer.concat([type('array'), type(element), u64(length)]);
  const nested = Buffer.concat([
    type('array'),
    ...Array.from({ length: 5 }, () => Buffer.concat([type('array'), u64(1)])),
    padding,
  ]);
  const ofKey = (...value: Uint8Array[]) => withKey(key, ...value);

  it.each<[field: string, bytes: Buffer, says: string]>([
    ['tensorCount', start(huge, 0), `${huge}, above the limit`],
    ['metadataCount', start(0, huge), `${huge}, above the limit`],
    ['metadata[0].key.length', Buffer.concat([start(0, 1), u64(huge)]), 'limit of 65535'],
    ['metadata[0].key', Buffer.concat([start(0, 1), text(''), padding]), 'empty'],
    ['metadata[1].key', withKey('general.architecture', padding), 'repeats'],
    ['metadata[1].type', ofKey(u32(13)), '0 to 12'],
    ['metadata[1].value.length', ofKey(type('string'), u64(huge)), 'above the limit'],
    ['metadata[1].value.length', ofKey(type('string'), u64(1000), padding), 'ends inside'],
    ['metadata[1].value', ofKey(type('float64'), u32(1)), 'ends inside'],
    ['metadata[1].value.elementType', ofKey(type('array'), u32(99)), '0 to 12'],
    ['metadata[1].value.length', ofKey(array('uint8', huge)), 'above the limit'],
    ['metadata[1].value.length', ofKey(array('uint64', 4_000_000)), 'needs 32000000 bytes'],
    ['metadata[1].value.length', ofKey(array('string', 4_000_000)), 'needs 32000000 bytes'],
    ['metadata[1].value[1].length', ofKey(array('string', 2), text('a'), u64(huge)), 'limit'],
    ['metadata[1].value[0][0][0][0]', ofKey(nested), 'more than 4 deep'],
    [
      'metadata["general.alignment"]',
      withKey('general.alignment', type('uint32'), u32(48)),
      'power of two',
    ],
    [
      'metadata["general.alignment"]',
      withKey('general.alignment', type('uint32'), u32(16)),
      'from 32 to 1048576',
    ],
    [
      'metadata["general.alignment"]',
      withKey('general.alignment', type('uint32'), u32(2 ** 21)),
      'from 32 to 1048576',
    ],
    [
      'metadata["general.alignment"]',
      withKey('general.alignment', type('uint32'), u32(2 ** 31)),
      'power of two',
    ],
    [
      'metadata["general.alignment"]',
      withKey('general.alignment', type('uint64'), u64(32)),
      'uint32',
    ],
    ['tensors[0].name.length', withTensors({ name: text('n'.repeat(64)) }), 'limit of 63'],
    ['tensors[1].name', withTensors({}, { name: text('w0') }), 'repeats'],
    ['tensor "w0".dimensions', withTensors({ dimensions: u32(5) }), 'at most 4'],
    ['tensor "w0".shape[0]', withTensors({ dimensions: Buffer.concat([u32(1), u64(0)]) }), 'is 0'],
    [
      'tensor "w0".shape[0]',
      withTensors({ dimensions: Buffer.concat([u32(1), u64(huge)]) }),
      'limit',
    ],
    [
      'tensor "w0".shape',
      withTensors({ dimensions: Buffer.concat([u32(4), ...[0, 0, 0, 0].map(() => u64(2 ** 40))]) }),
      'more elements',
    ],
    ['tensor "w0".type', withTensors({ type: u32(4) }), 'no tensor type'],
    ['tensor "w0".shape[0]', withTensors({ type: u32(8) }), 'multiple of the 32 of a Q8_0 block'],
    ['tensor "w0".offset', withTensors({ offset: u64(32) }), 'end at 0'],
    ['tensor "w1".offset', withTensors({}, { offset: u64(0) }), 'end at 32'],
    ['tensor "w0".offset', withTensors({ offset: u64(huge) }), 'limit'],
    [
      'tensor "w0".offset',
      withTensors({ dimensions: Buffer.concat([u32(2), u64(2 ** 20), u64(2 ** 20)]) }),
      'incomplete',
    ],
  ])('are refused at %s', async (field, bytes, says) => {
    const error = await refusal(bytes);
    expect(error.field).toBe(field);
    expect(error.message).toContain(says);
    expect(error.message).toContain(file);
  });

  it.each<[field: string, head: () => Buffer, length: number, says: string]>([
    [
      'metadata[2].value.length',
      () => array('uint8', 1.5 * 2 ** 20),
      1.5 * 2 ** 20,
      'above the limit of 1048576',
    ],
    [
      'metadata[2].value.length',
      () => Buffer.concat([type('string'), u64(40 * 2 ** 20)]),
      40 * 2 ** 20,
      'longer than',
    ],
  ])(
    'are refused beyond the totals at %s',
    { tags: ['slow'] },
    async (field, head, length, says) => {
      // Sparse: what the values hold are holes in the file.
      await using handle = await open(file, 'w');
      await handle.write(start(0, 3), 0, 24, 0);
      let offset = 24;
      for (let i = 0; i < 3; i++) {
        const bytes = Buffer.concat([text(`k${i}`), head()]);
        await handle.write(bytes, 0, bytes.length, offset);
        offset += bytes.length + length;
      }
      await handle.truncate(offset);
      const error = await refusalOf(file);
      expect(error.field).toBe(field);
      expect(error.message).toContain(says);
    },
  );
});

const model: [string, MetadataValue][] = [
  ['general.architecture', string('llama')],
  ['llama.block_count', uint32(2)],
  ['llama.embedding_length', uint32(32)],
  ['tokenizer.ggml.model', string('gpt2')],
  ['tokenizer.ggml.tokens', arrayOfStrings(['a', 'b', '', ''])],
  ['tokenizer.ggml.token_type', arrayOfNumbers('int32', [1, 1, 1, 1])],
  ['tokenizer.ggml.bos_token_id', uint32(0)],
];

/** Writes {@link model} with keys replaced, or left out where `undefined`. */
async function writeModel(changes: [string, MetadataValue | undefined][]): Promise<void> {
  const metadata = new Map<string, MetadataValue | undefined>([...model, ...changes]);
  await writeGguf(file, {
    metadata: [...metadata].flatMap(([key, value]) => (value ? [[key, value] as const] : [])),
    tensors: [
      { name: 'token_embd.weight', shape: [32, 4], type: 'F32', data: new Float32Array(128) },
    ],
  });
}

describe('models that llama.cpp would abort on', () => {
  it.each<[field: string, changes: [string, MetadataValue | undefined][]]>([
    ['metadata["general.architecture"]', [['general.architecture', undefined]]],
    ['metadata["general.architecture"]', [['general.architecture', uint32(1)]]],
    ['metadata["llama.block_count"]', [['llama.block_count', uint32(0)]]],
    ['metadata["llama.block_count"]', [['llama.block_count', uint32(513)]]],
    ['metadata["llama.context_length"]', [['llama.context_length', uint32(0)]]],
    ['metadata["llama.attention.head_count"]', [['llama.attention.head_count', string('8')]]],
    ['metadata["llama.expert_count"]', [['llama.expert_count', uint32(1025)]]],
    ['metadata["llama.expert_used_count"]', [['llama.expert_used_count', uint32(1)]]],
    ['metadata["llama.rope.scaling.type"]', [['llama.rope.scaling.type', string('magic')]]],
    ['tensor "token_embd.weight".shape[0]', [['llama.embedding_length', uint32(64)]]],
    ['metadata["tokenizer.ggml.tokens"]', [['tokenizer.ggml.tokens', undefined]]],
    ['metadata["tokenizer.ggml.tokens"]', [['tokenizer.ggml.tokens', string('a')]]],
    [
      'metadata["tokenizer.ggml.tokens"].value[3]',
      [['tokenizer.ggml.tokens', arrayOfStrings(['a', 'b', 'c', 'b'])]],
    ],
    [
      'metadata["tokenizer.ggml.token_type"]',
      [['tokenizer.ggml.token_type', arrayOfNumbers('int32', [1, 1, 1])]],
    ],
    [
      'metadata["tokenizer.ggml.token_type"]',
      [['tokenizer.ggml.token_type', arrayOfNumbers('uint8', [1, 1, 1, 1])]],
    ],
    [
      'metadata["tokenizer.ggml.scores"]',
      [['tokenizer.ggml.scores', arrayOfNumbers('float32', [0])]],
    ],
    ['metadata["tokenizer.ggml.merges"]', [['tokenizer.ggml.merges', string('a b')]]],
    ['metadata["tokenizer.chat_template"]', [['tokenizer.chat_template', uint32(1)]]],
  ])('are refused at %s', async (field, changes) => {
    await writeModel(changes);
    expect(await refusalOf(file)).toMatchObject({ field });
  });

  it.each<[why: string, changes: [string, MetadataValue | undefined][]]>([
    ['nothing is wrong', []],
    [
      'there is no vocabulary',
      [
        ['tokenizer.ggml.model', string('no_vocab')],
        ['tokenizer.ggml.tokens', undefined],
      ],
    ],
    [
      'special tokens are outside the vocabulary',
      [['tokenizer.ggml.padding_token_id', uint32(0xffff_ffff)]],
    ],
    [
      'layers have heads of their own',
      [['llama.attention.head_count', arrayOfNumbers('uint32', [4, 8])]],
    ],
    ['scores are longer', [['tokenizer.ggml.scores', arrayOfNumbers('float32', [0, 0, 0, 0, 0])]]],
    [
      'it is a later part of a split model',
      [
        ['split.no', { type: 'uint16', value: 1 }],
        ['split.count', { type: 'uint16', value: 2 }],
        ['general.architecture', undefined],
      ],
    ],
    [
      'it is a LoRA adapter',
      [
        ['general.type', string('adapter')],
        ['tokenizer.ggml.model', undefined],
        ['tokenizer.ggml.tokens', undefined],
      ],
    ],
  ])('are accepted where %s', async (_, changes) => {
    await writeModel(changes);
    await expect(readGgufHeader(file)).resolves.toMatchObject({ version: 3 });
  });
});

/** The field that is refused in the file; `null` if it is read. */
const refusedField = (): Promise<string | null> =>
  readGgufHeader(file).then(
    () => null,
    (error: GgufError) => error.field,
  );
const key = (name: string) => `llama.${name}`;
const number = (name: string, value: number): [string, MetadataValue] => [key(name), uint32(value)];

describe('every bound of a model', () => {
  it.each<[name: string, least: number, most: number]>([
    ['block_count', 1, 512],
    ['context_length', 1, 2 ** 31 - 1],
    ['feed_forward_length', 0, 2 ** 30],
    ['attention.head_count', 0, 2 ** 16],
    ['attention.head_count_kv', 0, 2 ** 16],
    ['attention.key_length', 0, 2 ** 30],
    ['attention.value_length', 0, 2 ** 30],
    ['vocab_size', 0, 2 ** 30],
  ])('holds for %s: from %d to %d', async (name, least, most) => {
    for (const value of [least, most]) {
      await writeModel([number(name, value)]);
      await expect(readGgufHeader(file)).resolves.toMatchObject({ version: 3 });
      await writeModel([[key(name), arrayOfNumbers('uint32', [value, value])]]);
      await expect(readGgufHeader(file)).resolves.toMatchObject({ version: 3 });
    }
    const beyond: MetadataValue[] = [
      { type: 'int32', value: least - 1 },
      uint32(most + 1),
      arrayOfNumbers('uint32', [least, most + 1]),
      { type: 'uint64', value: 2n ** 63n },
      { type: 'float32', value: least + 0.5 },
    ];
    for (const value of beyond) {
      await writeModel([[key(name), value]]);
      expect(await refusalOf(file)).toMatchObject({ field: `metadata["${key(name)}"]` });
    }
  });

  it.each<[refused: string | null, changes: Readonly<Record<string, number>>]>([
    [null, { expert_count: 1024, expert_used_count: 1024 }],
    ['expert_count', { expert_count: 1025, expert_used_count: 1 }],
    [null, { expert_count: 4, expert_used_count: 1 }],
    ['expert_used_count', { expert_count: 4, expert_used_count: 0 }],
    ['expert_used_count', { expert_count: 4, expert_used_count: 5 }],
    ['expert_used_count', { expert_used_count: 1 }],
    [
      null,
      { expert_count: 8, expert_used_count: 2, expert_group_count: 4, expert_group_used_count: 3 },
    ],
    ['expert_group_count', { expert_count: 8, expert_used_count: 2, expert_group_count: 8 }],
    ['expert_group_count', { expert_count: 8, expert_used_count: 2, expert_group_count: 3 }],
    ['expert_group_count', { expert_group_count: 1 }],
    [
      'expert_group_used_count',
      { expert_count: 8, expert_used_count: 2, expert_group_count: 4, expert_group_used_count: 4 },
    ],
    ['expert_group_used_count', { expert_count: 8, expert_used_count: 2, expert_group_count: 2 }],
    [null, { nextn_predict_layers: 2 }],
    ['nextn_predict_layers', { nextn_predict_layers: 3 }],
    [null, { 'attention.head_count': 2, 'rope.dimension_count': 16 }],
    ['rope.dimension_count', { 'attention.head_count': 2, 'rope.dimension_count': 18 }],
    ['rope.dimension_count', { 'attention.head_count': 2, 'rope.dimension_count': 15 }],
    [null, { 'attention.key_length': 18, 'rope.dimension_count': 18 }],
  ])('refuses %s of %j', async (refused, changes) => {
    await writeModel(Object.entries(changes).map(([name, value]) => number(name, value)));
    expect(await refusedField()).toBe(refused === null ? null : `metadata["${key(refused)}"]`);
  });

  it('takes as many experts by layer as an array holds, and refuses one that cannot be', async () => {
    const perLayer = Array.from({ length: 300_000 }, () => 2);
    const used = number('expert_used_count', 2);
    await writeModel([[key('expert_count'), arrayOfNumbers('uint32', perLayer)], used]);
    expect(await refusedField()).toBeNull();
    perLayer[299_999] = 1025;
    await writeModel([[key('expert_count'), arrayOfNumbers('uint32', perLayer)], used]);
    expect(await refusedField()).toBe(`metadata["${key('expert_count')}"]`);
  });

  it.each([-1, -1e-30, NaN, Infinity])('refuses to normalise with %d', async (epsilon) => {
    for (const norm of ['layer_norm_epsilon', 'layer_norm_rms_epsilon', 'group_norm_epsilon']) {
      await writeModel([[key(`attention.${norm}`), { type: 'float32', value: 0 }]]);
      await expect(readGgufHeader(file)).resolves.toMatchObject({ version: 3 });
      await writeModel([[key(`attention.${norm}`), { type: 'float32', value: epsilon }]]);
      expect(await refusalOf(file)).toMatchObject({
        field: `metadata["${key(`attention.${norm}`)}"]`,
      });
    }
  });
});

const tokensKey = 'tokenizer.ggml.tokens';
const byteTokens = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const sentencePieces = (tokens: readonly string[]): [string, MetadataValue | undefined][] => [
  ['tokenizer.ggml.model', string('llama')],
  [tokensKey, arrayOfStrings(tokens)],
  ['tokenizer.ggml.token_type', undefined],
];

describe('vocabularies that llama.cpp would abort on', () => {
  it.each<[what: string, tokens: readonly string[], id: number | null]>([
    ['equal up to a zero byte', ['a', 'b', 'a\0x', 'c'], 2],
    ['equal up to a zero byte, both', ['a\0y', 'b', 'c', 'a\0x'], 3],
    ['different before a zero byte', ['a', 'b', 'c\0a', 'd\0a'], null],
    ['nothing before a zero byte, which is empty', ['a', '\0', '\0\0', ''], null],
    ['named like an empty one', ['a', '[EMPTY_2]', '', 'b'], 2],
    ['named like what is not empty', ['a', '[EMPTY_2]', 'b', ''], null],
    ['equal U+FFFD', ['a', '\uFFFD', 'b', '\uFFFD'], 3],
    ['different numbers of U+FFFD', ['a', '\uFFFD', 'b', '\uFFFD\uFFFD'], null],
  ])('have tokens %s: %j', async (_, tokens, id) => {
    await writeModel([[tokensKey, arrayOfStrings(tokens)]]);
    expect(await refusedField()).toBe(id === null ? null : `metadata["${tokensKey}"].value[${id}]`);
  });

  it('are refused in a file of ours with four bytes set to zero', async () => {
    const bytes = await readFile('models/atlas-small.gguf');
    const at = bytes.indexOf('Camis');
    expect(at).toBeGreaterThan(0);
    await writeFile(file, bytes.fill(0, at + 1, at + 5));
    const { field, message } = await refusalOf(file);
    expect(field).toMatch(/^metadata\["tokenizer\.ggml\.tokens"\]\.value\[\d+\]$/);
    expect(message).toContain('up to the first zero byte');
  });

  it('lack a byte of UTF-8', async () => {
    await writeModel(sentencePieces(['<unk>', '<s>', '</s>', ...byteTokens]));
    await expect(readGgufHeader(file)).resolves.toMatchObject({ version: 3 });
    const never = new Set([0xc0, 0xc1, 0xf5, 0xff]);
    const others = byteTokens.filter((_, byte) => !never.has(byte) && byte !== 0x41);
    await writeModel(sentencePieces(['<unk>', 'A', '</s>', ...others]));
    await expect(readGgufHeader(file)).resolves.toMatchObject({ version: 3 });
    for (const byte of [0, 0x41, 0x80, 0xc2, 0xf4]) {
      await writeModel(sentencePieces(['<unk>', '<s>', '</s>', ...byteTokens.toSpliced(byte, 1)]));
      expect((await refusalOf(file)).message).toContain(byteTokens[byte]);
    }
  });

  it.each<[field: string, changes: [string, MetadataValue | undefined][]]>([
    [tokensKey, [[tokensKey, arrayOfStrings([])]]],
    ['tokenizer.ggml.model', [['tokenizer.ggml.model', string('gpt2\0')]]],
    ['tokenizer.chat_template', [['tokenizer.chat_template', string('a\0b')]]],
    ['tokenizer.ggml.pre', [['tokenizer.ggml.pre', string('whitespace')]]],
    ['general.architecture', [['general.architecture', string('llama\0')]]],
    ['tokenizer.ggml.bos_token_id', [['tokenizer.ggml.bos_token_id', uint32(4)]]],
    ['tokenizer.ggml.bos_token_id', [['tokenizer.ggml.bos_token_id', undefined]]],
    [
      'tokenizer.ggml.eos_token_id',
      [['tokenizer.ggml.add_eos_token', { type: 'bool', value: true }]],
    ],
  ])('are refused at %s', async (field, changes) => {
    await writeModel(changes);
    expect(await refusalOf(file)).toMatchObject({ field: `metadata["${field}"]` });
  });

  it('lack a byte of UTF-8, escaped', async () => {
    const escaped = Array.from({ length: 256 }, (_, byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`,
    ).with(10, '\\n');
    const write = (tokens: readonly string[]) =>
      writeModel([...sentencePieces(tokens), ['tokenizer.ggml.model', string('rwkv')]]);
    await write(escaped.with(0x5c, '\\\\'));
    expect(await refusedField()).toBeNull();
    for (const byte of [0, 10, 0x41, 0x5c, 0x80, 0xf4]) {
      await write(escaped.with(byte, 'another'));
      expect(await refusedField()).toBe(`metadata["${tokensKey}"]`);
    }
  });

  it('hide keys and tensors behind a zero byte', async () => {
    await writeModel([['llama.block_count\0', uint32(2)]]);
    expect((await refusalOf(file)).field).toMatch(/^metadata\[\d+\]\.key$/);
    await writeFile(file, withTensors({ name: text('w\0') }));
    expect((await refusalOf(file)).field).toBe('tensors[0].name');
  });

  it('are no later part of a split model that has one part', async () => {
    await writeModel([
      ['split.no', { type: 'uint16', value: 1 }],
      ['llama.block_count', uint32(1000)],
    ]);
    expect(await refusalOf(file)).toMatchObject({ field: 'metadata["llama.block_count"]' });
  });
});

describe('damaged files', () => {
  /** Raised by hand to 50,000 now and then; every run of a number is the same. */
  const damages = 400;

  it(
    'are refused with a GgufError or read, whatever bytes are damaged',
    { tags: ['slow'] },
    async () => {
      const whole = join(folder, 'whole.gguf');
      await writeRandomModel(whole, {
        vocabSize: 280,
        embeddingLength: 32,
        blockCount: 1,
        headCount: 2,
        feedForwardLength: 32,
        contextLength: 64,
        type: 'Q8_0',
        seed: 1,
      });
      const bytes = await readFile(whole);
      const { dataOffset } = await readGgufHeader(whole);
      const bits = createBits(7);
      const outcomes: unknown[] = [];
      for (let i = 0; i < damages; i++) {
        const damaged = Buffer.from(bytes);
        const at = bits() % (dataOffset - 8);
        if (i % 4 === 0) damaged[at]! ^= 1 << (bits() % 8);
        if (i % 4 === 1) damaged.fill(0xff, at, at + 8);
        if (i % 4 === 2) damaged.writeUInt32LE(bits(), at);
        await writeFile(file, i % 4 === 3 ? damaged.subarray(0, at) : damaged);
        outcomes.push(await readGgufHeader(file).catch((error: unknown) => error));
      }
      const errors = outcomes.filter((outcome) => outcome instanceof Error);
      expect(errors.filter((error) => !(error instanceof GgufError))).toEqual([]);
      expect(errors.length).toBeGreaterThan(damages / 4);
      expect(errors.length).toBeLessThan(damages);
    },
  );
});
