import { ConstraintError } from '../../spec/index.ts';
import { pointerTo, type JsonValue, type SchemaNode, type SchemaObject } from './document.ts';

/** Keywords that ask nothing of a value. */
const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  // OpenAPI's: says which option of a oneOf is meant; the oneOf itself decides.
  'discriminator',
  '$schema',
  '$comment',
  '$anchor',
  // Places for schemas that $ref names.
  '$defs',
  'definitions',
]);

/** Keywords that apply schemas to the same value. */
const applicators: ReadonlySet<string> = new Set(['$ref', 'allOf', 'anyOf', 'oneOf']);

/** Keywords that say something of the value itself or of its members. */
const assertions: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'items',
  'prefixItems',
  'additionalItems',
  'minItems',
  'maxItems',
  'uniqueItems',
  'properties',
  'patternProperties',
  'additionalProperties',
  'propertyNames',
  'required',
]);

/** Names of extensions by convention; they ask nothing. */
const extensionPrefix = 'x-';

export function isAnnotation(keyword: string): boolean {
  return annotations.has(keyword) || keyword.startsWith(extensionPrefix);
}

/** Whether the schema says more of a value than the schemas that it applies. */
export function hasAssertions(schema: SchemaObject): boolean {
  return Object.keys(schema).some((keyword) => assertions.has(keyword));
}

/** @throws ConstraintError for the first keyword that is not supported. */
export function checkKeywords({ pointer, schema }: SchemaNode): void {
  for (const keyword of Object.keys(schema)) {
    if (isAnnotation(keyword) || applicators.has(keyword) || assertions.has(keyword)) continue;
    if (keyword === '$id' && pointer === '#') continue;
    const place = pointerTo(pointer, keyword);
    throw new ConstraintError(
      place,
      `The keyword ${JSON.stringify(keyword)} at ${place} is not supported.${remedy(keyword)}`,
    );
  }
}

function remedy(keyword: string): string {
  if (keyword === 'nullable')
    return ' JSON Schema says it with a list of types: ["string", "null"].';
  if (keyword === '$id') return ' Only the root may have one, and no $ref is resolved against it.';
  return ' Remove it, or say it with type, properties, items, enum, anyOf or $ref.';
}

/** A keyword's value, or `undefined` where the schema has none. */
export function keywordOf({ schema }: SchemaNode, keyword: string): JsonValue | undefined {
  if (typeof schema === 'boolean' || !Object.hasOwn(schema, keyword)) return undefined;
  return schema[keyword];
}

export function numberOf(node: SchemaNode, keyword: string): number | undefined {
  const value = keywordOf(node, keyword);
  if (value === undefined || typeof value === 'number') return value;
  throw malformed(node, keyword, 'a number');
}

/** A length or count. */
export function countOf(node: SchemaNode, keyword: string): number | undefined {
  const value = numberOf(node, keyword);
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
  throw malformed(node, keyword, 'a whole number from 0 on');
}

export function textOf(node: SchemaNode, keyword: string): string | undefined {
  const value = keywordOf(node, keyword);
  if (value === undefined || typeof value === 'string') return value;
  throw malformed(node, keyword, 'a text');
}

export function listOf(node: SchemaNode, keyword: string): readonly JsonValue[] | undefined {
  const value = keywordOf(node, keyword);
  if (value === undefined || isList(value)) return value;
  throw malformed(node, keyword, 'a list');
}

export function textsOf(node: SchemaNode, keyword: string): readonly string[] | undefined {
  const list = listOf(node, keyword);
  if (list === undefined || list.every((item) => typeof item === 'string')) return list;
  throw malformed(node, keyword, 'a list of texts');
}

/** The names of the schemas in an object. */
export function namesOf(node: SchemaNode, keyword: string): string[] {
  const value = keywordOf(node, keyword);
  if (value === undefined) return [];
  if (typeof value === 'object' && value !== null && !isList(value)) return Object.keys(value);
  throw malformed(node, keyword, 'an object of schemas');
}

export function malformed(node: SchemaNode, keyword: string, wanted: string): ConstraintError {
  const place = pointerTo(node.pointer, keyword);
  return new ConstraintError(place, `${keyword} at ${place} must be ${wanted}.`);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
