import { scalarBytes, valueTypes } from './values.ts';
import type { MetadataValue, ValueType } from './values.ts';

/** Little-endian values in a buffer that grows. */
export class ByteWriter {
  #buffer = Buffer.alloc(1 << 16);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** The bytes written; borrowed until the next write. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    const offset = this.#grow(bytes.length);
    this.#buffer.set(bytes, offset);
  }

  uint32(value: number): void {
    this.#scalar('uint32', value);
  }

  uint64(value: bigint): void {
    this.#scalar('uint64', value);
  }

  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.uint64(BigInt(length));
    const offset = this.#grow(length);
    this.#buffer.write(text, offset);
  }

  /** The value without its type. @throws RangeError for a number beyond its type. */
  value(value: MetadataValue): void {
    if (value.type !== 'array') return this.#scalar(value.type, value.value);
    this.uint32(valueTypes.indexOf(value.elementType));
    this.uint64(BigInt(value.value.length));
    if (value.elementType === 'array') {
      for (const element of value.value) this.value(element);
    } else {
      for (const element of value.value) this.#scalar(value.elementType, element);
    }
  }

  #scalar(type: Exclude<ValueType, 'array'>, value: number | bigint | boolean | string): void {
    if (type === 'string') return this.string(String(value));
    const offset = this.#grow(scalarBytes[type]);
    const out = this.#buffer;
    switch (type) {
      case 'uint8':
      case 'bool':
        return void out.writeUInt8(Number(value), offset);
      case 'int8':
        return void out.writeInt8(Number(value), offset);
      case 'uint16':
        return void out.writeUInt16LE(Number(value), offset);
      case 'int16':
        return void out.writeInt16LE(Number(value), offset);
      case 'uint32':
        return void out.writeUInt32LE(Number(value), offset);
      case 'int32':
        return void out.writeInt32LE(Number(value), offset);
      case 'float32':
        return void out.writeFloatLE(Number(value), offset);
      case 'float64':
        return void out.writeDoubleLE(Number(value), offset);
      case 'uint64':
        return void out.writeBigUInt64LE(BigInt(value), offset);
      case 'int64':
        return void out.writeBigInt64LE(BigInt(value), offset);
    }
  }

  /** Makes room for `count` bytes, perhaps in a new buffer; returns the offset of the first. */
  #grow(count: number): number {
    const offset = this.#length;
    const needed = offset + count;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, offset);
      this.#buffer = larger;
    }
    this.#length = needed;
    return offset;
  }
}
