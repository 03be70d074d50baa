import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { ConstraintError, type JsonSchema } from '../../spec/index.ts';
import { compileJsonSchema } from './index.ts';
import { schemaLimits } from './limits.ts';

function refusal(schema: JsonSchema): ConstraintError {
  try {
    compileJsonSchema(schema);
  } catch (error) {
    if (error instanceof ConstraintError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(schema)} was compiled.`);
}

function nested(depth: number): JsonSchema {
  let schema: JsonSchema = { type: 'null' };
  for (let i = 0; i < depth; i++) schema = { items: schema };
  return schema;
}

function withProperties(count: number): JsonSchema {
  const names = Array.from({ length: count }, (_, i) => `p${i}`);
  return { properties: Object.fromEntries(names.map((name) => [name, true])) };
}

const cyclic: Record<string, unknown> = { type: 'object' };
cyclic['properties'] = { a: { items: cyclic } };

const inside = (keyword: string, value: unknown = 3): JsonSchema => ({
  properties: {
    'a/b': {
      anyOf: [
        { type: 'null' },
        JSON.parse(
          `{"type": "string", ${JSON.stringify(keyword)}: ${JSON.stringify(value)}}`,
        ) as JsonSchema,
      ],
    },
  },
});
const placeInside = (keyword: string): string => `#/properties/a~1b/anyOf/1/${keyword}`;

describe('keywords', () => {
  it.each([
    'unevaluatedProperties',
    'unevaluatedItems',
    '$dynamicRef',
    '$recursiveRef',
    '$dynamicAnchor',
  ])('%s is not supported: it is named, with its place', (keyword) => {
    const error = refusal(inside(keyword));
    expect(error.path).toBe(placeInside(keyword));
    expect(error.message).toContain(keyword);
  });

  it.each([
    ['maxLenght', 3, 'maxLength'],
    ['requried', ['a'], 'required'],
    ['Minimum', 3, 'minimum'],
    ['addtionalProperties', false, 'additionalProperties'],
    ['uniqueItem', true, 'uniqueItems'],
    ['formats', 'date', 'format'],
    ['patern', 'a', 'pattern'],
    ['dependancies', {}, 'dependencies'],
    ['prefixItem', [true], 'prefixItems'],
    ['exclusivMinimum', true, 'exclusiveMinimum'],
  ])('%s: %j is almost surely mistyped', (keyword, value, meant) => {
    const error = refusal(inside(keyword, value));
    expect(error.path).toBe(placeInside(keyword));
    expect(error.message).toContain(`Did you mean \`${meant}\`?`);
  });

  it.each([
    'nullable',
    'typo',
    '__proto__',
    '_format',
    '_uniqueItems',
    '@type',
    '//',
    'min',
    'note',
    'enum2',
    'readonly',
    'javaType',
    'x'.repeat(100_000),
  ])('%.20s is no keyword: it is ignored, and told', (keyword) => {
    const { ignored } = compileJsonSchema(inside(keyword));
    expect(ignored).toEqual([placeInside(keyword.replaceAll('/', '~1'))]);
    const strictly = () => compileJsonSchema(inside(keyword), { isStrict: true });
    expect(strictly).toThrow(ConstraintError);
    expect(strictly).toThrow('strict');
  });

  it.each([
    ['multiple', true],
    ['tsType', 'Job'],
    ['typeof', 'function'],
    ['formats', { a: 1 }],
    ['requires', { a: 1 }],
    ['minLenght', '3'],
    ['enums', true],
  ])('%s: %j is none either, as the keyword beside it has no such value', (keyword, value) => {
    expect(compileJsonSchema(inside(keyword, value)).ignored).toEqual([placeInside(keyword)]);
  });

  it('of extensions by convention are not told', () => {
    const schema = { 'x-order': 3, title: 'a', $comment: 'b', type: 'string' };
    expect(compileJsonSchema(schema, { isStrict: true }).ignored).toEqual([]);
  });

  it('format is ignored and told where it is unknown, and a bound where it is of integers', () => {
    expect(compileJsonSchema({ type: 'string', format: 'colour' }).ignored).toEqual(['#/format']);
    const { ignored, ...grammar } = compileJsonSchema({ type: 'integer', format: 'int32' });
    expect(ignored).toEqual([]);
    expect(matchesGrammar(grammar, '2147483647')).toBe(true);
    expect(matchesGrammar(grammar, '2147483648')).toBe(false);
  });

  it('that nothing refers to are not looked at', () => {
    expect(compileJsonSchema({ type: 'null', $defs: { a: { typo: 1 } } }).ignored).toEqual([]);
  });
});

describe('what cannot be used', () => {
  it.each<[JsonSchema, string, string]>([
    [{ items: { uniqueItems: true } }, '#/items', 'remembered'],
    [{ uniqueItems: true, items: { enum: [...Array(11).keys()] } }, '#', 'at most 10 values'],
    [{ contains: true, prefixItems: [true] }, '#', 'not beside prefixItems'],
    [{ not: { patternProperties: { a: false } } }, '#/not', 'patternProperties'],
    [{ contains: true, maxContains: 1 }, '#/maxContains', 'maxContains'],
    [{ not: { const: [1] } }, '#/not', 'values of type array'],
    [
      { minProperties: 2, not: { additionalProperties: false } },
      '# & #/not',
      'more than one thing',
    ],
    [{ pattern: '((?!a)b)*' }, '#/pattern', 'pattern at #/pattern'],
    [{ pattern: '(' }, '#/pattern', 'pattern at #/pattern'],
    [{ patternProperties: { '(?<!a)': true } }, '#/patternProperties/(?<!a)', 'cannot be used'],
    [{ type: 'integer', multipleOf: 101 }, '#', 'multiples of 101 '],
    [
      { patternProperties: Object.fromEntries(Array.from('abcdef', (each) => [each, {}])) },
      '#',
      '6 patterns hold',
    ],
    [{ type: 'number', multipleOf: 0.3 }, '#', 'multiples of 3e-1 '],
    [{ $ref: 'other.json' }, '#/$ref', 'schema itself'],
    [{ $ref: 'https://example.com/schema#/a' }, '#/$ref', 'schema itself'],
    [{ $ref: '#name' }, '#/$ref', 'JSON pointer'],
    [{ $ref: '#/$defs/missing' }, '#/$ref', 'leads nowhere'],
    [{ $ref: '#/$defs/toString', $defs: {} }, '#/$ref', 'leads nowhere'],
    [{ $ref: '#/%zz' }, '#/$ref', 'percent'],
    [{ $ref: 7 }, '#/$ref', 'no text'],
    [{ $ref: '#/title', title: 'a' }, '#/title', 'is no schema'],
  ])('%j', (schema, path, message) => {
    const error = refusal(schema);
    expect(error.path).toBe(path);
    expect(error.message).toContain(message);
  });
});

describe('malformed keywords', () => {
  it.each<[JsonSchema, string]>([
    [{ type: 'any' }, '#/type'],
    [{ type: [] }, '#/type'],
    [{ type: ['string', 3] }, '#/type'],
    [{ enum: 'a' }, '#/enum'],
    [{ minLength: -1 }, '#/minLength'],
    [{ maxItems: 1.5 }, '#/maxItems'],
    [{ minimum: '3' }, '#/minimum'],
    [{ exclusiveMinimum: 'a', minimum: 3 }, '#/exclusiveMinimum'],
    [{ dependentRequired: { a: [1] } }, '#/dependentRequired/a'],
    [{ dependentSchemas: { a: 1 } }, '#/dependentSchemas/a'],
    [{ not: 3 }, '#/not'],
    [{ minProperties: 0.5 }, '#/minProperties'],
    [{ multipleOf: 0 }, '#/multipleOf'],
    [{ required: 'a' }, '#/required'],
    [{ required: [1] }, '#/required'],
    [{ properties: [] }, '#/properties'],
    [{ properties: { a: 3 } }, '#/properties/a'],
    [{ items: null }, '#/items'],
    [{ items: [true], prefixItems: [true] }, '#/items'],
    [{ anyOf: [] }, '#/anyOf'],
    [{ allOf: {} }, '#/allOf'],
    [{ pattern: 3 }, '#/pattern'],
    [null as unknown as JsonSchema, '#'],
    [[] as unknown as JsonSchema, '#'],
    ['string' as unknown as JsonSchema, '#'],
  ])('%j', (schema, path) => {
    expect(refusal(schema).path).toBe(path);
  });
});

describe('schemas that no value fits', () => {
  it.each<[JsonSchema, string, string]>([
    [false, '#', 'false'],
    [{ enum: [] }, '#', 'none of the values'],
    [{ type: 'string', enum: [1, 2] }, '#', 'none of the values'],
    [{ enum: [1, 2], minimum: 3 }, '#', 'none of the values'],
    [{ type: 'string', minLength: 3, maxLength: 2 }, '#', 'minLength 3 is more than maxLength 2'],
    [{ type: 'integer', minimum: 3, maximum: 2 }, '#', 'bounds'],
    [{ type: 'integer', exclusiveMinimum: 2, exclusiveMaximum: 3 }, '#', 'bounds'],
    [{ type: 'number', exclusiveMinimum: 2, maximum: 2 }, '#', 'bounds'],
    [{ type: 'number', exclusiveMinimum: 0, maximum: 1e-20 }, '#', 'can be written'],
    [{ type: 'integer', minimum: 1e17 }, '#', 'can be written'],
    [{ type: 'integer', minimum: 1, maximum: 6, multipleOf: 7 }, '#', 'steps'],
    [{ type: 'array', minItems: 2, maxItems: 1 }, '#', 'minItems 2'],
    [{ type: 'array', items: false, minItems: 1 }, '#/items', 'false'],
    [
      { type: 'object', properties: { a: false }, required: ['a'] },
      '#/properties/a',
      'the schema is false',
    ],
    [
      { type: 'object', properties: {}, additionalProperties: false, required: ['a'] },
      '#/additionalProperties',
      'false',
    ],
    [{ allOf: [{ type: 'string' }, { type: 'number' }] }, '#', 'types exclude each other'],
    [{ anyOf: [false, { type: 'null', const: 1 }] }, '#', 'none of the values'],
    [
      {
        type: 'object',
        properties: { leaf: { type: 'null' }, a: { $ref: '#' } },
        required: ['leaf', 'a'],
      },
      '#',
      'without end',
    ],
    [
      { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] },
      '#',
      'value of its own kind, without end',
    ],
    [
      { type: 'array', items: { anyOf: [{ $ref: '#' }, false] }, minItems: 1 },
      '#/items',
      'without end',
    ],
    [{ $ref: '#' }, '#', 'circle'],
    [{ anyOf: [{ $ref: '#' }, { type: 'null' }] }, '#', 'without end'],
    [{ $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } } }, '#/$defs/a', 'end'],
  ])('%j', (schema, path, message) => {
    const error = refusal(schema);
    expect(error.message).toContain(message);
    expect(error.path).toBe(path);
  });
});

