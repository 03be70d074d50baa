import { ConstraintError } from '../../spec/index.ts';
import { toDecimal } from './decimal.ts';
import { pointerTo, type JsonValue, type SchemaDocument, type SchemaNode } from './document.ts';
import { canonicalText } from './json-value.ts';
import {
  countOf,
  hasAssertions,
  isAnnotation,
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
import type { Patterns } from './pattern.ts';
import {
  anyShape,
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
    string: readString(patterns, node),
    array: {
      min: countOf(node, 'minItems') ?? 0,
      max: countOf(node, 'maxItems') ?? Infinity,
      parts: readArrayParts(document, node),
    },
    object: {
      required: textsOf(node, 'required') ?? [],
      parts: readObjectParts(document, patterns, node),
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
    { minimum: readBound(node, 'minimum', false), maximum: readBound(node, 'maximum', false) },
    {
      minimum: readBound(node, 'exclusiveMinimum', true),
      maximum: readBound(node, 'exclusiveMaximum', true),
    },
    { step: step === undefined ? undefined : toDecimal(step) },
    { step: isInteger ? toDecimal(1) : undefined },
  ];
  return facets.reduce(meetNumbers, anyNumber);
}

function readBound(node: SchemaNode, keyword: string, exclusive: boolean): Bound | undefined {
  const value = numberOf(node, keyword);
  return value === undefined ? undefined : { value: toDecimal(value), exclusive };
}

function readString(patterns: Patterns, node: SchemaNode): StringFacets {
  const regex = textOf(node, 'pattern');
  const format = textOf(node, 'format');
  return {
    min: countOf(node, 'minLength') ?? 0,
    max: countOf(node, 'maxLength') ?? Infinity,
    patterns: [
      ...(regex === undefined ? [] : [patterns.ofRegex(regex, pointerTo(node.pointer, 'pattern'))]),
      ...(format === undefined
        ? []
        : [patterns.ofFormat(format, pointerTo(node.pointer, 'format'))]),
    ],
  };
}

function readArrayParts(document: SchemaDocument, node: SchemaNode): ArrayPart[] {
  if (keywordOf(node, 'uniqueItems') === true) {
    const place = pointerTo(node.pointer, 'uniqueItems');
    throw new ConstraintError(
      place,
      `uniqueItems at ${place} is not supported: what was written before would have to be ` +
        'remembered. Remove it, or list the values with enum.',
    );
  }
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
  checkPropertyNames(node);
  const names = namesOf(node, 'properties');
  const required = textsOf(node, 'required') ?? [];
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

/** Names are strings anyway; schema generators say so. */
function checkPropertyNames(node: SchemaNode): void {
  const names = keywordOf(node, 'propertyNames');
  if (names === undefined || names === true) return;
  const asksNothing =
    typeof names === 'object' &&
    names !== null &&
    Object.entries(names).every(
      ([keyword, value]) => isAnnotation(keyword) || (keyword === 'type' && value === 'string'),
    );
  if (asksNothing) return;
  const place = pointerTo(node.pointer, 'propertyNames');
  throw new ConstraintError(
    place,
    `propertyNames at ${place} is not supported, other than { "type": "string" }. Use ` +
      'patternProperties with additionalProperties: false.',
  );
}
