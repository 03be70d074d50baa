import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { GgufError } from '../spec/index.ts';
import { dequantizeFile } from './dequantize.ts';
import { decodeTensor, encodeTensor } from './quantize.ts';
import { readGgufHeader } from './read-header.ts';
import { readTensor } from './read-tensor.ts';
import { bool, string, uint32 } from './values.ts';
import type { ArrayValue, MetadataValue } from './values.ts';
import { writeGguf } from './write.ts';
import type { TensorSource } from './write.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-gguf-'));
  file = join(folder, 'written.gguf');
});
afterAll(() => rm(folder, { recursive: true }));

const architecture = ['general.architecture', string('test')] as const;

/** Writes a file of one tensor, `w`. */
function writeOne(source: Omit<TensorSource, 'name'>): Promise<void> {
  return writeGguf(file, { metadata: [architecture], tensors: [{ name: 'w', ...source }] });
}

const number = <T extends string>(type: T, value: fc.Arbitrary<number>) =>
  ({ type: fc.constant(type), value }) as const;
const scalars = [
  fc.record(number('uint8', fc.integer({ min: 0, max: 0xff }))),
  fc.record(number('int8', fc.integer({ min: -0x80, max: 0x7f }))),
  fc.record(number('uint16', fc.integer({ min: 0, max: 0xffff }))),
  fc.record(number('int16', fc.integer({ min: -0x8000, max: 0x7fff }))),
  fc.record(number('uint32', fc.integer({ min: 0, max: 0xffff_ffff }))),
  fc.record(number('int32', fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }))),
  fc.record(number('float32', fc.float())),
  fc.record(number('float64', fc.double())),
  fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({ type: fc.constant('uint64' as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  fc.record({
    type: fc.constant('int64' as const),
    value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  }),
] as const;
const flatArray = fc
  .oneof(...scalars.map((scalar) => fc.array(scalar as fc.Arbitrary<MetadataValue>)))
  .map(
    (elements) =>
      ({
        type: 'array',
        elementType: elements[0]?.type ?? 'uint8',
        value: elements.map(({ value }) => value),
      }) as ArrayValue,
  );
const nestedArray = fc
  .array(flatArray)
  .map((value) => ({ type: 'array' as const, elementType: 'array' as const, value }));
const value: fc.Arbitrary<MetadataValue> = fc.oneof(...scalars, flatArray, nestedArray);

const tensorShape = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));
const tensor = fc.record({
  shape: tensorShape.map(([blocks, rows]) => [32 * blocks, rows]),
  type: fc.constantFrom('F32' as const, 'F16' as const, 'Q8_0' as const),
});

describe('writeGguf', () => {
  it('writes what readGgufHeader reads', async () => {
    const keys = fc.dictionary(
      fc.string({ minLength: 1 }).map((key) => `k.${key}`),
      value,
    );
    await fc.assert(
      fc.asyncProperty(keys, fc.array(tensor, { maxLength: 4 }), async (record, shapes) => {
        const metadata = [architecture, ...Object.entries(record)];
        const tensors = shapes.map(({ shape, type }, i) => ({
          name: `t${i}`,
          shape,
          type,
          data: new Float32Array(shape[0]! * shape[1]!).map((_, j) => j % 8),
        }));
        await writeGguf(file, { metadata, tensors });
        const header = await readGgufHeader(file);
        expect([...header.metadata]).toEqual(metadata);
        expect(header.version).toBe(3);
        expect(header.fileSize).toBe((await stat(file)).size);
        expect([...header.tensors.values()]).toMatchObject(
          tensors.map(({ name, shape, type }) => ({ name, shape, type })),
        );
        for (const { name, data, type } of tensors) {
          const read = await readTensor(file, header, name);
          // Of Q8_0 what the file's own bytes decode to; the rounding has its own tests.
          const expected = type === 'Q8_0' ? decodeTensor(encodeTensor(data, type), type) : data;
          expect(read).toEqual(expected);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it('encodes large tensors in pieces without changing them', async () => {
    const data = new Float32Array(64 * 10_000).map((_, i) => Math.fround(Math.sin(i)));
    const tensors: TensorSource[] = [{ name: 'large', shape: [64, 10_000], type: 'F32', data }];
    await writeGguf(file, { metadata: [architecture], tensors });
    const read = await readTensor(file, await readGgufHeader(file), 'large');
    // Not toEqual, which takes seconds for as many numbers.
    expect(Buffer.from(read.buffer).equals(Buffer.from(data.buffer))).toBe(true);
  });

  it('refuses data that does not fit the shape', async () => {
    const data = new Float32Array(32);
    await expect(writeOne({ shape: [31], type: 'F32', data })).rejects.toMatchObject({
      option: 'tensors["w"].data',
    });
    await expect(writeOne({ shape: [16, 2], type: 'Q8_0', data })).rejects.toThrow(
      'multiple of 32',
    );
    await expect(writeOne({ shape: [32, 0], type: 'F32', data })).rejects.toMatchObject({
      option: 'tensors["w"].shape',
    });
    await expect(
      writeOne({ shape: [32], type: 'F16', data: () => [new Uint8Array(63)] }),
    ).rejects.toThrow('63 bytes');
  });
});

describe('readTensor', () => {
  it('names a tensor that is missing or of a type it cannot read', async () => {
    const data = Float32Array.of(1);
    await writeGguf(file, {
      metadata: [architecture],
      tensors: [{ name: 'w', shape: [1], type: 'F32', data }],
    });
    const header = await readGgufHeader(file);
    await expect(readTensor(file, header, 'v')).rejects.toThrow('has no tensor "v"');
    const info = { ...header.tensors.get('w')!, type: 'Q4_K' as const };
    const forged = { ...header, tensors: new Map([['w', info]]) };
    await expect(readTensor(file, forged, 'w')).rejects.toThrow(GgufError);
  });
});

describe('dequantizeFile', () => {
  it('keeps metadata and weights, as F32', async () => {
    const data = new Float32Array(64).map((_, i) => Math.cos(i));
    await writeGguf(file, {
      metadata: [architecture, ['general.file_type', uint32(7)], ['flag', bool(true)]],
      tensors: [{ name: 'w', shape: [32, 2], type: 'Q8_0', data }],
    });
    const target = join(folder, 'f32.gguf');
    await dequantizeFile(file, target);
    const header = await readGgufHeader(target);
    expect(header.metadata.get('flag')).toEqual(bool(true));
    expect(header.metadata.get('general.file_type')).toEqual(uint32(0));
    expect(header.tensors.get('w')).toMatchObject({ type: 'F32', shape: [32, 2] });
    expect(await readTensor(target, header, 'w')).toEqual(
      await readTensor(file, await readGgufHeader(file), 'w'),
    );
  });
});