describe('schemas beyond the limits', () => {
  it.each<[string, () => JsonSchema, string]>([
    ['depth', () => nested(10_000), `deeper than ${schemaLimits.depth}`],
    ['a cycle', () => cyclic, 'contains itself, at #/properties/a/items'],
    ['nodes', () => ({ enum: Array.from({ length: 300_000 }, (_, i) => i) }), 'values'],
    ['characters', () => ({ description: 'x'.repeat(11_000_000) }), 'characters'],
    ['long names', () => ({ ['x'.repeat(11_000_000)]: 1 }), 'characters'],
    [
      'shared parts, multiplied',
      () => {
        let schema: JsonSchema = { type: 'null' };
        for (let i = 0; i < 60; i++) schema = { anyOf: [schema, schema] };
        return schema;
      },
      'values',
    ],
    [
      'alternatives, multiplied',
      () => ({
        allOf: Array.from({ length: 12 }, (_, i) => ({
          anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }],
        })),
      }),
      'alternatives',
    ],
    [
      'pairs of alternatives',
      () => {
        const anyOf = Array.from({ length: 900 }, (_, i) => ({ const: i }));
        return { allOf: [{ anyOf }, { anyOf }] };
      },
      'pairs of them in all',
    ],
    [
      'a chain of references',
      () => ({
        $ref: '#/$defs/d0',
        $defs: Object.fromEntries(
          Array.from({ length: 2000 }, (_, i) => [`d${i}`, { $ref: `#/$defs/d${i + 1}` }]),
        ),
      }),
      'references',
    ],
    [
      'a chain of unions',
      () => ({
        $ref: '#/$defs/d0',
        $defs: Object.fromEntries(
          Array.from({ length: 2000 }, (_, i) => [
            `d${i}`,
            { anyOf: [{ $ref: `#/$defs/d${i + 1}` }] },
          ]),
        ),
      }),
      'apply one another',
    ],
    [
      'oneOf',
      () => ({ oneOf: Array.from({ length: 300 }, (_, i) => ({ const: i })) }),
      'at most 128',
    ],
    ['optional properties', () => withProperties(1001), 'has 1001 optional properties'],
    [
      'optional properties, together',
      () => ({
        allOf: [withProperties(1000), { properties: { a: true, b: true } }],
        required: ['b'],
      }),
      'has 1001 optional properties',
    ],
    ['very many of them', () => withProperties(150_000), 'has 150000 optional properties'],
    ['a number that is none', () => ({ minimum: Number.NaN }), 'NaN, at #/minimum'],
    ['undefined', () => ({ items: undefined }), 'of type undefined, at #/items'],
    ['a function', () => ({ default: () => 1 }), 'of type function'],
    ['an array with a hole', () => ({ enum: Array.from({ length: 1 }) }), 'undefined, at #/enum/0'],
    ['an object of a class', () => ({ default: new Map() }), 'no plain JSON at #/default'],
  ])('%s', (_, schema, message) => {
    expect(refusal(schema()).message).toContain(message);
  });

  it('holds for what is large, but in use', { tags: ['slow'] }, () => {
    const chain = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [
        `d${i}`,
        {
          type: 'object',
          properties: { next: i < 2999 ? { $ref: `#/$defs/d${i + 1}` } : { type: 'null' } },
          required: ['next'],
        },
      ]),
    );
    expect(compileJsonSchema({ $ref: '#/$defs/d0', $defs: chain }).rules.size).toBeGreaterThan(
      3000,
    );
    expect(compileJsonSchema(nested(schemaLimits.depth - 2)).rules.size).toBeGreaterThan(
      schemaLimits.depth / 2,
    );
  });

  it('does not backtrack over values', () => {
    const schema = { pattern: '^(a*)*(a|aa)+$', enum: [`${'a'.repeat(2000)}b`, 'aa'] };
    expect(compileJsonSchema(schema).rules.get('# values')).toEqual({ kind: 'text', text: '"aa"' });
  });
});
