import { readSync } from 'node:fs';
import { GgufError } from '../spec/index.ts';
import { headerLimits } from './limits.ts';

const chunkBytes = 256 * 1024;

/**
 * Reads little-endian values from the start of an open file, one bounded chunk at a time. Every
 * read names the header's field, so that an error can say where the file breaks off. Reads are
 * synchronous: a header has up to a million strings, and a promise for each costs more than the
 * reading.
 */
export class HeaderCursor {
  readonly #file: number;
  readonly #fileSize: number;
  readonly #chunk = new Uint8Array(chunkBytes);
  readonly #view = new DataView(this.#chunk.buffer);
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Offset in the file of the chunk's first byte. */
  #chunkStart = 0;
  #chunkLength = 0;
  #position = 0;

  /** @param file - File descriptor, borrowed. */
  constructor(file: number, fileSize: number) {
    this.#file = file;
    this.#fileSize = fileSize;
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#fileSize - this.#position;
  }

  /** The next bytes without moving: at most `count`, fewer at the end of the file. A view. */
  peek(count: number): Uint8Array {
    const available = Math.min(count, this.remaining);
    const offset = this.#take(available, 'magic');
    this.#position -= available;
    return this.#chunk.subarray(offset, offset + available);
  }

  uint8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  int8(field: string): number {
    return this.#view.getInt8(this.#take(1, field));
  }

  uint16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), true);
  }

  int16(field: string): number {
    return this.#view.getInt16(this.#take(2, field), true);
  }

  uint32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  int32(field: string): number {
    return this.#view.getInt32(this.#take(4, field), true);
  }

  float32(field: string): number {
    return this.#view.getFloat32(this.#take(4, field), true);
  }

  float64(field: string): number {
    return this.#view.getFloat64(this.#take(8, field), true);
  }

  uint64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), true);
  }

  int64(field: string): bigint {
    return this.#view.getBigInt64(this.#take(8, field), true);
  }

  /** A 64-bit count of at most `limit`. @throws GgufError naming the field and both numbers. */
  count(field: string, limit: number): number {
    const offset = this.#take(8, field);
    const count =
      this.#view.getUint32(offset, true) + this.#view.getUint32(offset + 4, true) * 2 ** 32;
    if (count > limit) {
      const exact = this.#view.getBigUint64(offset, true);
      throw new GgufError(
        field,
        `${field} is ${exact}, above the limit of ${limit}. The file is corrupt or forged: download or convert it again.`,
      );
    }
    return count;
  }

  /** A length and that many bytes of UTF-8. */
  string(field: string, maxBytes: number = headerLimits.stringBytes): string {
    const length = this.count(`${field}.length`, maxBytes);
    this.require(length, `${field}.length`);
    if (length <= chunkBytes) {
      const offset = this.#take(length, field);
      return this.#decoder.decode(this.#chunk.subarray(offset, offset + length));
    }
    const bytes = new Uint8Array(length);
    this.#read(bytes, this.#position, field);
    this.#position += length;
    return this.#decoder.decode(bytes);
  }

  /** @throws GgufError unless `count` more bytes are in the file and within the header's bound. */
  require(count: number, field: string): void {
    if (count > this.remaining) {
      throw new GgufError(
        field,
        `The file ends inside its header: ${field} needs ${count} bytes at offset ${this.#position}, but the file has ${this.#fileSize}. Its download may be incomplete: fetch it again.`,
      );
    }
    if (this.#position + count > headerLimits.headerBytes) {
      throw new GgufError(
        field,
        `The header is longer than ${headerLimits.headerBytes} bytes at ${field}. The file is corrupt or forged: download or convert it again.`,
      );
    }
  }

  /** Moves past `count` bytes; returns the offset of the first within the chunk. */
  #take(count: number, field: string): number {
    const offset = this.#position - this.#chunkStart;
    if (offset + count <= this.#chunkLength) {
      this.#position += count;
      return offset;
    }
    this.require(count, field);
    this.#chunkStart = this.#position;
    this.#chunkLength = Math.min(chunkBytes, this.remaining);
    this.#read(this.#chunk.subarray(0, this.#chunkLength), this.#chunkStart, field);
    this.#position += count;
    return 0;
  }

  #read(target: Uint8Array, position: number, field: string): void {
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#file, target, done, target.length - done, position + done);
      if (count === 0) {
        throw new GgufError(field, `The file became shorter while ${field} was read: try again.`);
      }
      done += count;
    }
  }
}
