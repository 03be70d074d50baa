import { ConstraintError } from '../../spec/index.ts';
import { toDecimal } from './decimal.ts';
import { pointerTo, type SchemaDocument, type SchemaNode } from './document.ts';
import type { JsonValue } from './json.ts';
import { canonicalText } from './json-value.ts';
import {
  countOf,
  hasAssertions,
  keywordOf,
  listOf,
  malformed,
  namesOf,
  numberOf,
  textOf,
  textsOf,
} from './keywords.ts';
import { schemaLimits } from './limits.ts';
import { anyNumber, meetNumbers, type Bound, type NumberFacets } from './number-facets.ts';
import { checkOptionalProperties } from './objects.ts';
import { formatNames } from './formats.ts';
import type { Pattern, Patterns } from './pattern.ts';
import {
  anyShape,
  type ArrayContent,
  type ArrayPart,
  type JsonType,
  type ObjectPart,
  type Shape,
  type StringFacets,
} from './shape.ts';

/**
 * What a schema object itself says, without the schemas that it applies to the same value.
 * @throws ConstraintError for a keyword whose value is malformed or not supported.
 */
export function readShape(document: SchemaDocument, patterns: Patterns, node: SchemaNode): Shape {
  if (typeof node.schema === 'boolean' || !hasAssertions(node.schema)) return anyShape;
  const types = readTypes(node);
  return {
    pointer: node.pointer,
    types: new Set(types.map((type) => (type === 'integer' ? 'number' : type))),
    values: readValues(node),
    number: readNumber(node, types.includes('integer') && !types.includes('number')),
    string: readString(document, patterns, node),
    array: {
      min: countOf(node, 'minItems') ?? 0,
      max: countOf(node, 'maxItems') ?? Infinity,
      parts: readArrayParts(document, node),
      contains: readContent(document, node),
      isUnique: keywordOf(node, 'uniqueItems') === true,
    },
    object: {
      required: readRequired(document, node),
      min: countOf(node, 'minProperties') ?? 0,
      max: countOf(node, 'maxProperties') ?? Infinity,
      names:
        keywordOf(node, 'propertyNames') === undefined
          ? []
          : [document.child(node, 'propertyNames')],
      parts: readObjectParts(document, patterns, node),
      others: [],
    },
  };
}

type TypeName = JsonType | 'integer';

function readTypes(node: SchemaNode): readonly TypeName[] {
  const type = keywordOf(node, 'type');
  if (type === undefined) return [...anyShape.types];
  const names = Array.isArray(type) ? (type as readonly JsonValue[]) : [type];
  if (names.length > 0 && names.every(isTypeName)) return names;
  throw malformed(
    node,
    'type',
    'null, boolean, integer, number, string, array, object, or a list of some of them',
  );
}

function isTypeName(name: JsonValue): name is TypeName {
  return name === 'integer' || anyShape.types.has(name as JsonType);
}

function readValues(node: SchemaNode): readonly JsonValue[] | undefined {
  const listed = listOf(node, 'enum');
  const only = keywordOf(node, 'const');
  if (only === undefined) return listed && distinct(listed);
  if (listed === undefined) return [only];
  return listed.some((value) => canonicalText(value) === canonicalText(only)) ? [only] : [];
}

function distinct(values: readonly JsonValue[]): JsonValue[] {
  return [...new Map(values.map((value) => [canonicalText(value), value])).values()];
}

function readNumber(node: SchemaNode, isInteger: boolean): NumberFacets {
  const step = numberOf(node, 'multipleOf');
  if (step !== undefined && step <= 0) throw malformed(node, 'multipleOf', 'a number above 0');
  const facets: NumberFacets[] = [
    { minimum: readBound(node, 'minimum', isExclusive(node, 'exclusiveMinimum')) },
    { maximum: readBound(node, 'maximum', isExclusive(node, 'exclusiveMaximum')) },
    {
      minimum: readBound(node, 'exclusiveMinimum', true),
      maximum: readBound(node, 'exclusiveMaximum', true),
    },
    ...readNumberFormat(node),
    { step: step === undefined ? undefined : toDecimal(step) },
    { step: isInteger ? toDecimal(1) : undefined },
  ];
  return facets.reduce(meetNumbers, anyNumber);
}

/** Before draft 6 `true` made another bound exclusive. */
function isExclusive(node: SchemaNode, keyword: string): boolean {
  return keywordOf(node, keyword) === true;
}

/** OpenAPI's formats of numbers that fewer fit than are written anyway. */
const integerBits: ReadonlyMap<JsonValue, number> = new Map([
  ['int8', 8],
  ['int16', 16],
  ['int32', 32],
]);

function readNumberFormat(node: SchemaNode): NumberFacets[] {
  const bits = integerBits.get(keywordOf(node, 'format') ?? null);
  if (bits === undefined) return [];
  const bound = 2 ** (bits - 1);
  return [
    {
      minimum: { value: toDecimal(-bound), exclusive: false },
      maximum: { value: toDecimal(bound - 1), exclusive: false },
    },
  ];
}

