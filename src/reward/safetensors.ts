import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { decodeTensor } from '../gguf/index.ts';
import type { ReadableType } from '../gguf/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

/** One tensor of a safetensors file. */
export interface SafetensorsTensor {
  readonly name: string;
  /** E.g. `F32`, `BF16`, `I64`. */
  readonly dtype: string;
  /** The last dimension is the row, contiguous in memory. */
  readonly shape: readonly number[];
  /** In bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Of the header. A file of a thousand tensors has some 100 kB. */
const mostHeaderBytes = 8 * 2 ** 20;

/** The types that can be read as numbers, with their bytes per element. */
const readable: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * Reads and checks what tensors a safetensors file has. The file is taken for hostile: its header is
 * bounded, every tensor must lie in the file, and none on another.
 * @throws InvalidOptionError with option `headFile`.
 * @see https://github.com/huggingface/safetensors#format
 */
export async function readSafetensorsHeader(
  path: string,
): Promise<ReadonlyMap<string, SafetensorsTensor>> {
  await using file = await openRegular(path);
  const { size } = await file.stat();
  if (size < 8) throw refuse(path, `has ${size} bytes, which is no safetensors file`);
  const headerLength = Number((await readAt(file, path, 0, 8)).readBigUInt64LE());
  if (headerLength > mostHeaderBytes) {
    throw refuse(
      path,
      `claims a header of ${headerLength} bytes, above the limit of ${mostHeaderBytes}`,
    );
  }
  const dataOffset = 8 + headerLength;
  if (dataOffset > size) {
    throw refuse(
      path,
      `ends inside its header: ${dataOffset} bytes are needed, but it has ${size}`,
    );
  }
  const header = parseHeader(path, (await readAt(file, path, 8, headerLength)).toString('utf8'));
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => toTensor(path, name, entry, dataOffset));
  checkPlaces(path, tensors, size);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/** The tensor's numbers in the order of the file. @throws InvalidOptionError for other types. */
export async function readSafetensor(
  path: string,
  { name, dtype, shape, offset, byteLength }: SafetensorsTensor,
): Promise<Float32Array> {
  const elementBytes = Object.hasOwn(readable, dtype) ? readable[dtype] : undefined;
  if (elementBytes === undefined) {
    throw refuse(
      path,
      `has "${name}" as ${dtype}, but only ${Object.keys(readable).join(', ')} can be read: convert it`,
    );
  }
  const needed = shape.reduce((product, size) => product * size, elementBytes);
  if (needed !== byteLength) {
    throw refuse(
      path,
      `has "${name}" in ${byteLength} bytes, but ${shape.join(' × ')} of ${dtype} take ${needed}`,
    );
  }
  await using file = await openRegular(path);
  return decodeTensor(await readAt(file, path, offset, byteLength), dtype as ReadableType);
}

function parseHeader(path: string, text: string): object {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw refuse(path, 'has a header that is no JSON', error);
  }
  if (isObject(header)) return header;
  throw refuse(path, 'has a header that is no JSON object');
}

function toTensor(
  path: string,
  name: string,
  entry: unknown,
  dataOffset: number,
): SafetensorsTensor {
  const malformed = (what: string) => refuse(path, `has a malformed entry "${name}": ${what}`);
  if (!isObject(entry)) throw malformed('it is no object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') throw malformed('its dtype is no text');
  if (!isCounts(shape)) throw malformed('its shape is no list of sizes');
  if (!isCounts(offsets) || offsets.length !== 2) throw malformed('its data_offsets are not two');
  const [begin, end] = offsets as readonly [number, number];
  if (end < begin) throw malformed(`its data ends at ${end}, before it begins at ${begin}`);
  return { name, dtype, shape, offset: dataOffset + begin, byteLength: end - begin };
}

function checkPlaces(path: string, tensors: readonly SafetensorsTensor[], size: number): void {
  let end = 0;
  let before = '';
  for (const { name, offset, byteLength } of tensors.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw refuse(path, `has "${name}" on top of "${before}"`);
    end = offset + byteLength;
    before = name;
    if (end > size) {
      throw refuse(path, `has "${name}" up to byte ${end}, but ends at ${size}: fetch it again`);
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** Opens a regular file. Without O_NONBLOCK a named pipe would wait for its writer forever. */
async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw refuse(path, `cannot be opened (${error.code}): check the path`, error);
    },
  );
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw refuse(path, 'is no file');
}

async function readAt(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw refuse(path, 'became shorter while it was read: try again');
    done += bytesRead;
  }
  return bytes;
}

function refuse(path: string, what: string, cause?: unknown): InvalidOptionError {
  return new InvalidOptionError(
    'headFile',
    `The safetensors file ${path} ${what}.`,
    cause === undefined ? {} : { cause },
  );
}
