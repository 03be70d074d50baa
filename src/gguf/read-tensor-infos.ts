import { GgufError } from '../spec/index.ts';
import type { HeaderCursor } from './cursor.ts';
import { headerLimits } from './limits.ts';
import { forged, refuseZero } from './metadata-checks.ts';
import { tensorBytes, tensorTypeById, tensorTypes } from './tensor-types.ts';
import type { TensorType } from './tensor-types.ts';

export interface TensorInfo {
  readonly name: string;
  /** ggml's order: the first dimension is the row, contiguous in memory. */
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly elementCount: number;
  /** In bytes, from the header's `dataOffset`. */
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * Reads `count` tensor descriptions and checks that each fits behind the one before.
 * @param alignment - Of every offset, in bytes.
 * @throws GgufError
 */
export function readTensorInfos(
  cursor: HeaderCursor,
  count: number,
  alignment: number,
): ReadonlyMap<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  let end = 0;
  for (let i = 0; i < count; i++) {
    const name = cursor.string(`tensors[${i}].name`, headerLimits.tensorNameBytes);
    refuseZero(name, `tensors[${i}].name`);
    if (tensors.has(name)) {
      throw new GgufError(
        `tensors[${i}].name`,
        `tensors[${i}].name repeats the name "${name}". ${forged}`,
      );
    }
    const tensor = readTensorInfo(cursor, name);
    const field = `tensor "${name}".offset`;
    // llama.cpp accepts nothing else: no gap, no overlap, no other order.
    if (tensor.offset !== end) {
      throw new GgufError(
        field,
        `${field} is ${tensor.offset}, but the tensors before it end at ${end} (aligned to ${alignment}). ${forged}`,
      );
    }
    end = align(end + tensor.byteLength, alignment);
    tensors.set(name, tensor);
  }
  return tensors;
}

function readTensorInfo(cursor: HeaderCursor, name: string): TensorInfo {
  const field = `tensor "${name}"`;
  const dimensions = cursor.uint32(`${field}.dimensions`);
  if (dimensions > headerLimits.dimensions) {
    throw new GgufError(
      `${field}.dimensions`,
      `${field} has ${dimensions} dimensions, but at most ${headerLimits.dimensions} are possible. ${forged}`,
    );
  }
  const shape: number[] = [];
  for (let d = 0; d < dimensions; d++) {
    const size = cursor.count(`${field}.shape[${d}]`, Number.MAX_SAFE_INTEGER);
    if (size === 0) {
      throw new GgufError(`${field}.shape[${d}]`, `${field}.shape[${d}] is 0. ${forged}`);
    }
    shape.push(size);
  }
  // Each factor is at most 2^53, so a product that overflows is above 2^53 at once.
  const elementCount = shape.reduce((product, size) => product * size, 1);
  if (elementCount * 8 > Number.MAX_SAFE_INTEGER) {
    throw new GgufError(
      `${field}.shape`,
      `${field}.shape is ${shape.join(' × ')}: more elements than any file can hold. ${forged}`,
    );
  }
  const type = readTensorType(cursor, field);
  const { blockSize } = tensorTypes[type];
  const rowLength = shape[0] ?? 1;
  if (rowLength % blockSize !== 0) {
    throw new GgufError(
      `${field}.shape[0]`,
      `${field} has rows of ${rowLength} elements, not a multiple of the ${blockSize} of a ${type} block. ${forged}`,
    );
  }
  const offset = cursor.count(`${field}.offset`, Number.MAX_SAFE_INTEGER);
  return { name, shape, type, elementCount, offset, byteLength: tensorBytes(type, elementCount) };
}

function readTensorType(cursor: HeaderCursor, field: string): TensorType {
  const id = cursor.uint32(`${field}.type`);
  const type = tensorTypeById.get(id);
  if (type === undefined) {
    throw new GgufError(
      `${field}.type`,
      `${field}.type is ${id}, which is no tensor type that is known. The file is corrupt, or made for an older or newer llama.cpp: convert it again.`,
    );
  }
  return type;
}

/** The smallest multiple of `alignment` that is not below `offset`. */
export function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
