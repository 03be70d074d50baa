import { InvalidOptionError } from '../spec/index.ts';
import { fromFloat16, toFloat16 } from './float16.ts';
import { tensorBytes, tensorTypes } from './tensor-types.ts';
import type { TensorType } from './tensor-types.ts';

/** The types that tensors are written in and read back from as float32. */
export type WritableType = 'F32' | 'F16' | 'Q8_0';
export type ReadableType = WritableType | 'BF16';

export const readableTypes: readonly TensorType[] = ['F32', 'F16', 'BF16', 'Q8_0'];

const { blockSize, blockBytes } = tensorTypes.Q8_0;

/**
 * Encodes `values` as they stand in a file (little endian, as every machine that llama.cpp's
 * prebuilt libraries run on).
 * @param values - A whole number of blocks.
 * @throws InvalidOptionError for a value that is not finite or too large for the type.
 */
export function encodeTensor(values: Float32Array, type: WritableType): Uint8Array {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new InvalidOptionError(
        `data[${i}]`,
        `Value ${i} of a tensor is ${values[i]}: weights must be finite.`,
      );
    }
  }
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (type === 'F16') return new Uint8Array(Uint16Array.from(values, toFiniteFloat16).buffer);
  const bytes = new Uint8Array(tensorBytes('Q8_0', values.length));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i += blockSize) {
    quantizeBlock(values, i, view, (i / blockSize) * blockBytes);
  }
  return bytes;
}

/**
 * `d = max|x| / 127`, `q = round(x / d)`, half away from zero, in float32 as ggml computes it.
 * @see ggml-quants.c `quantize_row_q8_0_ref`
 */
function quantizeBlock(values: Float32Array, start: number, view: DataView, offset: number): void {
  let largest = 0;
  for (let i = start; i < start + blockSize; i++) {
    largest = Math.max(largest, Math.abs(values[i]!));
  }
  const scale = Math.fround(largest / 127);
  const inverse = Math.fround(1 / scale);
  view.setUint16(offset, toFiniteFloat16(scale), true);
  // A scale whose inverse overflows is 0 as a half.
  if (scale === 0 || inverse === Infinity) return;
  for (let i = 0; i < blockSize; i++) {
    const x = Math.fround(values[start + i]! * inverse);
    view.setInt8(offset + 2 + i, Math.trunc(x + (x < 0 ? -0.5 : 0.5)));
  }
}

function toFiniteFloat16(value: number): number {
  const half = toFloat16(value);
  if ((half & 0x7fff) === 0x7c00) {
    throw new InvalidOptionError(
      'data',
      `${value} is beyond the half-precision range of ±65504: write the tensor as F32.`,
    );
  }
  return half;
}

/**
 * Decodes a tensor's bytes as they stand in a file; the inverse of encoding it. F32 values
 * share the memory of `bytes` where they are aligned in it.
 */
export function decodeTensor(bytes: Uint8Array, type: ReadableType): Float32Array {
  if (type === 'F32') {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'Q8_0') return decodeQ8(view);
  const halves = Uint16Array.from({ length: bytes.length / 2 }, (_, i) =>
    view.getUint16(2 * i, true),
  );
  if (type === 'F16') return Float32Array.from(halves, fromFloat16);
  // BF16 is the upper half of a float32.
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

function decodeQ8(view: DataView): Float32Array {
  const blocks = view.byteLength / blockBytes;
  const values = new Float32Array(blocks * blockSize);
  for (let block = 0; block < blocks; block++) {
    const offset = block * blockBytes;
    const scale = fromFloat16(view.getUint16(offset, true));
    for (let i = 0; i < blockSize; i++) {
      values[block * blockSize + i] = scale * view.getInt8(offset + 2 + i);
    }
  }
  return values;
}
