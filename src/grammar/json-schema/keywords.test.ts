import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { createJudge } from '../../../test/support/schema-judge.ts';
import type { JsonSchema } from '../../spec/index.ts';
import { compileJsonSchema } from './index.ts';

interface Case {
  readonly schema: JsonSchema;
  readonly valid?: readonly unknown[];
  readonly invalid?: readonly unknown[];
}

/** One of every type, and neighbours that are easily mistaken for one another. */
const zoo = [null, true, false, 0, 1, -1, 1.5, '', '0', 'null', [], [0], {}, { a: 1 }];

/** What each keyword means, by the standard; values in the order in which properties are written. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  'true and {}': [
    { schema: true, valid: [...zoo, { a: { b: [{}, [[]]] } }] },
    { schema: {}, valid: zoo },
    { schema: { title: 'any', 'x-order': 3, default: 1, examples: [2], $comment: '' }, valid: zoo },
  ],
  type: [
    { schema: { type: 'null' }, valid: [null], invalid: [false, 0, '', 'null', [], {}] },
    { schema: { type: 'boolean' }, valid: [true, false], invalid: [null, 0, 1, 'true'] },
    { schema: { type: 'integer' }, valid: [0, -7, 123456], invalid: [1.5, '1', null, [1]] },
    { schema: { type: 'number' }, valid: [0, -7, 1.5, -0.25], invalid: ['1.5', null, true] },
    { schema: { type: 'string' }, valid: ['', 'a', '😀"\\\n\u0000'], invalid: [1, null, ['a']] },
    { schema: { type: 'array' }, valid: [[], [1, [2], {}]], invalid: [{}, '[]'] },
    { schema: { type: 'object' }, valid: [{}, { a: [1] }], invalid: [[], 'a'] },
    { schema: { type: ['integer', 'null'] }, valid: [1, null], invalid: [1.5, '1', {}] },
    { schema: { type: ['integer', 'number'] }, valid: [1, 1.5], invalid: ['1'] },
    { schema: { type: ['array'] }, valid: [[]], invalid: [{}] },
  ],
  'enum and const': [
    { schema: { enum: [1, 'a', null, [1, { b: 2 }]] }, valid: [1, 'a', null, [1, { b: 2 }]] },
    { schema: { enum: [1, 'a'] }, invalid: [2, 'b', null, '1', [1], [], {}] },
    { schema: { const: { a: [true], b: 'é"' } }, valid: [{ a: [true], b: 'é"' }] },
    { schema: { const: { a: 1 } }, invalid: [{}, { a: 2 }, { a: 1, b: 1 }, 1] },
    { schema: { const: false }, valid: [false], invalid: [0, null, 'false', []] },
    { schema: { const: 1 }, valid: [1.0], invalid: [true, '1', 10] },
    { schema: { const: '\ud800' }, valid: ['\ud800'], invalid: ['', 'd800'] },
    { schema: { type: 'integer', enum: [1, 1.5, '1'] }, valid: [1], invalid: [1.5, '1'] },
    { schema: { enum: [1, 2, 3, 12], minimum: 2, multipleOf: 2 }, valid: [2, 12], invalid: [1, 3] },
    { schema: { enum: ['a', 'ab', '😀'], maxLength: 1 }, valid: ['a', '😀'], invalid: ['ab'] },
    { schema: { enum: ['ab', 'b', 5], pattern: '^a' }, valid: ['ab', 5], invalid: ['b'] },
    { schema: { enum: ['1.2.3.4', 'x'], format: 'ipv4' }, valid: ['1.2.3.4'], invalid: ['x'] },
    {
      schema: { enum: [{ a: 1 }, { a: 'x' }, {}], properties: { a: { type: 'string' } } },
      valid: [{ a: 'x' }, {}],
      invalid: [{ a: 1 }],
    },
    {
      schema: { enum: [[1, 2], [1], ['a']], items: { type: 'integer' }, minItems: 2 },
      valid: [[1, 2]],
      invalid: [[1], ['a']],
    },
    { schema: { enum: ['a', 'b'], const: 'b' }, valid: ['b'], invalid: ['a'] },
    {
      schema: { allOf: [{ enum: ['a', 'b', { x: 1, y: 2 }] }, { enum: [{ y: 2, x: 1 }, 'b'] }] },
      valid: ['b', { x: 1, y: 2 }],
      invalid: ['a'],
    },
  ],
  'bounds of integers': [
    {
      schema: { type: 'integer', minimum: 3, maximum: 120 },
      valid: [3, 9, 10, 99, 100, 119, 120],
      invalid: [2, 121, 130, 200, 1000, -3, 0, 4.5],
    },
    {
      schema: { type: 'integer', minimum: -105, maximum: -7 },
      valid: [-7, -10, -99, -105],
      invalid: [-6, -106, 7, 0, -1000],
    },
    {
      schema: { type: 'integer', exclusiveMinimum: -2, exclusiveMaximum: 2 },
      valid: [-1, 0, 1],
      invalid: [-2, 2],
    },
    { schema: { type: 'integer', minimum: 0.5, maximum: 2.5 }, valid: [1, 2], invalid: [0, 3] },
    { schema: { type: 'integer', minimum: 5 }, valid: [5, 9007199254740991], invalid: [4, -5] },
    { schema: { type: 'integer', maximum: -5 }, valid: [-5, -9007199254740991], invalid: [-4, 5] },
    { schema: { type: 'integer', minimum: 1, exclusiveMinimum: 1 }, valid: [2], invalid: [1] },
    { schema: { type: 'integer', maximum: 1e300, minimum: -1e300 }, valid: [0, -12] },
  ],
  'bounds of numbers': [
    {
      schema: { type: 'number', minimum: -1.5, maximum: 20.25 },
      valid: [-1.5, -1.49, -0.001, 0, 9, 20, 20.25, 20.2, 3.125],
      invalid: [-1.51, -2, 20.26, 20.3, 21, 100, -15],
    },
    {
      schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
      valid: [0.1, 0.000001, 0.999999999999999],
      invalid: [0, 1, -0.5, 1.5],
    },
    {
      schema: { type: 'number', exclusiveMinimum: 0.25, exclusiveMaximum: 0.375 },
      valid: [0.26, 0.3, 0.37, 0.3749, 0.2501],
      invalid: [0.25, 0.375, 0.2, 0.4, 0.38, 0.2499],
    },
    { schema: { minimum: 10 }, valid: [10, 10.5, 99, 'a', null, []], invalid: [9.99, -10, 0] },
    { schema: { maximum: -1.05 }, valid: [-1.05, -1.1, -2, -10], invalid: [-1.04, -1, 0, 2] },
    { schema: { type: 'number', maximum: 0 }, valid: [0, -0.1], invalid: [0.1] },
    { schema: { type: 'number', exclusiveMaximum: 0 }, valid: [-0.1, -5], invalid: [0] },
    { schema: { type: 'number', minimum: 1e-7, maximum: 2e-7 }, valid: [], invalid: [0, 1] },
  ],
  multipleOf: [
    { schema: { type: 'integer', multipleOf: 5 }, valid: [0, 5, -10, 1235], invalid: [1, 52, -4] },
    {
      schema: { type: 'number', multipleOf: 8 },
      valid: [0, 8, 1000, -16],
      invalid: [4, 1004, 0.5],
    },
    {
      schema: { type: 'integer', multipleOf: 7, minimum: -15, maximum: 30 },
      valid: [-14, -7, 0, 7, 28],
      invalid: [-15, 1, 30, 35],
    },
    {
      schema: { type: 'integer', multipleOf: 250 },
      valid: [0, 250, 1000, -750, 1250],
      invalid: [25, 50, 1025, 1200],
    },
    {
      schema: { type: 'integer', multipleOf: 1000 },
      valid: [0, -1000, 120000],
      invalid: [100, 1500],
    },
    { schema: { type: 'integer', multipleOf: 0.5 }, valid: [1, 2], invalid: [0.5] },
    {
      schema: { type: 'integer', multipleOf: 7 },
      valid: [0, 7, -14, 9_007_199_254_740_988],
      invalid: [1, -6, 9_007_199_254_740_989],
    },
    {
      schema: { multipleOf: 33, exclusiveMinimum: -70_000, maximum: 99_000 },
      valid: ['a', -69_993, 0, 99_000],
      invalid: [-70_026, 34, 99_033],
    },
    {
      schema: { type: 'number', multipleOf: 0.01 },
      valid: [0.07, 1.1, 3, -2.25],
      invalid: [0.005],
    },
    { schema: { type: 'number', multipleOf: 0.25 }, valid: [0.5, 1, 7.75], invalid: [0.1, 0.3] },
    {
      schema: { type: 'number', multipleOf: 0.5, exclusiveMinimum: 1, maximum: 3 },
      valid: [1.5, 2, 3],
      invalid: [1, 3.5, 1.75],
    },
    {
      schema: { allOf: [{ multipleOf: 4 }, { multipleOf: 10 }, { type: 'integer' }] },
      valid: [0, 20, 100],
      invalid: [4, 10, 30],
    },
    { schema: { multipleOf: 2 }, valid: ['a', null, 4], invalid: [3, 2.5] },
  ],
  'lengths of strings': [
    { schema: { type: 'string', minLength: 2 }, valid: ['ab', '😀"', 'abc'], invalid: ['', '😀'] },
    { schema: { type: 'string', maxLength: 2 }, valid: ['', '😀\n', '\\"'], invalid: ['abc'] },
    { schema: { minLength: 3 }, valid: [1, null, [], {}, 'abc'], invalid: ['ab'] },
    { schema: { type: 'integer', minLength: 3 }, valid: [1], invalid: ['abc'] },
    { schema: { minLength: 2.0, maxLength: 2 }, valid: ['ab'], invalid: ['a', 'abc'] },
  ],
  pattern: [
    { schema: { type: 'string', pattern: 'b' }, valid: ['b', 'abc'], invalid: ['', 'ac'] },
    { schema: { type: 'string', pattern: '^b' }, valid: ['b', 'bc\n'], invalid: ['ab', ''] },
    { schema: { type: 'string', pattern: '^a*$' }, valid: ['', 'aaa'], invalid: ['ab', 'a\n'] },
    { schema: { pattern: '^".\\\\$' }, valid: ['"a\\', '""\\', 7], invalid: ['"a', '"\n\\'] },
    { schema: { pattern: '^\\u0001\\t[^a]$' }, valid: ['\u0001\t\u001f', '\u0001\t😀'] },
    {
      schema: { type: 'string', pattern: 'a', minLength: 3, maxLength: 4 },
      valid: ['xxa', 'a"\\\n'],
      invalid: ['a', 'xxx', 'xxxxa'],
    },
    {
      schema: { allOf: [{ type: 'string', pattern: '^a' }, { pattern: 'z$' }] },
      valid: ['az', 'a z'],
      invalid: ['a', 'z', 'za'],
    },
  ],
  properties: [
    {
      schema: { properties: { a: { type: 'integer' }, b: { type: 'string' } } },
      valid: [{}, { a: 1 }, { b: '' }, { a: 1, b: '' }, { a: 1, c: null }, { c: [] }, [], 'x', 3],
      invalid: [{ a: '' }, { b: 1 }, { a: 1, b: 2 }],
    },
    {
      schema: { type: 'object', properties: { a: true, b: false } },
      valid: [{}, { a: 1 }, { c: 1 }],
      invalid: [{ b: 1 }, { a: 1, b: 1 }],
    },
    {
      schema: {
        type: 'object',
        properties: { 'a"b': { type: 'null' }, 'c\\d': true, '': true, 'é\n': { const: 1 } },
        additionalProperties: false,
      },
      valid: [{ 'a"b': null, 'é\n': 1 }, { '': 2 }, { 'c\\d': 0 }],
      invalid: [{ 'a"b': 1 }, { ab: null }, { 'é\n': 2 }],
    },
    {
      schema: { properties: JSON.parse('{"__proto__": {"type": "number"}, "toString": false}') },
      valid: [{}, JSON.parse('{"__proto__": 1}')],
      invalid: [{ toString: 1 }],
    },
  ],
  required: [
    {
      schema: {
        type: 'object',
        properties: { a: true, b: true, c: true },
        required: ['b'],
        additionalProperties: false,
      },
      valid: [{ b: 1 }, { a: 1, b: 2 }, { b: 1, c: 2 }, { a: 1, b: 2, c: 3 }],
      invalid: [{}, { a: 1 }, { a: 1, c: 3 }],
    },
    { schema: { required: ['x', 'y'] }, valid: [{ x: 1, y: 2 }, { x: 1, y: 2, z: 3 }, [], 1] },
    { schema: { required: ['x'] }, invalid: [{}, { y: 1 }] },
    {
      schema: { required: ['x'], additionalProperties: { type: 'integer' } },
      valid: [{ x: 1 }, { x: 1, y: 2 }],
      invalid: [{ x: 'a' }, { x: 1, y: 'a' }],
    },
  ],
  'additionalProperties and patternProperties': [
    {
      schema: { properties: { ab: true }, additionalProperties: { type: 'integer' } },
      valid: [{ ab: 'x' }, { a: 1 }, { ab: '', abc: 2, b: 3 }],
      invalid: [{ a: 'x' }, { abc: null }],
    },
    { schema: { additionalProperties: false }, valid: [{}, [], 1], invalid: [{ a: 1 }] },
    {
      schema: {
        type: 'object',
        properties: { xy: { maximum: 5 } },
        patternProperties: { '^x': { type: 'integer' }, y$: { minimum: 3 } },
        additionalProperties: false,
      },
      valid: [{}, { xy: 4 }, { x: 1 }, { y: 3 }, { xay: 3 }, { y: 'text' }],
      invalid: [{ xy: 6 }, { xy: 2 }, { x: 1.5 }, { y: 2 }, { xay: 2 }, { z: 1 }, { xay: 'a' }],
    },
    {
      schema: { patternProperties: { '.': { type: 'null' } }, additionalProperties: { const: 1 } },
      valid: [{ a: null }, { '': 1 }, 2],
      invalid: [{ a: 1 }, { '': null }],
    },
    {
      schema: {
        patternProperties: {
          '^x-': { const: 1 },
          '^(a|b)$': { const: 2 },
          '^n[0-9]:': { const: 3 },
          '^m[0-9]:': { const: 4 },
          '^title_.*(en|de)$': { const: 5 },
          '^[cd]{2}$': { const: 6 },
          '^e$': { const: 7 },
          z$: { type: 'integer' },
        },
        additionalProperties: false,
      },
      valid: [{ 'x-': 1, a: 2, b: 2, 'n7:z': 3, 'm0:': 4, title_de: 5, dc: 6, e: 7 }, { z: 8 }],
      invalid: [{ a: 1 }, { c: 6 }, { 'n7:z': 1 }, { e: 6 }, { ab: 2 }, { 'x-z': 2 }, { ez: 'a' }],
    },
    { schema: { propertyNames: { type: 'string' } }, valid: [{ a: 1 }, {}] },
  ],
  'items of arrays': [
    { schema: { items: { type: 'integer' } }, valid: [[], [1], [1, 2], {}], invalid: [['a']] },
    { schema: { items: false }, valid: [[], {}], invalid: [[1]] },
    {
      schema: { type: 'array', prefixItems: [{ type: 'null' }, { type: 'boolean' }] },
      valid: [[], [null], [null, true], [null, true, 'x', 1]],
      invalid: [[true], [null, null]],
    },
    {
      schema: { type: 'array', prefixItems: [true, { const: 1 }], items: false, minItems: 1 },
      valid: [['a'], ['a', 1]],
      invalid: [[], ['a', 2], ['a', 1, 1]],
    },
    {
      schema: { type: 'array', prefixItems: [true, false], items: true },
      valid: [[], [1]],
      invalid: [[1, 2]],
    },
    {
      schema: { type: 'array', prefixItems: [true], items: { type: 'integer' }, minItems: 3 },
      valid: [
        ['a', 1, 2],
        ['a', 1, 2, 3],
      ],
      invalid: [
        ['a', 1],
        ['a', 1, 'b'],
      ],
    },
    { schema: { minItems: 2, maxItems: 3 }, valid: [[1, 2], [1, 2, 3], 'a'], invalid: [[1]] },
    { schema: { maxItems: 0 }, valid: [[]], invalid: [[1]] },
    { schema: { type: 'array', maxItems: 1 }, valid: [[], [1]], invalid: [[1, 2]] },
    { schema: { uniqueItems: false }, valid: [[1, 1]] },
  ],
  'anyOf, oneOf and allOf': [
    {
      schema: { anyOf: [{ type: 'integer' }, { minimum: 2 }, { const: 'a' }] },
      valid: [1, 2.5, 'a', 'b', null],
      invalid: [1.5],
    },
    {
      schema: { type: 'string', anyOf: [{ maxLength: 1 }, { minLength: 3 }] },
      valid: ['a', 'abc'],
      invalid: ['ab', 1],
    },
    {
      schema: { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }] },
      valid: ['a', 1, null],
      invalid: [1.5, true],
    },
    {
      schema: {
        oneOf: [
          {
            properties: { k: { const: 'a' }, v: { type: 'null' } },
            required: ['k'],
            type: 'object',
          },
          { properties: { k: { const: 'b' }, w: true }, required: ['k'], type: 'object' },
        ],
        discriminator: { propertyName: 'k' },
      },
      valid: [{ k: 'a', v: null }, { k: 'b', w: 1 }, { k: 'b' }],
      invalid: [{ k: 'c' }, {}, { k: 'a', v: 1 }],
    },
    {
      schema: {
        oneOf: [
          { type: 'number', maximum: 1 },
          { type: 'number', exclusiveMinimum: 1 },
        ],
      },
      valid: [0, 1, 2],
    },
    {
      schema: {
        oneOf: [
          { type: 'object', properties: { a: true }, required: ['a'], additionalProperties: false },
          { type: 'object', properties: { b: true }, required: ['b'] },
        ],
      },
      valid: [{ a: 1 }, { b: 1 }, { b: 1, c: 2 }],
      invalid: [{ a: 1, c: 2 }],
    },
    {
      schema: {
        allOf: [
          { properties: { a: { minimum: 2 } }, required: ['a'] },
          { properties: { a: { maximum: 5 }, b: { type: 'null' } }, type: 'object' },
        ],
      },
      valid: [{ a: 2 }, { a: 5, b: null }, { a: 'x' }],
      invalid: [{}, { a: 1 }, { a: 6 }, { a: 3, b: 1 }, []],
    },
    {
      schema: {
        allOf: [
          { type: 'object', properties: { a: true }, additionalProperties: false },
          { properties: { b: true } },
        ],
      },
      valid: [{}, { a: 1 }],
      invalid: [{ b: 1 }, { a: 1, b: 1 }],
    },
    {
      schema: {
        allOf: [{ prefixItems: [{ minimum: 2 }] }, { items: { maximum: 4 } }],
        type: 'array',
      },
      valid: [[], [3], [2, 1, 0]],
      invalid: [[1], [5], [3, 5]],
    },
    {
      schema: {
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
        properties: { a: true, b: true },
      },
      valid: [{ a: 1 }, { b: 1 }, { a: 1, b: 2 }, 'x'],
      invalid: [{}, { c: 1 }],
    },
    { schema: { anyOf: [false, { type: 'null' }] }, valid: [null], invalid: [1] },
  ],
  $ref: [
    {
      schema: { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false },
      valid: [{}, { next: {} }, { next: { next: {} } }],
      invalid: [{ next: 1 }, { next: { other: 1 } }],
    },
    {
      schema: {
        $defs: {
          'a/b~c%d': { type: 'integer' },
          list: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/pair' }] },
          pair: {
            type: 'array',
            prefixItems: [{ $ref: '#/$defs/a~1b~0c%25d' }, { $ref: '#/$defs/list' }],
            minItems: 2,
            items: false,
          },
        },
        $ref: '#/$defs/list',
      },
      valid: [null, [1, null], [1, [2, null]]],
      invalid: [[1], [null, null], [1, [2]], [1, 2]],
    },
    {
      schema: { definitions: { s: { type: 'string' } }, $ref: '#/definitions/s', maxLength: 1 },
      valid: ['a'],
      invalid: ['ab', 1],
    },
    {
      schema: {
        type: 'object',
        properties: { a: { type: 'null' }, b: { $ref: '#/properties/a' } },
      },
      valid: [{ b: null }],
      invalid: [{ b: 1 }],
    },
  ],
};

const formats: Readonly<Record<string, { valid: string[]; invalid: string[] }>> = {
  date: {
    valid: ['2024-02-29', '2000-02-29', '2023-12-31', '0001-01-01', '2023-04-30'],
    invalid: [
      '2023-02-29',
      '1900-02-29',
      '2100-02-29',
      '2023-04-31',
      '2023-13-01',
      '2023-00-10',
      '23-01-01',
      '2023-1-01',
    ],
  },
  time: {
    valid: ['00:00:00Z', '23:59:59.123Z', '12:30:00+05:30', '12:30:00-23:59'],
    invalid: ['24:00:00Z', '12:60:00Z', '12:00:00', '12:00Z', '12:00:00+24:00'],
  },
  'date-time': {
    valid: ['2024-02-29T12:00:00Z', '1999-12-31T23:59:59.5+01:00'],
    invalid: ['2024-02-30T12:00:00Z', '2024-02-29', '2024-02-29T12:00:00', '2024-02-29 12'],
  },
  duration: {
    valid: ['P1Y2M3D', 'PT1H30M', 'P4W', 'P1DT12H', 'PT0S'],
    invalid: ['P', 'PT', 'P1S', '1D', 'P1YT', 'P1D2Y', 'P1Y1W'],
  },
  email: {
    valid: ['a@b.cd', 'first.last+tag@sub.example.org', "o'neil@x-y.net"],
    invalid: ['a', '@b.c', 'a@', '.a@b.c', 'a..b@c.d', 'a@-b.c', 'a b@c.d'],
  },
  hostname: {
    valid: ['localhost', 'www.example.com', 'a-b.c1'],
    invalid: ['', '-a', 'a-', 'a..b', 'a_b', 'a b'],
  },
  ipv4: {
    valid: ['0.0.0.0', '255.255.255.255', '192.168.1.10'],
    invalid: ['256.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.'],
  },
  ipv6: {
    valid: ['::', '::1', '1::', '2001:db8::ff00:42:8329', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::'],
    invalid: ['1:2:3:4:5:6:7', '1::2::3', ':1', '12345::', 'g::', '1:2:3:4:5:6:7:8:9', ':::'],
  },
  uuid: {
    valid: ['123e4567-e89b-12d3-a456-426614174000', 'ABCDEF00-0000-0000-0000-000000000000'],
    invalid: ['123e4567e89b12d3a456426614174000', '123e4567-e89b-12d3-a456-42661417400', 'x'],
  },
  uri: {
    valid: ['http://example.com', 'https://a.b:80/c/d%20e?f=g#h', 'ftp://x/'],
    invalid: ['example.com', '//a', 'http://a b', 'http://a/%zz', '1http://a'],
  },
};

const judge = createJudge();

describe.each(Object.entries(cases))('%s', (_, group) => {
  it.each(group.map((entry) => [JSON.stringify(entry.schema), entry] as const))(
    '%s',
    (_text, { schema, valid = [], invalid = [] }) => {
      const grammar = compileJsonSchema(schema);
      const fits = judge(schema);
      const verdict = (values: readonly unknown[]): unknown[] =>
        values.map((value) => [value, matchesGrammar(grammar, JSON.stringify(value)), fits(value)]);
      expect(verdict(valid)).toEqual(valid.map((value) => [value, true, true]));
      expect(verdict(invalid)).toEqual(invalid.map((value) => [value, false, false]));
    },
  );
});

describe('format', () => {
  it.each(Object.entries(formats))('%s', (format, { valid, invalid }) => {
    const schema = { type: 'string', format };
    const grammar = compileJsonSchema(schema);
    const fits = judge(schema);
    for (const text of valid) {
      const written = matchesGrammar(grammar, JSON.stringify(text));
      expect({ text, written, fits: fits(text) }).toEqual({ text, written: true, fits: true });
    }
    for (const text of invalid) {
      const written = matchesGrammar(grammar, JSON.stringify(text));
      expect({ text, written, fits: fits(text) }).toEqual({ text, written: false, fits: false });
    }
    expect(matchesGrammar(compileJsonSchema({ format }), '7')).toBe(true);
    expect(matchesGrammar(compileJsonSchema({ type: 'integer', format }), '7')).toBe(true);
  });
});

describe('drafts before 2020-12', () => {
  it('read a list of items as the prefix', () => {
    const schema = {
      type: 'array',
      items: [{ type: 'null' }, { type: 'integer' }],
      additionalItems: { type: 'string' },
    };
    const grammar = compileJsonSchema(schema);
    const fits = createJudge('7')(schema);
    for (const value of [[], [null], [null, 1], [null, 1, 'a'], [1], [null, 1, 2], [null, 'a']]) {
      expect(matchesGrammar(grammar, JSON.stringify(value))).toBe(fits(value));
    }
  });
});
