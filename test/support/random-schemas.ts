import type { JsonSchema } from '../../src/spec/index.ts';
import { pick, type Random } from './grammar-sampler.ts';

/** Random JSON schemas of the supported kind, and values that are likely to fit them. */

type SchemaObject = { readonly [keyword: string]: unknown };

const names = ['a', 'b', 'kind', 'x-1', 'é"', 'a\\b'];
const strings = ['', 'a', 'ab', 'abc', 'x1', 'y"z', '\\n\n', 'é😀', 'no', '2024-02-29', '1.2.3.4'];
const numbers = [-3, -1, 0, 1, 2, 3, 5, 10, 24, 100, -0.5, 0.25, 0.5, 1.5, 2.75, 99.9];
const patterns = [
  '^a',
  'b$',
  '^(?!a)',
  '(^x|c$)',
  '^[a-z]{1,3}$',
  'x|y',
  '^.*[0-9]$',
  '\\S',
  '^(ab?c?)*$',
  '[^a]',
];
const patternNames = ['^x', '[a-b]$', '^é'];
const formats = ['date', 'ipv4', 'uuid', 'time', 'hostname'];

/** A schema whose parts may refer to `#/$defs/tree` and `#/$defs/word`. */
export function randomSchema(random: Random): JsonSchema {
  const root = randomPart(random, 3);
  return {
    ...(typeof root === 'object' ? root : { allOf: [root] }),
    $defs: {
      word: { type: 'string', minLength: 1, maxLength: 4 },
      tree: {
        type: 'object',
        properties: { kind: randomPart(random, 1), a: { $ref: '#/$defs/tree' } },
        required: ['kind'],
        additionalProperties: false,
      },
    },
  };
}

function randomPart(random: Random, depth: number): JsonSchema {
  const kinds = depth > 0 ? [...leaves, ...leaves, ...branches] : leaves;
  return pick(random, kinds)(random, depth - 1);
}

type Maker = (random: Random, depth: number) => JsonSchema;

const leaves: readonly Maker[] = [
  (random) => random() < 0.8,
  (random) => ({ type: pick(random, ['null', 'boolean', 'string', 'number', 'integer']) }),
  (random) => ({ type: ['string', 'null'], ...some(random, stringKeywords) }),
  (random) => ({ type: 'string', ...some(random, stringKeywords) }),
  (random) => ({ type: pick(random, ['number', 'integer']), ...some(random, numberKeywords) }),
  (random) => ({ ...some(random, stringKeywords), ...some(random, numberKeywords) }),
  (random) => ({ const: randomValue(random, 1) }),
  (random) => ({
    enum: several(random, 4, () => randomValue(random, 1)),
    ...some(random, numberKeywords),
    ...(random() < 0.3 && { type: pick(random, ['string', 'number', 'integer', 'object']) }),
  }),
  (random) => ({ $ref: pick(random, ['#/$defs/word', '#/$defs/tree']) }),
];

const branches: readonly Maker[] = [
  randomObject,
  randomObject,
  (random, depth) => ({
    ...(randomObject(random, depth) as SchemaObject),
    type: ['object', 'null'],
  }),
  (random, depth) => ({
    ...(random() < 0.8 && { type: 'array' }),
    ...(random() < 0.5 && { prefixItems: several(random, 3, () => randomPart(random, depth)) }),
    ...(random() < 0.7 && { items: randomPart(random, depth) }),
    ...(random() < 0.4 && { minItems: Math.floor(random() * 4) }),
    ...(random() < 0.4 && { maxItems: Math.floor(random() * 5) }),
  }),
  (random, depth) => ({
    type: 'array',
    items: randomPart(random, depth),
    contains: randomPart(random, depth),
    ...(random() < 0.4 && { minItems: Math.floor(random() * 4) }),
    ...(random() < 0.4 && { maxItems: Math.floor(random() * 5) }),
    ...(random() < 0.3 && { minContains: Math.floor(random() * 3) }),
  }),
  (random) => ({
    type: 'array',
    items: { enum: several(random, 4, () => randomValue(random, 0)) },
    uniqueItems: true,
    ...(random() < 0.4 && { minItems: Math.floor(random() * 3) }),
    ...(random() < 0.4 && { maxItems: Math.floor(random() * 4) }),
  }),
  (random, depth) => ({
    ...(random() < 0.5 && { allOf: [randomPart(random, depth)] }),
    not: randomPart(random, depth),
  }),
  (random, depth) => ({
    ...(random() < 0.5 && { allOf: [randomObject(random, depth)] }),
    ...Object.fromEntries([
      ['if', randomObject(random, 0)],
      ...(random() < 0.8 ? [['then', randomObject(random, depth)]] : []),
      ...(random() < 0.6 ? [['else', randomObject(random, depth)]] : []),
    ]),
  }),
  (random, depth) => ({ anyOf: several(random, 3, () => randomPart(random, depth)) }),
  (random, depth) => ({
    ...(randomObject(random, depth) as SchemaObject),
    anyOf: several(random, 2, () => randomObject(random, 0)),
  }),
  (random, depth) => ({ allOf: several(random, 2, () => randomPart(random, depth)) }),
  (random, depth) => ({ allOf: several(random, 2, () => randomObject(random, depth)) }),
  (random, depth) => ({ oneOf: several(random, 3, () => randomPart(random, depth)) }),
  (random, depth) => ({
    oneOf: ['left', 'right'].map((kind) => ({
      type: 'object',
      properties: { kind: { const: kind }, b: randomPart(random, depth) },
      required: ['kind'],
    })),
  }),
];

