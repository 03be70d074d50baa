import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrayOfNumbers, arrayOfStrings, string, uint32, writeGguf } from '../gguf/index.ts';
import type { MetadataValue, TensorSource } from '../gguf/index.ts';
import { GgufError, InvalidOptionError } from '../spec/index.ts';
import { readRewardHead } from './head.ts';
import { createLinearHead } from './linear-head.ts';

const width = 4;
const hidden = Float32Array.of(1, -2, 0.5, 3);
/** Two rows and their products with {@link hidden}, all exact in every type. */
const rows = [
  [1, 0.5, 2, -1],
  [-0.25, 4, 1, 0.5],
];
const values = [-2, -6.25];
const flat = (count: number) => Float32Array.from(rows.slice(0, count).flat());

let folder: string;
let modelFile: string;
let headFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-head-'));
  modelFile = join(folder, 'reward.gguf');
  headFile = join(folder, 'head.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

const writeModel = (
  metadata: readonly [string, MetadataValue][] = [],
  tensors: readonly TensorSource[] = [],
  embeddingLength: readonly [string, MetadataValue][] = [['llama.embedding_length', uint32(width)]],
) =>
  writeGguf(modelFile, {
    metadata: [['general.architecture', string('llama')], ...embeddingLength, ...metadata],
    tensors,
  });

const tensor = (
  name: string,
  data: Float32Array,
  shape: number[] = [data.length],
  type: TensorSource['type'] = 'F32',
): TensorSource => ({ name, shape, type, data });

/** What the head makes of {@link hidden}. */
const valueOf = async (head: string | null = null, file: string | null = null) =>
  (await readRewardHead({ modelFile, headFile: file, head })).value(hidden);

describe('a linear head', () => {
  it('is a dot product in float64, and a bias', () => {
    const head = createLinearHead({ name: 'h', weight: flat(1), bias: 0.125 });
    expect(head.value(hidden)).toBe(-1.875);
    expect(head.embeddingLength).toBe(width);
    const cancelling = createLinearHead({
      name: 'h',
      weight: Float32Array.of(1e8, 1, -1e8),
      bias: 0,
    });
    expect(cancelling.value(new Float32Array(3).fill(1))).toBe(1);
  });

  it('refuses what is not finite, and states of another width', () => {
    const create = (weight: number, bias: number) => () =>
      createLinearHead({ name: 'h', weight: Float32Array.of(weight), bias });
    expect(create(Number.NaN, 0)).toThrow(InvalidOptionError);
    expect(create(0, Infinity)).toThrow(InvalidOptionError);
    expect(() => create(1, 0)().value(hidden)).toThrow('1 numbers, not 4');
  });
});

describe('heads in the metadata of a model', () => {
  const heads = arrayOfStrings(['helpful', 'brief']);
  const weight = arrayOfNumbers('float32', rows.flat());

  it('are chosen by name', async () => {
    await writeModel([
      ['trimtab.reward.heads', heads],
      ['trimtab.reward.weight', weight],
      ['trimtab.reward.bias', arrayOfNumbers('float32', [0, 0.25])],
    ]);
    expect(await valueOf('helpful')).toBe(values[0]);
    expect(await valueOf('brief')).toBe(values[1]! + 0.25);
    await expect(valueOf()).rejects.toThrow(/several reward heads.*helpful, brief/);
    await expect(valueOf('long')).rejects.toThrow(/no reward head "long".*helpful, brief/);
    await expect(valueOf()).rejects.toBeInstanceOf(InvalidOptionError);
  });

  it('need no name and no bias where there is one', async () => {
    await writeModel([
      ['trimtab.reward.heads', arrayOfStrings(['helpful'])],
      ['trimtab.reward.weight', arrayOfNumbers('float32', rows[0]!)],
    ]);
    expect(await valueOf()).toBe(values[0]);
    expect(await valueOf('helpful')).toBe(values[0]);
  });

  it('are read whole, however many numbers they have', async () => {
    const wide = 4096;
    await writeModel(
      [
        ['trimtab.reward.heads', heads],
        [
          'trimtab.reward.weight',
          arrayOfNumbers(
            'float32',
            Array.from({ length: 2 * wide }, (_, i) => i % 7),
          ),
        ],
      ],
      [],
      [['llama.embedding_length', uint32(wide)]],
    );
    const head = await readRewardHead({ modelFile, headFile: null, head: 'brief' });
    let expected = 0;
    for (let i = wide; i < 2 * wide; i++) expected += i % 7;
    expect(head.value(new Float32Array(wide).fill(1))).toBe(expected);
  });

  it.each<[says: string, changes: [string, MetadataValue | undefined][]]>([
    ['array of strings, but is absent', [['trimtab.reward.heads', undefined]]],
    ['array of strings, but is a string', [['trimtab.reward.heads', string('helpful')]]],
    ['each head once', [['trimtab.reward.heads', arrayOfStrings(['a', 'a'])]]],
    ['each head once', [['trimtab.reward.heads', arrayOfStrings([])]]],
    [
      'array of float32, but is an array of int32',
      [['trimtab.reward.weight', arrayOfNumbers('int32', [1])]],
    ],
    [
      'has 3 weights, but 2 heads',
      [['trimtab.reward.weight', arrayOfNumbers('float32', [1, 2, 3])]],
    ],
    [
      'not finite',
      [['trimtab.reward.weight', arrayOfNumbers('float32', [...rows.flat().slice(1), Number.NaN])]],
    ],
    ['3 biases for 2 heads', [['trimtab.reward.bias', arrayOfNumbers('float32', [1, 2, 3])]]],
    ['array of float32', [['trimtab.reward.bias', arrayOfNumbers('float64', [1, 2])]]],
  ])('are refused: %s', async (says, changes) => {
    const metadata = new Map<string, MetadataValue | undefined>([
      ['trimtab.reward.heads', heads],
      ['trimtab.reward.weight', weight],
      ...changes,
    ]);
    await writeModel([...metadata].flatMap(([key, value]) => (value ? [[key, value]] : [])));
    const reading = valueOf('helpful');
    await expect(reading).rejects.toBeInstanceOf(GgufError);
    await expect(reading).rejects.toThrow(says);
    await expect(reading).rejects.toThrow(modelFile);
  });
});

describe('heads in the tensors of a model', () => {
  it.each<[layer: string, type: TensorSource['type']]>([
    ['cls.output', 'F32'],
    ['score', 'F16'],
  ])('are read from %s as %s, with a bias or without', async (layer, type) => {
    const weight = tensor(`${layer}.weight`, flat(1), [width, 1], type);
    await writeModel([], [weight]);
    expect(await valueOf()).toBe(values[0]);
    await writeModel([], [weight, tensor(`${layer}.bias`, Float32Array.of(0.5))]);
    expect(await valueOf()).toBe(values[0]! + 0.5);
    expect(await valueOf(layer)).toBe(values[0]! + 0.5);
  });

  it('are named by the labels of the file, or numbered', async () => {
    const weight = tensor('cls.output.weight', flat(2), [width, 2]);
    await writeModel(
      [['llama.classifier.output_labels', arrayOfStrings(['helpful', 'brief'])]],
      [weight],
    );
    expect(await valueOf('brief')).toBe(values[1]);
    await writeModel([['llama.classifier.output_labels', arrayOfStrings(['one'])]], [weight]);
    expect(await valueOf('cls.output.1')).toBe(values[1]);
    await expect(valueOf()).rejects.toThrow('cls.output.0, cls.output.1');
  });

  it('come after those of the metadata', async () => {
    await writeModel(
      [
        ['trimtab.reward.heads', arrayOfStrings(['helpful'])],
        ['trimtab.reward.weight', arrayOfNumbers('float32', rows[1]!)],
      ],
      [tensor('score.weight', flat(1), [width, 1])],
    );
    expect(await valueOf()).toBe(values[1]);
  });

  it.each<[says: string, tensors: TensorSource[]]>([
    ['6 weights', [tensor('score.weight', new Float32Array(6), [6])]],
    [
      '"score.weight" is another',
      [tensor('score.weight', flat(1)), tensor('cls.output.weight', flat(1))],
    ],
    ['only a linear head', [tensor('cls.weight', flat(1)), tensor('cls.output.weight', flat(1))]],
    ['2000 outputs', [tensor('score.weight', new Float32Array(8000), [4, 2000])]],
    [
      '2 biases for 1',
      [tensor('score.weight', flat(1)), tensor('score.bias', new Float32Array(2))],
    ],
  ])('are refused: %s', async (says, tensors) => {
    await writeModel([], tensors);
    const reading = valueOf();
    await expect(reading).rejects.toBeInstanceOf(GgufError);
    await expect(reading).rejects.toThrow(says);
    await expect(reading).rejects.toThrow(modelFile);
  });
});

describe('a model without a head', () => {
  it('says what to give', async () => {
    await writeModel();
    await expect(valueOf()).rejects.toThrow(/no reward head that is known.*safetensors/);
  });

  it('or without a width cannot have one', async () => {
    await writeModel([], [], []);
    await expect(valueOf()).rejects.toThrow(GgufError);
  });
});

interface Entry {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly data_offsets?: unknown;
}

/** A safetensors file of a header, a text or an object, and data. */
const writeHead = async (
  header: string | Record<string, Entry>,
  data: Uint8Array = Buffer.alloc(0),
) => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(headFile, Buffer.concat([length, text, data]));
};

