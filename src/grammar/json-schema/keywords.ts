import { editDistance } from '../../faults/index.ts';
import { ConstraintError } from '../../spec/index.ts';
import { pointerTo, type SchemaDocument, type SchemaNode, type SchemaObject } from './document.ts';
import type { JsonValue } from './json.ts';

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
  '$vocabulary',
  // Names of places, and places for schemas, that $ref refers to.
  '$id',
  'id',
  '$anchor',
  '$defs',
  'definitions',
]);

/** Keywords that apply schemas to the same value. */
const applicators: ReadonlySet<string> = new Set([
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependencies',
  'dependentRequired',
  'dependentSchemas',
]);

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
  'contains',
  'minContains',
  'maxContains',
  'properties',
  'patternProperties',
  'additionalProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'required',
]);

/** Keywords of the standard that say something, and what to write instead. */
const unsupported: ReadonlyMap<string, string> = new Map([
  ['unevaluatedProperties', 'Use additionalProperties in a schema that names all properties.'],
  ['unevaluatedItems', 'Use items, prefixItems and maxItems.'],
  ['$dynamicRef', 'Use $ref.'],
  ['$dynamicAnchor', 'Use $anchor and $ref.'],
  ['$recursiveRef', 'Use $ref.'],
  ['$recursiveAnchor', 'Use $ref.'],
]);

const known: ReadonlySet<string> = new Set([
  ...annotations,
  ...applicators,
  ...assertions,
  ...unsupported.keys(),
]);

export function isAnnotation(keyword: string): boolean {
  return annotations.has(keyword) || !known.has(keyword);
}

/** Whether the schema says more of a value than the schemas that it applies. */
export function hasAssertions(schema: SchemaObject): boolean {
  return Object.keys(schema).some((keyword) => assertions.has(keyword));
}

/**
 * Keywords that the standard does not know ask nothing; the document notes them.
 * @throws ConstraintError for the first keyword that is not supported, and for one that is almost surely another
 *   one, mistyped; of a strict document also for one that the standard does not know.
 */
export function checkKeywords(document: SchemaDocument, { pointer, schema }: SchemaNode): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const remedy = unsupported.get(keyword);
    const place = () => pointerTo(pointer, keyword);
    if (remedy !== undefined) {
      throw new ConstraintError(
        place(),
        `The keyword ${JSON.stringify(keyword)} at ${place()} is not supported. ${remedy}`,
      );
    }
    if (known.has(keyword) || keyword.startsWith(extensionPrefix)) continue;
    const meant = meantBy(keyword, value);
    if (meant !== undefined) {
      throw new ConstraintError(
        place(),
        `The keyword ${JSON.stringify(keyword)} at ${place()} is none of JSON Schema, and would ask nothing. Did ` +
          `you mean \`${meant}\`? An annotation of your own may begin with x-.`,
      );
    }
    document.ignore(
      place(),
      `The keyword ${JSON.stringify(keyword)} at ${place()} is none of JSON Schema.`,
    );
  }
}

/** Names of extensions by convention. */
const extensionPrefix = 'x-';

/** Shorter names are too near to too many others. */
const shortestMistyped = 6;
const mostEdits = 2;

/**
 * The keyword that a name almost surely stands for: at most two edits away, and at most a third of its letters, and with a value that
 * the keyword could have.
 */
function meantBy(name: string, value: JsonValue): string | undefined {
  if (name.length < shortestMistyped || !/^[a-z]/i.test(name)) return undefined;
  const edits = Math.min(mostEdits, Math.floor(name.length / 3));
  if (name.length > longestKeyword + edits) return undefined;
  let [nearest, distance]: [string | undefined, number] = [undefined, edits + 1];
  for (const keyword of mistakable) {
    if (Math.abs(keyword.length - name.length) >= distance) continue;
    const edited = editDistance(name, keyword);
    if (edited < distance) [nearest, distance] = [keyword, edited];
  }
  return nearest !== undefined && couldHave(nearest, value) ? nearest : undefined;
}

const types: ReadonlySet<unknown> = new Set([
  'null',
  'boolean',
  'integer',
  'number',
  'string',
  'array',
  'object',
]);
const counting = /^(?:min|max|exclusive|multiple)/;
const textual = /^(?:pattern|format|\$.*)$/;
const listing: ReadonlySet<string> = new Set([
  'enum',
  'required',
  'items',
  'prefixItems',
  'allOf',
  'anyOf',
  'oneOf',
]);

/** Whether a keyword could have the value, in some draft: `multiple: true` is no mistyped `multipleOf`. */
function couldHave(keyword: string, value: JsonValue): boolean {
  if (keyword === 'const') return true;
  if (keyword === 'type') return isList(value) || types.has(value);
  if (typeof value === 'number') return counting.test(keyword);
  if (typeof value === 'string') return textual.test(keyword);
  if (isList(value)) return listing.has(keyword);
  if (counting.test(keyword)) return typeof value === 'boolean' && keyword.startsWith('exclusive');
  const isFlag = typeof value === 'boolean';
  return (
    value !== null &&
    !textual.test(keyword) &&
    keyword !== 'enum' &&
    (isFlag || !['required', 'uniqueItems'].includes(keyword))
  );
}

const mistakable = [...assertions, ...applicators, ...unsupported.keys()];
const longestKeyword = Math.max(...mistakable.map(({ length }) => length));

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
