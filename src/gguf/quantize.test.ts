import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../spec/index.ts';
import { decodeTensor, encodeTensor } from './quantize.ts';

const block = (...values: number[]) => Float32Array.from({ length: 32 }, (_, i) => values[i] ?? 0);

describe('Q8_0', () => {
  it('writes the scale as a half, then 32 signed bytes', () => {
    const bytes = encodeTensor(block(127, -127, 63.5, -63.5, 0.4, 0.5, -0.5), 'Q8_0');
    expect(bytes).toHaveLength(34);
    expect([...bytes.subarray(0, 2)]).toEqual([0x00, 0x3c]);
    // Halves are rounded away from zero, as roundf does.
    expect([...new Int8Array(bytes.buffer, 2, 7)]).toEqual([127, -127, 64, -64, 0, 1, -1]);
  });

  it('multiplies by the inverse of the unrounded float32 scale, as ggml does', () => {
    // Computed with the reference implementation in the Python package gguf.
    const bytes = encodeTensor(
      Float32Array.from({ length: 32 }, (_, i) => Math.fround((i - 11) * 0.037)),
      'Q8_0',
    );
    expect([...bytes.subarray(0, 2)]).toEqual([247, 29]);
    expect([...new Int8Array(bytes.buffer, 2, 32)]).toEqual([
      -70, -63, -57, -51, -44, -38, -32, -25, -19, -13, -6, 0, 6, 13, 19, 25, 32, 38, 44, 51, 57,
      63, 70, 76, 83, 89, 95, 102, 108, 114, 121, 127,
    ]);
  });

  it('writes zeros where all is zero or the scale vanishes', () => {
    expect(encodeTensor(block(), 'Q8_0').every((byte) => byte === 0)).toBe(true);
    const tiny = encodeTensor(block(1e-44), 'Q8_0');
    expect(decodeTensor(tiny, 'Q8_0').every((value) => value === 0)).toBe(true);
  });

  it('is off by at most half a step and what the scale loses as a half', () => {
    const values = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), {
      minLength: 32,
      maxLength: 32,
    });
    fc.assert(
      fc.property(values, (list) => {
        const original = Float32Array.from(list);
        const largest = Math.max(...list.map(Math.abs));
        const decoded = decodeTensor(encodeTensor(original, 'Q8_0'), 'Q8_0');
        const bound = (largest / 127) * 0.5 + largest * 2 ** -11 + 127 * 2 ** -24;
        decoded.forEach((value, i) => {
          expect(Math.abs(value - original[i]!)).toBeLessThanOrEqual(bound * 1.0001);
        });
      }),
    );
  });
});

describe('other types', () => {
  it('keeps F32 bit for bit', () => {
    const values = Float32Array.from([0.1, -3e30, 1e-40, -0]);
    const bytes = encodeTensor(values, 'F32');
    expect(decodeTensor(bytes, 'F32')).toEqual(values);
    // Also where the bytes are not aligned.
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeTensor(shifted.subarray(1), 'F32')).toEqual(values);
  });

  it('reads F16 and BF16', () => {
    expect(decodeTensor(encodeTensor(Float32Array.of(1.5, -0.25), 'F16'), 'F16')).toEqual(
      Float32Array.of(1.5, -0.25),
    );
    expect(decodeTensor(Uint8Array.of(0x80, 0x3f, 0x20, 0xc0), 'BF16')).toEqual(
      Float32Array.of(1, -2.5),
    );
  });

  it('refuses what the type cannot hold', () => {
    expect(() => encodeTensor(Float32Array.of(Number.NaN), 'F32')).toThrow(InvalidOptionError);
    expect(() => encodeTensor(Float32Array.of(70_000), 'F16')).toThrow('±65504');
    expect(() => encodeTensor(block(1e9), 'Q8_0')).toThrow('±65504');
  });
});