/** Tensors of F32 one after the other. */
const writeTensors = async (tensors: Record<string, { shape: number[]; data: Float32Array }>) => {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  const data = Object.values(tensors).map((each) => new Uint8Array(each.data.buffer));
  await writeHead(
    { __metadata__: { format: 'pt' } as Entry, ...Object.fromEntries(entries) },
    Buffer.concat(data),
  );
};

describe('heads in a safetensors file', () => {
  const readHead = (head: string | null = null) => valueOf(head, headFile);
  const one = { shape: [1, width], data: flat(1) };
  beforeAll(() => writeModel());

  it.each(['score', 'v_head.summary', 'value_head', 'v_head', 'reward_head'])(
    'are found as %s, among others, with a bias or without',
    async (layer) => {
      const other = { shape: [2], data: new Float32Array(2) };
      await writeTensors({ 'model.norm.weight': other, [`${layer}.weight`]: one });
      expect(await readHead()).toBe(values[0]);
      await writeTensors({
        [`${layer}.weight`]: { shape: [width], data: flat(1) },
        [`${layer}.bias`]: { shape: [1], data: Float32Array.of(0.5) },
        'model.norm.weight': other,
      });
      expect(await readHead()).toBe(values[0]! + 0.5);
      expect(await readHead(layer)).toBe(values[0]! + 0.5);
    },
  );

  it('are found as a bare layer', async () => {
    await writeTensors({ weight: one, bias: { shape: [1], data: Float32Array.of(1) } });
    expect(await readHead()).toBe(values[0]! + 1);
  });

  it.each<[string, number, (value: number) => number]>([
    ['F16', 2, (value) => (value === 0 ? 0 : halfBits(value))],
    ['BF16', 2, (value) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16],
  ])('are read as %s', async (dtype, size, bits) => {
    const data = Buffer.alloc(width * size);
    rows[0]!.forEach((value, i) => data.writeUInt16LE(bits(value), i * size));
    await writeHead(
      { 'score.weight': { dtype, shape: [1, width], data_offsets: [0, data.length] } },
      data,
    );
    expect(await readHead()).toBe(values[0]);
  });

  it('are numbered, and named where several are there', async () => {
    await writeTensors({ 'score.weight': { shape: [2, width], data: flat(2) } });
    expect(await readHead('score.1')).toBe(values[1]);
    await expect(readHead()).rejects.toThrow('choose one of score.0, score.1');
    await writeTensors({ 'score.weight': one, 'v_head.weight': one });
    await expect(readHead()).rejects.toThrow('choose one of score, v_head');
    expect(await readHead('v_head')).toBe(values[0]);
  });

  it('are none where no name is known', async () => {
    await writeTensors({ 'lm_head.weight': one });
    await expect(readHead()).rejects.toThrow('no reward head that is known');
  });

  const entry = { dtype: 'F32', shape: [1, width], data_offsets: [0, 16] };
  const data = Buffer.alloc(16);
  it.each<[says: string, header: string | Record<string, Entry>, data: Buffer]>([
    ['no JSON', '{"score.weight":', data],
    ['no JSON object', '[]', data],
    ['no JSON object', 'null', data],
    ['is no object', { 'score.weight': 7 as Entry }, data],
    ['dtype is no text', { 'score.weight': { ...entry, dtype: 32 } }, data],
    ['shape is no list', { 'score.weight': { ...entry, shape: 4 } }, data],
    ['shape is no list', { 'score.weight': { ...entry, shape: [-1, 4] } }, data],
    ['shape is no list', { 'score.weight': { ...entry, shape: [1e300] } }, data],
    ['data_offsets are not two', { 'score.weight': { ...entry, data_offsets: [0] } }, data],
    ['data_offsets are not two', { 'score.weight': { ...entry, data_offsets: ['0', '16'] } }, data],
    ['before it begins', { 'score.weight': { ...entry, data_offsets: [16, 0] } }, data],
    ['fetch it again', { 'score.weight': { ...entry, data_offsets: [0, 17] } }, data],
    ['fetch it again', { other: { ...entry, data_offsets: [0, 2 ** 52] } }, data],
    ['on top of', { 'score.weight': entry, other: { ...entry, data_offsets: [12, 16] } }, data],
    ['16 bytes, but 1 × 5 of F32 take 20', { 'score.weight': { ...entry, shape: [1, 5] } }, data],
    ['as I32', { 'score.weight': { ...entry, dtype: 'I32' } }, data],
    ['as toString', { 'score.weight': { ...entry, dtype: 'toString' } }, data],
    [
      '2 weights, but 1 heads',
      { 'score.weight': { ...entry, shape: [1, 2], data_offsets: [0, 8] } },
      data,
    ],
    ['0 outputs', { 'score.weight': { ...entry, shape: [0, 4], data_offsets: [0, 0] } }, data],
    ['not finite', { 'score.weight': entry }, Buffer.alloc(16, 0xff)],
  ])('are refused: %s', async (says, header, bytes) => {
    await writeHead(header, bytes);
    const reading = readHead();
    await expect(reading).rejects.toMatchObject({ name: 'InvalidOptionError', option: 'headFile' });
    await expect(reading).rejects.toThrow(says);
    await expect(reading).rejects.toThrow(headFile);
  });

  it('are refused in files that are none', async () => {
    const refusal = async (bytes: Uint8Array) => {
      await writeFile(headFile, bytes);
      return readHead().catch((error: Error) => error.message);
    };
    expect(await refusal(Buffer.alloc(0))).toContain('has 0 bytes');
    expect(await refusal(Buffer.alloc(8, 0xff))).toContain('above the limit');
    expect(await refusal(Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 123]))).toContain('ends inside');
    await writeTensors({ 'score.weight': one });
    await truncate(headFile, 115);
    await expect(readHead()).rejects.toThrow('fetch it again');
    await expect(valueOf(null, folder)).rejects.toThrow('is no file');
    await expect(valueOf(null, join(folder, 'missing'))).rejects.toThrow('ENOENT');
  });

  it('have a header that is bounded before it is read', async () => {
    await writeFile(headFile, Buffer.alloc(8));
    await truncate(headFile, 64 * 2 ** 20);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(32n * 2n ** 20n);
    await writeFile(headFile, length, { flag: 'r+' });
    await expect(readHead()).rejects.toThrow('a header of 33554432 bytes, above the limit');
  });
});

/** The half of a power of two times an odd number below 8. */
function halfBits(value: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.abs(value) / 2 ** exponent - 1;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024);
}