function randomObject(random: Random, depth: number): JsonSchema {
  const own = names.filter(() => random() < 0.4);
  const [isClosed, hasPatterns] = [random() < 0.5, random() < 0.15];
  return {
    ...(random() < 0.8 && { type: 'object' }),
    properties: Object.fromEntries(own.map((name) => [name, randomPart(random, depth)])),
    ...(random() < 0.6 && { required: names.filter(() => random() < 0.15) }),
    ...(isClosed && { additionalProperties: false }),
    ...(!isClosed && random() < 0.2 && { additionalProperties: randomPart(random, depth) }),
    ...(hasPatterns && {
      patternProperties: { [pick(random, patternNames)]: randomPart(random, depth) },
    }),
    // Several that are not named count as one: their names may be written twice.
    ...(random() < 0.1 && {
      minProperties: Math.floor(random() * (isClosed && !hasPatterns ? 3 : 2)),
    }),
    ...(random() < 0.1 && { maxProperties: Math.floor(random() * 4) }),
    ...(random() < 0.1 && { propertyNames: pick(random, namesKeywords) }),
    ...(random() < 0.1 && {
      dependentRequired: { [pick(random, names)]: names.filter(() => random() < 0.2) },
    }),
    ...(random() < 0.1 && {
      dependentSchemas: {
        [pick(random, names)]: { properties: { [pick(random, names)]: randomPart(random, 0) } },
      },
    }),
  };
}

const namesKeywords = [
  { maxLength: 2 },
  { pattern: '^[a-z]' },
  { enum: names },
  { not: { const: 'a' } },
];

function stringKeywords(random: Random): SchemaObject {
  const min = Math.floor(random() * 4);
  return pick<SchemaObject>(random, [
    { minLength: min },
    { maxLength: min + 1 },
    { minLength: min, maxLength: min + Math.floor(random() * 3) },
    { pattern: pick(random, patterns) },
    { pattern: pick(random, patterns), maxLength: min + 2 },
    { format: pick(random, formats) },
  ]);
}

function numberKeywords(random: Random): SchemaObject {
  const bound = pick(random, numbers);
  return pick<SchemaObject>(random, [
    { minimum: bound },
    { maximum: bound },
    { exclusiveMinimum: bound, maximum: bound + 20 },
    { minimum: bound, exclusiveMaximum: bound + 0.5 },
    { multipleOf: pick(random, [1, 2, 5, 8, 10, 25, 0.5, 0.25, 0.1]) },
    { minimum: -10, maximum: bound, multipleOf: pick(random, [3, 7, 0.5]) },
  ]);
}

function some(random: Random, make: (random: Random) => SchemaObject): SchemaObject {
  return random() < 0.6 ? make(random) : {};
}

function several<T>(random: Random, max: number, make: () => T): T[] {
  return Array.from({ length: 1 + Math.floor(random() * max) }, make);
}

/** Any value, its texts and numbers from those that the schemas use too. */
function randomValue(random: Random, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 7 : 5));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return pick(random, strings);
  if (kind <= 4) return pick(random, numbers);
  if (kind === 5) return several(random, 3, () => randomValue(random, depth - 1)).slice(1);
  const own = names.filter(() => random() < 0.4);
  return Object.fromEntries(own.map((name) => [name, randomValue(random, depth - 1)]));
}

