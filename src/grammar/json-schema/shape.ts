import type { Pattern } from './pattern.ts';
import type { SchemaNode } from './document.ts';
import type { JsonValue } from './json.ts';
import { canonicalText } from './json-value.ts';
import { anyNumber, holdsNumber, meetNumbers, type NumberFacets } from './number-facets.ts';

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/**
 * What the assertions of one or several schemas say of a value: which types it may have, and what
 * holds if it has one of them. The members of arrays and objects stay schemas.
 */
export interface Shape {
  /** Where its schemas stand, for names and messages. */
  readonly pointer: string;
  readonly types: ReadonlySet<JsonType>;
  /** The only values, if they are listed; what else the shape says holds for them too. */
  readonly values?: readonly JsonValue[] | undefined;
  /** Arrays and objects that it is not. */
  readonly unlike?: readonly JsonValue[] | undefined;
  readonly number: NumberFacets;
  readonly string: StringFacets;
  readonly array: ArrayFacets;
  readonly object: ObjectFacets;
}

export interface StringFacets {
  /** In code points, as `max`. */
  readonly min: number;
  readonly max: number;
  readonly patterns: readonly Pattern[];
  /** Those that it must not be of. */
  readonly excluded: readonly Pattern[];
}

export interface ArrayFacets {
  readonly min: number;
  readonly max: number;
  readonly parts: readonly ArrayPart[];
  /** Schemas that items fit, and how many of them at least. */
  readonly contains: readonly ArrayContent[];
  readonly isUnique: boolean;
}

export interface ArrayContent {
  readonly node: SchemaNode;
  readonly min: number;
}

/** What one schema says of an array's items. */
export interface ArrayPart {
  readonly prefix: readonly SchemaNode[];
  /** Of what follows the prefix. */
  readonly rest?: SchemaNode | undefined;
}

export interface ObjectFacets {
  readonly required: readonly string[];
  /** How many properties there are. */
  readonly min: number;
  readonly max: number;
  /** What the names fit, as texts. */
  readonly names: readonly SchemaNode[];
  readonly parts: readonly ObjectPart[];
  /** Each is one property at least that is there beside those of these names. */
  readonly others: readonly OtherProperty[];
}

export interface OtherProperty {
  readonly beside: ReadonlySet<string>;
  /** What it fits, too. */
  readonly node: SchemaNode;
}

/** What one schema says of an object's properties. */
export interface ObjectPart {
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly patterns: readonly { readonly pattern: Pattern; readonly node: SchemaNode }[];
  /** Of the properties that neither a name nor a pattern covers. */
  readonly additional?: SchemaNode | undefined;
}

/** Any value. */
export const anyShape: Shape = {
  pointer: '#',
  types: new Set<JsonType>(['null', 'boolean', 'number', 'string', 'array', 'object']),
  number: anyNumber,
  string: { min: 0, max: Infinity, patterns: [], excluded: [] },
  array: { min: 0, max: Infinity, parts: [], contains: [], isUnique: false },
  object: { required: [], min: 0, max: Infinity, names: [], parts: [], others: [] },
};

export function isAnyString({ min, max, patterns, excluded }: StringFacets): boolean {
  return min === 0 && max === Infinity && patterns.length + excluded.length === 0;
}

export function isAnyArray({ min, max, parts, contains, isUnique }: ArrayFacets): boolean {
  return min === 0 && max === Infinity && parts.length + contains.length === 0 && !isUnique;
}

export function isAnyObject(facets: ObjectFacets): boolean {
  const { required, min, max, names, parts, others } = facets;
  const said = required.length + names.length + parts.length + others.length;
  return said === 0 && min === 0 && max === Infinity;
}

/** A shape whose values are booleans or null as one that lists them. */
export function withListedValues(shape: Shape): Shape {
  if (shape.values !== undefined) return shape;
  const values = [...shape.types].flatMap((type): readonly (JsonValue | undefined)[] =>
    type === 'null' ? [null] : type === 'boolean' ? [true, false] : [undefined],
  );
  if (values.includes(undefined)) return shape;
  return { ...shape, values: values as readonly JsonValue[] };
}