function readBound(node: SchemaNode, keyword: string, exclusive: boolean): Bound | undefined {
  if (typeof keywordOf(node, keyword) === 'boolean') return undefined;
  const value = numberOf(node, keyword);
  return value === undefined ? undefined : { value: toDecimal(value), exclusive };
}

function readString(document: SchemaDocument, patterns: Patterns, node: SchemaNode): StringFacets {
  const regex = textOf(node, 'pattern');
  const format = readFormat(document, patterns, node);
  return {
    min: countOf(node, 'minLength') ?? 0,
    max: countOf(node, 'maxLength') ?? Infinity,
    patterns: [
      ...(regex === undefined ? [] : [patterns.ofRegex(regex, pointerTo(node.pointer, 'pattern'))]),
      ...(format === undefined ? [] : [format]),
    ],
    excluded: [],
  };
}

/** The format of a text, where it is one of those that are kept to; others are annotations. */
function readFormat(
  document: SchemaDocument,
  patterns: Patterns,
  node: SchemaNode,
): Pattern | undefined {
  const format = textOf(node, 'format');
  if (format === undefined || numberFormats.has(format)) return undefined;
  const pattern = patterns.ofFormat(format);
  if (pattern !== undefined) return pattern;
  const place = pointerTo(node.pointer, 'format');
  document.ignore(
    place,
    `The format ${JSON.stringify(format)} at ${place} is none that is kept to: ${formatNames.join(', ')}.`,
  );
  return undefined;
}

/** Of numbers: they say nothing of a text. */
const numberFormats: ReadonlySet<JsonValue> = new Set([
  ...integerBits.keys(),
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float',
  'double',
  'decimal',
]);

/** Before draft 4 a property was required by itself; that says nothing any more. */
function readRequired(document: SchemaDocument, node: SchemaNode): readonly string[] {
  if (typeof keywordOf(node, 'required') !== 'boolean') return textsOf(node, 'required') ?? [];
  const place = pointerTo(node.pointer, 'required');
  document.ignore(place, `required at ${place} is no list of names, as it has been since draft 4.`);
  return [];
}

function readContent(document: SchemaDocument, node: SchemaNode): ArrayContent[] {
  if (keywordOf(node, 'contains') === undefined) return [];
  const most = keywordOf(node, 'maxContains');
  const min = countOf(node, 'minContains') ?? 1;
  if (most !== undefined) {
    const place = pointerTo(node.pointer, 'maxContains');
    throw new ConstraintError(
      place,
      `maxContains at ${place} is not supported. Say with items what each of them must be.`,
    );
  }
  return min === 0 ? [] : [{ node: document.child(node, 'contains'), min }];
}

function readArrayParts(document: SchemaDocument, node: SchemaNode): ArrayPart[] {
  const items = keywordOf(node, 'items');
  // Before draft 2020-12 a list of items was the prefix, and additionalItems what follows it.
  const isList = Array.isArray(items);
  const prefixKeyword = isList ? 'items' : 'prefixItems';
  const restKeyword = isList ? 'additionalItems' : 'items';
  if (isList && keywordOf(node, 'prefixItems') !== undefined) {
    throw malformed(node, 'items', 'one schema beside prefixItems');
  }
  const prefix = listOf(node, prefixKeyword) ?? [];
  if (prefix.length > schemaLimits.prefixItems) {
    throw malformed(node, prefixKeyword, `a list of at most ${schemaLimits.prefixItems} schemas`);
  }
  const hasRest = keywordOf(node, restKeyword) !== undefined;
  if (prefix.length === 0 && !hasRest) return [];
  return [
    {
      prefix: prefix.map((_, i) => document.child(node, prefixKeyword, i)),
      rest: hasRest ? document.child(node, restKeyword) : undefined,
    },
  ];
}

function readObjectParts(
  document: SchemaDocument,
  patterns: Patterns,
  node: SchemaNode,
): ObjectPart[] {
  const names = namesOf(node, 'properties');
  const required = readRequired(document, node);
  checkOptionalProperties(names.length - required.length, node.pointer); // before each gets a node
  const regexes = namesOf(node, 'patternProperties');
  const hasAdditional = keywordOf(node, 'additionalProperties') !== undefined;
  if (names.length === 0 && regexes.length === 0 && !hasAdditional) return [];
  return [
    {
      properties: new Map(names.map((name) => [name, document.child(node, 'properties', name)])),
      patterns: regexes.map((regex) => ({
        pattern: patterns.ofRegex(regex, pointerTo(node.pointer, 'patternProperties', regex)),
        node: document.child(node, 'patternProperties', regex),
      })),
      additional: hasAdditional ? document.child(node, 'additionalProperties') : undefined,
    },
  ];
}
