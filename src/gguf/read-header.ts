import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { GgufError } from '../spec/index.ts';
import { checkModel } from './check-model.ts';
import { HeaderCursor } from './cursor.ts';
import { describeForeignFile } from './foreign-file.ts';
import { headerLimits } from './limits.ts';
import { readMetadata } from './read-metadata.ts';
import { align, readTensorInfos } from './read-tensor-infos.ts';
import type { TensorInfo } from './read-tensor-infos.ts';
import type { Metadata } from './values.ts';

/** What stands before a GGUF file's tensor data. */
export interface GgufHeader {
  readonly version: 2 | 3;
  readonly metadata: Metadata;
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Of tensor offsets, in bytes. */
  readonly alignment: number;
  /** Where the tensor data begins, in bytes from the start of the file. */
  readonly dataOffset: number;
  /** In bytes. */
  readonly fileSize: number;
}

/** The alignment of a file that does not say. */
export const defaultAlignment = 32;

/**
 * Reads and checks the header of a GGUF file, version 2 or 3, little endian. The file is taken for
 * hostile: whatever it claims is checked against the limits and its size before anything is
 * allocated, and no other tensor layout passes than the one that llama.cpp reads.
 * @throws GgufError naming the field, the numbers and the remedy, also where there is no such file.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  await using file = await openGguf(path);
  const { size } = await file.stat();
  try {
    return parseHeader(new HeaderCursor(file.fd, size), size);
  } catch (error) {
    if (!(error instanceof GgufError)) throw error;
    throw new GgufError(error.field, `${path}: ${error.message}`, { cause: error });
  }
}

/** Opens a regular file for reading. @throws GgufError with field `file`. */
export async function openGguf(path: string): Promise<FileHandle> {
  const refuse = (what: string, cause?: unknown) =>
    new GgufError('file', `${path} ${what}`, cause === undefined ? {} : { cause });
  let file: FileHandle;
  try {
    // Without O_NONBLOCK opening a named pipe would wait for its writer forever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw refuse('does not exist: check the path and its spelling.', error);
    }
    if (code === 'EISDIR') throw refuse('is a directory: give the GGUF file in it.', error);
    throw refuse(`cannot be opened (${code}): check its permissions.`, error);
  }
  const stat = await file.stat();
  if (stat.isFile()) return file;
  await file.close();
  throw refuse(stat.isDirectory() ? 'is a directory: give the GGUF file in it.' : 'is no file.');
}

function parseHeader(cursor: HeaderCursor, fileSize: number): GgufHeader {
  const version = readVersion(cursor, fileSize);
  const tensorCount = cursor.count('tensorCount', headerLimits.tensorCount);
  const metadataCount = cursor.count('metadataCount', headerLimits.metadataCount);
  const metadata = readMetadata(cursor, metadataCount);
  const alignment = readAlignment(metadata);
  const tensors = readTensorInfos(cursor, tensorCount, alignment);
  const dataOffset = align(cursor.position, alignment);
  for (const tensor of tensors.values()) {
    const end = dataOffset + tensor.offset + tensor.byteLength;
    if (end > fileSize) {
      const field = `tensor "${tensor.name}".offset`;
      throw new GgufError(
        field,
        `${field}: its ${tensor.byteLength} bytes end at ${end}, but the file has ${fileSize}. Its download may be incomplete: fetch it again.`,
      );
    }
  }
  const header = { version, metadata, tensors, alignment, dataOffset, fileSize };
  checkModel(header);
  return header;
}

function readVersion(cursor: HeaderCursor, fileSize: number): 2 | 3 {
  if (fileSize === 0) {
    throw new GgufError(
      'magic',
      'The file is empty. Its download may have failed: fetch it again.',
    );
  }
  const start = cursor.peek(64);
  if (Buffer.from(start.subarray(0, 4)).toString('latin1') !== 'GGUF') {
    throw new GgufError('magic', `This is not a GGUF file. ${describeForeignFile(start)}`);
  }
  cursor.uint32('magic');
  const version = cursor.uint32('version');
  if (version === 2 || version === 3) return version;
  let reason = 'of which this version of Trimtab knows 2 and 3';
  if (version === 1) reason = 'which llama.cpp no longer reads: convert the model again';
  if ((version & 0xffff) === 0 && version !== 0) {
    reason = 'so the file is big-endian: use the little-endian file, or convert it';
  }
  throw new GgufError('version', `The GGUF version is ${version}, ${reason}.`);
}

function readAlignment(metadata: Metadata): number {
  const value = metadata.get('general.alignment');
  if (value === undefined) return defaultAlignment;
  const field = 'metadata["general.alignment"]';
  if (value.type !== 'uint32') {
    throw new GgufError(field, `${field} must be a uint32, but is of type ${value.type}.`);
  }
  const powerOfTwo = value.value > 0 && (value.value & (value.value - 1)) === 0;
  // llama.cpp aborts on tensors that are aligned to less than it wants for its buffers.
  if (!powerOfTwo || value.value < defaultAlignment || value.value > headerLimits.alignment) {
    throw new GgufError(
      field,
      `${field} is ${value.value}, but must be a power of two from ${defaultAlignment} to ${headerLimits.alignment}. The file is corrupt or forged: download or convert it again.`,
    );
  }
  return value.value;
}