/** Any value of one type, with what is said of that type. */
export function onlyType<Type extends 'number' | 'string' | 'array' | 'object'>(
  type: Type,
  pointer: string,
  facets: Partial<Shape[Type]>,
): Shape {
  return {
    ...anyShape,
    pointer,
    types: new Set<JsonType>([type]),
    [type]: { ...anyShape[type], ...facets },
  };
}

/** What fits both shapes; {@link withoutConflicts} says whether anything does. */
export function meetShapes(a: Shape, b: Shape): Shape {
  if (a === anyShape) return b;
  if (b === anyShape) return a;
  return {
    pointer: a.pointer === b.pointer ? a.pointer : `${a.pointer} & ${b.pointer}`,
    types: new Set([...a.types].filter((type) => b.types.has(type))),
    values: meetValues(a.values, b.values),
    unlike: a.unlike && b.unlike ? [...a.unlike, ...b.unlike] : (a.unlike ?? b.unlike),
    number: meetNumbers(a.number, b.number),
    string: {
      min: Math.max(a.string.min, b.string.min),
      max: Math.min(a.string.max, b.string.max),
      patterns: meetPatterns(a.string.patterns, b.string.patterns),
      excluded: meetPatterns(a.string.excluded, b.string.excluded),
    },
    array: {
      min: Math.max(a.array.min, b.array.min),
      max: Math.min(a.array.max, b.array.max),
      parts: [...a.array.parts, ...b.array.parts],
      contains: [...a.array.contains, ...b.array.contains],
      isUnique: a.array.isUnique || b.array.isUnique,
    },
    object: {
      required: [...new Set([...a.object.required, ...b.object.required])],
      min: Math.max(a.object.min, b.object.min),
      max: Math.min(a.object.max, b.object.max),
      names: [...new Set([...a.object.names, ...b.object.names])],
      parts: [...a.object.parts, ...b.object.parts],
      others: [...a.object.others, ...b.object.others],
    },
  };
}

function meetValues(
  a: readonly JsonValue[] | undefined,
  b: readonly JsonValue[] | undefined,
): readonly JsonValue[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const known = new Set(b.map(canonicalText));
  return a.filter((value) => known.has(canonicalText(value)));
}

function meetPatterns(a: readonly Pattern[], b: readonly Pattern[]): Pattern[] {
  return [...new Map([...a, ...b].map((pattern) => [pattern.name, pattern])).values()];
}

/**
 * The shape without the types and values that contradict what it says of them itself; what
 * its members' schemas say is not looked at. A text that says why, if nothing is left.
 */
export function withoutConflicts(shape: Shape): Shape | string {
  if (shape.values !== undefined) {
    const unlike = new Set(shape.unlike?.map(canonicalText));
    const values = shape.values.filter(
      (value) => shape.types.has(typeOf(value)) && !unlike.has(canonicalText(value)),
    );
    if (values.length === 0) return 'none of the values listed fits the rest of the schema';
    return { ...shape, values, types: new Set(values.map(typeOf)) };
  }
  const conflicts = new Map<JsonType, string>();
  for (const type of shape.types) {
    const conflict = conflictOf(type, shape);
    if (conflict !== undefined) conflicts.set(type, conflict);
  }
  if (conflicts.size < shape.types.size) {
    if (conflicts.size === 0) return shape;
    return { ...shape, types: new Set([...shape.types].filter((type) => !conflicts.has(type))) };
  }
  return conflicts.size > 0
    ? [...conflicts.values()].join(', and ')
    : 'its types exclude each other';
}

function conflictOf(type: JsonType, { number, string, array, object }: Shape): string | undefined {
  if (type === 'string' && string.min > string.max) {
    return `minLength ${string.min} is more than maxLength ${string.max}`;
  }
  if (type === 'array' && array.min > array.max) {
    return `minItems ${array.min} is more than maxItems ${array.max}`;
  }
  if (type === 'object' && Math.max(object.min, object.required.length) > object.max) {
    return `minProperties or the required properties are more than maxProperties ${object.max}`;
  }
  if (type === 'number' && !holdsNumber(number)) {
    return 'no number that can be written lies within its bounds and steps';
  }
  return undefined;
}

export function typeOf(value: JsonValue): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'number' | 'string' | 'object';
}