/**
 * A value that the schema may accept: every part of it is meant to fit, now and then one is not.
 * Properties are in the order in which the compiler writes them.
 */
export function likelyValue(
  schema: JsonSchema,
  root: JsonSchema,
  random: Random,
  depth = 4,
): unknown {
  const parts = partsOf(schema, root, random, 8);
  if (parts.length === 0 || depth === 0 || random() < 0.05) return randomValue(random, 1);
  const listed = parts.flatMap((part) =>
    'const' in part ? [part['const']] : ((part['enum'] as unknown[] | undefined) ?? []),
  );
  if (listed.length > 0) return pick(random, listed);
  const keywords = new Set(parts.flatMap((part) => Object.keys(part)));
  const type = typeOf(parts, keywords, random);
  const inner = (children: readonly JsonSchema[]): unknown =>
    likelyValue({ allOf: children }, root, random, depth - 1);
  if (type === 'object') return likelyObject(parts, random, inner);
  if (type === 'array') return likelyArray(parts, random, inner);
  if (type === 'null') return null;
  if (type === 'boolean') return random() < 0.5;
  if (type === 'string') return pick(random, strings);
  return type === 'integer' ? Math.floor(pick(random, numbers)) : pick(random, numbers);
}

function typeOf(
  parts: readonly SchemaObject[],
  keywords: ReadonlySet<string>,
  random: Random,
): string {
  const types = parts.flatMap((part) => part['type'] ?? []);
  if (types.length > 0) return pick(random, types) as string;
  if (keywords.has('properties')) return 'object';
  return keywords.has('items') || keywords.has('prefixItems') ? 'array' : 'string';
}

/** The schema objects that hold for one value, one option of each choice, in the compiler's order. */
function partsOf(
  schema: JsonSchema,
  root: JsonSchema,
  random: Random,
  depth: number,
): SchemaObject[] {
  if (typeof schema === 'boolean' || depth === 0) return [];
  const deeper = (child: unknown): SchemaObject[] =>
    partsOf(child as JsonSchema, root, random, depth - 1);
  const { allOf, anyOf, oneOf } = schema as Record<string, JsonSchema[] | undefined>;
  const target = schema['$ref'] as string | undefined;
  const definitions = (root as SchemaObject)['$defs'] as SchemaObject;
  return [
    ...(hasAssertion(schema) ? [schema] : []),
    ...(target === undefined ? [] : deeper(definitions[target.split('/').at(-1)!])),
    ...(allOf ?? []).flatMap(deeper),
    ...(anyOf === undefined ? [] : deeper(pick(random, anyOf))),
    ...(oneOf === undefined ? [] : deeper(pick(random, oneOf))),
  ];
}

function hasAssertion(schema: SchemaObject): boolean {
  return Object.keys(schema).some(
    (key) => !['$ref', 'allOf', 'anyOf', 'oneOf', '$defs'].includes(key),
  );
}

function likelyObject(
  parts: readonly SchemaObject[],
  random: Random,
  inner: (children: readonly JsonSchema[]) => unknown,
): unknown {
  const properties = parts.map((part) => (part['properties'] ?? {}) as Record<string, JsonSchema>);
  const required = parts.flatMap((part) => (part['required'] ?? []) as string[]);
  const known = new Set([...properties.flatMap((own) => Object.keys(own)), ...required]);
  const value: Record<string, unknown> = {};
  for (const name of known) {
    if (!required.includes(name) && random() < 0.4) continue;
    value[name] = inner(properties.flatMap((own) => (name in own ? [own[name]!] : [])));
  }
  const extra = pick(random, ['other', 'x', 'b', 'é', 'a"']);
  if (!known.has(extra) && random() < 0.3) {
    value[extra] = inner(parts.flatMap((part) => given(part['additionalProperties'])));
  }
  return value;
}

function likelyArray(
  parts: readonly SchemaObject[],
  random: Random,
  inner: (children: readonly JsonSchema[]) => unknown,
): unknown {
  const least = Math.max(0, ...parts.map((part) => (part['minItems'] ?? 0) as number));
  return Array.from({ length: least + Math.floor(random() * 3) }, (_, i) =>
    inner(
      parts.flatMap((part) => {
        const prefix = (part['prefixItems'] ?? []) as JsonSchema[];
        return given(prefix[i] ?? part['items']);
      }),
    ),
  );
}

function given(schema: unknown): JsonSchema[] {
  return schema === undefined ? [] : [schema as JsonSchema];
}
