import type { SchemaReader } from './alternatives.ts';
import type { Conjunction } from './conjunction.ts';
import type { JsonValue } from './json.ts';
import { itemNodes, propertyNodes } from './members.ts';
import { acceptsNumber } from './number-facets.ts';
import { matchesPattern } from './pattern.ts';
import { canonicalText } from './json-value.ts';
import { typeOf, type Shape, type StringFacets } from './shape.ts';

/** Whether a value fits all schemas of a conjunction. */
export function acceptsValue(
  reader: SchemaReader,
  conjunction: Conjunction,
  value: JsonValue,
): boolean {
  return reader
    .alternatives(conjunction)
    .shapes.some((shape) => isListed(shape, value) && fitsShape(reader, shape, value));
}

/** The values that a shape lists, less those that do not fit the rest of it. */
export function acceptedValues(reader: SchemaReader, shape: Shape): JsonValue[] {
  return (shape.values ?? []).filter((value) => fitsShape(reader, shape, value));
}

function isListed({ values }: Shape, value: JsonValue): boolean {
  if (values === undefined) return true;
  const text = canonicalText(value);
  return values.some((listed) => canonicalText(listed) === text);
}

function fitsShape(reader: SchemaReader, shape: Shape, value: JsonValue): boolean {
  const type = typeOf(value);
  if (!shape.types.has(type)) return false;
  if (shape.unlike?.some((other) => canonicalText(other) === canonicalText(value))) return false;
  switch (type) {
    case 'number':
      return acceptsNumber(shape.number, value as number);
    case 'string':
      return fitsString(shape.string, value as string);
    case 'array':
      return fitsArray(reader, shape, value as readonly JsonValue[]);
    case 'object':
      return fitsObject(reader, shape, value as { readonly [key: string]: JsonValue });
    case 'null':
    case 'boolean':
    default:
      return true;
  }
}

function fitsString({ min, max, patterns, excluded }: StringFacets, value: string): boolean {
  const { length } = Array.from(value);
  if (length < min || length > max) return false;
  if (excluded.some((pattern) => matchesPattern(pattern, value))) return false;
  return patterns.every((pattern) => matchesPattern(pattern, value));
}

function fitsArray(reader: SchemaReader, { array }: Shape, value: readonly JsonValue[]): boolean {
  if (value.length < array.min || value.length > array.max) return false;
  if (array.isUnique && new Set(value.map(canonicalText)).size < value.length) return false;
  for (const { node, min } of array.contains) {
    const wanted = reader.conjunction([node]);
    if (value.filter((item) => acceptsValue(reader, wanted, item)).length < min) return false;
  }
  return value.every((item, i) =>
    acceptsValue(reader, reader.conjunction(itemNodes(array, i)), item),
  );
}

function fitsObject(
  reader: SchemaReader,
  { object }: Shape,
  value: { readonly [key: string]: JsonValue },
): boolean {
  if (object.required.some((name) => !Object.hasOwn(value, name))) return false;
  const names = Object.keys(value);
  if (names.length < object.min || names.length > object.max) return false;
  for (const { beside, node } of object.others) {
    const wanted = reader.conjunction([node]);
    const isThere = names.some(
      (name) => !beside.has(name) && acceptsValue(reader, wanted, value[name]!),
    );
    if (!isThere) return false;
  }
  if (object.names.length > 0) {
    const fitting = reader.conjunction(object.names);
    if (!names.every((name) => acceptsValue(reader, fitting, name))) return false;
  }
  return Object.entries(value).every(([name, item]) =>
    acceptsValue(reader, reader.conjunction(propertyNodes(object, name)), item),
  );
}
