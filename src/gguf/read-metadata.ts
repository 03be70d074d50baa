import { GgufError } from '../spec/index.ts';
import type { HeaderCursor } from './cursor.ts';
import { headerLimits } from './limits.ts';
import { forged, refuseZero } from './metadata-checks.ts';
import { scalarBytes, valueTypes } from './values.ts';
import type { ArrayValue, Metadata, MetadataValue, ValueType } from './values.ts';

/**
 * Reads `count` keys and values. Fields are named `metadata[12].value[3].length`; the message adds
 * the key where it is known.
 * @throws GgufError
 */
export function readMetadata(cursor: HeaderCursor, count: number): Metadata {
  const metadata = new Map<string, MetadataValue>();
  const budget = { elements: headerLimits.arrayElements };
  for (let i = 0; i < count; i++) {
    const field = `metadata[${i}]`;
    const key = cursor.string(`${field}.key`, headerLimits.keyBytes);
    if (key === '') throw new GgufError(`${field}.key`, `${field}.key is empty. ${forged}`);
    refuseZero(key, `${field}.key`);
    if (metadata.has(key)) {
      throw new GgufError(`${field}.key`, `${field}.key repeats the key "${key}". ${forged}`);
    }
    try {
      const type = readType(cursor, `${field}.type`);
      metadata.set(key, readValue(cursor, type, `${field}.value`, budget));
    } catch (error) {
      if (!(error instanceof GgufError)) throw error;
      throw new GgufError(error.field, `Key "${key}": ${error.message}`, { cause: error });
    }
  }
  return metadata;
}

/** Array elements that may still be read: what is left of `limits.arrayElements`. */
interface Budget {
  elements: number;
}

function readType(cursor: HeaderCursor, field: string): ValueType {
  const id = cursor.uint32(field);
  const type = valueTypes[id];
  if (type === undefined) {
    throw new GgufError(field, `${field} is ${id}, but value types are 0 to 12. ${forged}`);
  }
  return type;
}

function readValue(
  cursor: HeaderCursor,
  type: ValueType,
  field: string,
  budget: Budget,
): MetadataValue {
  if (type === 'string') return { type, value: cursor.string(field) };
  if (type === 'bool') return { type, value: readBool(cursor, field) };
  if (type === 'array') return readArray(cursor, field, 1, budget);
  if (type === 'uint64' || type === 'int64') return { type, value: cursor[type](field) };
  return { type, value: cursor[type](field) };
}

/** A byte; as in llama.cpp anything but 0 is true. */
function readBool(cursor: HeaderCursor, field: string): boolean {
  return cursor.uint8(field) !== 0;
}

function readArray(cursor: HeaderCursor, field: string, depth: number, budget: Budget): ArrayValue {
  if (depth > headerLimits.arrayDepth) {
    throw new GgufError(
      field,
      `${field} nests arrays more than ${headerLimits.arrayDepth} deep. ${forged}`,
    );
  }
  const elementType = readType(cursor, `${field}.elementType`);
  const lengthField = `${field}.length`;
  const length = cursor.count(lengthField, budget.elements);
  budget.elements -= length;
  // Refused before the first element is read, so that a forged length costs nothing.
  cursor.require(length * smallestBytes(elementType), lengthField);
  const type = 'array';
  const each = <T>(read: (elementField: string) => T): T[] => {
    const value: T[] = [];
    // Only strings and arrays can fail from here on, so only they name their index.
    const indexed = elementType === 'string' || elementType === 'array';
    for (let i = 0; i < length; i++) value.push(read(indexed ? `${field}[${i}]` : field));
    return value;
  };
  if (elementType === 'string') {
    return { type, elementType, value: each((f) => cursor.string(f)) };
  }
  if (elementType === 'bool') return { type, elementType, value: each((f) => readBool(cursor, f)) };
  if (elementType === 'array') {
    return { type, elementType, value: each((f) => readArray(cursor, f, depth + 1, budget)) };
  }
  if (elementType === 'uint64' || elementType === 'int64') {
    return { type, elementType, value: each((f) => cursor[elementType](f)) };
  }
  return { type, elementType, value: each((f) => cursor[elementType](f)) };
}

/** Bytes that an element takes at least: a string its length, an array its type and length. */
function smallestBytes(type: ValueType): number {
  if (type === 'string') return 8;
  if (type === 'array') return 12;
  return scalarBytes[type];
}
