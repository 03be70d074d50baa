/** Bytes of a scalar on disk; strings and arrays have no fixed size. */
export const scalarBytes = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
} as const;

/** The value types in the order of their numbers on disk, 0 to 12. */
export const valueTypes = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;

export type ValueType = (typeof valueTypes)[number];
export type NumberType = Exclude<keyof typeof scalarBytes, 'bool' | 'uint64' | 'int64'>;
type BigIntType = 'uint64' | 'int64';

/** An array of one element type; `value` of nested arrays holds arrays in turn. */
export type ArrayValue =
  | { readonly type: 'array'; readonly elementType: NumberType; readonly value: readonly number[] }
  | { readonly type: 'array'; readonly elementType: BigIntType; readonly value: readonly bigint[] }
  | { readonly type: 'array'; readonly elementType: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly elementType: 'string'; readonly value: readonly string[] }
  | {
      readonly type: 'array';
      readonly elementType: 'array';
      readonly value: readonly ArrayValue[];
    };

/** One typed metadata value. Strings are UTF-8 on disk; bytes that are not read as U+FFFD. */
export type MetadataValue =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: BigIntType; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | ArrayValue;

export type Metadata = ReadonlyMap<string, MetadataValue>;

export const uint32 = (value: number): MetadataValue => ({ type: 'uint32', value });
export const int32 = (value: number): MetadataValue => ({ type: 'int32', value });
export const uint64 = (value: bigint): MetadataValue => ({ type: 'uint64', value });
export const float32 = (value: number): MetadataValue => ({ type: 'float32', value });
export const bool = (value: boolean): MetadataValue => ({ type: 'bool', value });
export const string = (value: string): MetadataValue => ({ type: 'string', value });
export const arrayOfStrings = (value: readonly string[]): MetadataValue => ({
  type: 'array',
  elementType: 'string',
  value,
});
export const arrayOfNumbers = (
  elementType: NumberType,
  value: readonly number[],
): MetadataValue => ({ type: 'array', elementType, value });
