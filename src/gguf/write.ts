import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { InvalidOptionError } from '../spec/index.ts';
import { ByteWriter } from './byte-writer.ts';
import { headerLimits } from './limits.ts';
import { encodeTensor } from './quantize.ts';
import type { WritableType } from './quantize.ts';
import { align } from './read-tensor-infos.ts';
import { defaultAlignment } from './read-header.ts';
import { tensorBytes, tensorTypes, type TensorType } from './tensor-types.ts';
import { valueTypes } from './values.ts';
import type { MetadataValue } from './values.ts';

/** A stream of a tensor's bytes, encoded as its type. */
export type EncodedChunks = () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A tensor to write. */
export interface TensorSource {
  readonly name: string;
  /** ggml's order: the first dimension is the row. */
  readonly shape: readonly number[];
  /** Values are encoded as F32, F16 or Q8_0; bytes may be of any type. */
  readonly type: TensorType;
  /** Values to encode, or a stream of encoded bytes: of tensors too large to hold, or as another file has them. */
  readonly data: Float32Array | EncodedChunks;
}

export interface GgufContents {
  readonly metadata: Iterable<readonly [key: string, value: MetadataValue]>;
  readonly tensors: readonly TensorSource[];
}

/** Elements encoded at a time: bounds the memory beyond the caller's own. */
const elementsPerChunk = 1 << 18;

/**
 * Writes a GGUF file, version 3, little endian, alignment 32, replacing what is there.
 * @throws InvalidOptionError for a tensor whose data does not fit its shape and type.
 */
export async function writeGguf(path: string, contents: GgufContents): Promise<void> {
  const header = encodeHeader(contents);
  await using file = await open(path, 'w');
  await writeAll(file, header);
  for (const tensor of contents.tensors) {
    const byteLength = byteLengthOf(tensor);
    let written = 0;
    for await (const chunk of chunksOf(tensor)) {
      await writeAll(file, chunk);
      written += chunk.length;
    }
    if (written !== byteLength) {
      throw new InvalidOptionError(
        `tensors["${tensor.name}"].data`,
        `Tensor "${tensor.name}" was given ${written} bytes, but its shape and type need ${byteLength}.`,
      );
    }
    await writeAll(file, new Uint8Array(align(written, defaultAlignment) - written));
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}

function chunksOf({ data, type }: TensorSource): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return typeof data === 'function' ? data() : encodeChunks(data, requireWritable(type));
}

function requireWritable(type: TensorType): WritableType {
  if (type === 'F32' || type === 'F16' || type === 'Q8_0') return type;
  throw new InvalidOptionError(
    'type',
    `Values cannot be written as ${type}: as F32, F16 or Q8_0, or give the bytes.`,
  );
}

function* encodeChunks(data: Float32Array, type: WritableType): Iterable<Uint8Array> {
  for (let start = 0; start < data.length; start += elementsPerChunk) {
    yield encodeTensor(data.subarray(start, start + elementsPerChunk), type);
  }
}

function byteLengthOf({ name, shape, type, data }: TensorSource): number {
  const elementCount = shape.reduce((product, size) => product * size, 1);
  const { blockSize } = tensorTypes[type];
  const refuse = (option: string, message: string) =>
    new InvalidOptionError(`tensors["${name}"].${option}`, `Tensor "${name}" ${message}`);
  if (
    shape.length > headerLimits.dimensions ||
    shape.some((size) => !Number.isInteger(size) || size < 1)
  ) {
    throw refuse('shape', `has the shape ${shape.join(' × ')}: give 1 to 4 positive integers.`);
  }
  if ((shape[0] ?? 1) % blockSize !== 0) {
    throw refuse(
      'shape',
      `has rows of ${shape[0]}, not a multiple of ${blockSize}: write it as F16.`,
    );
  }
  if (typeof data !== 'function' && data.length !== elementCount) {
    throw refuse('data', `has ${data.length} values, but its shape ${shape.join(' × ')}.`);
  }
  return tensorBytes(type, elementCount);
}

function encodeHeader({ metadata, tensors }: GgufContents): Uint8Array {
  const entries = [...metadata];
  const out = new ByteWriter();
  out.bytes(Buffer.from('GGUF'));
  out.uint32(3);
  out.uint64(BigInt(tensors.length));
  out.uint64(BigInt(entries.length));
  for (const [key, value] of entries) {
    out.string(key);
    out.uint32(valueTypes.indexOf(value.type));
    out.value(value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    out.string(tensor.name);
    out.uint32(tensor.shape.length);
    for (const size of tensor.shape) out.uint64(BigInt(size));
    out.uint32(tensorTypes[tensor.type].id);
    out.uint64(BigInt(offset));
    offset = align(offset + byteLengthOf(tensor), defaultAlignment);
  }
  out.bytes(new Uint8Array(align(out.length, defaultAlignment) - out.length));
  return out.finish();
}
