import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { createJudge } from '../../../test/support/schema-judge.ts';
import type { JsonSchema } from '../../spec/index.ts';
import { compileJsonSchema } from './index.ts';

type Values = readonly unknown[];

/** What implementations of the standard are known to get wrong: a schema, values it accepts, and others. */
const cases: Readonly<Record<string, readonly (readonly [JsonSchema, Values, Values])[]>> = {
  'equality of enum and const': [
    [{ enum: [false] }, [false], [0, [false], '', null]],
    [{ enum: [[false]] }, [[false]], [[0], false, [[false]]]],
    [{ const: [true] }, [[true]], [[1], true]],
    [{ const: { a: false } }, [{ a: false }], [{ a: 0 }, { a: [false] }]],
    [{ const: -2 }, [-2, -2.0], [2, -2.00001, '-2']],
    [{ const: 0 }, [0, -0], [false, '', null, [], {}]],
    [{ enum: ['foo\nbar', 'foo\rbar'] }, ['foo\nbar', 'foo\rbar'], ['foo bar', 'foo\\nbar']],
    [{ const: 'hello\u0000there' }, ['hello\u0000there'], ['hellothere', 'hello']],
    [{ enum: [[], {}, null] }, [[], {}, null], [[null], { a: null }, 0, '']],
    [{ const: 9007199254740991 }, [9007199254740991], [9007199254740990, '9007199254740991']],
    [{ const: { a: { b: [1, { c: 2 }] } } }, [{ a: { b: [1, { c: 2 }] } }], [{ a: { b: [1] } }]],
  ],
  'types told apart': [
    [{ type: 'integer' }, [1.0, -0], [1.1, '1', true]],
    [{ type: 'number' }, [1, 1.0], [true, [1], null]],
    [{ type: 'object' }, [{ type: 'null' }], [null, 'a', []]],
    [{ type: ['array', 'object', 'null'] }, [[], {}, null], [0, false, '']],
  ],
  'bounds with signs and zeros': [
    [{ type: 'number', minimum: -2 }, [-1, 0, -2, -2.0], [-2.0001, -3]],
    [{ type: 'number', maximum: 300 }, [299.97, 300], [300.5, 1000]],
    [{ type: 'integer', exclusiveMinimum: 0 }, [1], [0, -1]],
    [{ type: 'number', multipleOf: 0.001 }, [0.075, 1], [0.0751]],
    [{ type: 'number', multipleOf: 0.5 }, [4.5, -0.5, 0], [0.7]],
  ],
  'lengths in characters': [
    [{ type: 'string', maxLength: 2 }, ['💩💩', '中文'], ['💩💩💩']],
    [{ type: 'string', minLength: 2 }, ['💩💩'], ['💩']],
    [{ type: 'string', maxLength: 0 }, [''], ['a', '\u0000']],
    [{ type: 'string', minLength: 1, maxLength: 1 }, ['\n', '"', '\\', 'é'], ['e\u0301', '']],
  ],
  'patterns anywhere in a text': [
    [{ type: 'string', pattern: 'a+' }, ['xxaayy'], ['xyz']],
    [{ type: 'string', pattern: '^\\S*$' }, ['', 'ä'], ['a b', '\u00a0', '\ufeff', '\u2003']],
    [{ type: 'string', pattern: '\\d' }, ['a7'], ['৪', 'a']],
    [{ type: 'string', pattern: '\\p{L}cole' }, ["L'ecole", 'École'], ['cole']],
    [{ type: 'string', pattern: '\\w' }, ['é_'], ['é', '-']],
    [{ type: 'string', pattern: '^🐲*$' }, ['', '🐲🐲'], ['🐲🐉', '\ud83d']],
  ],
  'references by pointers and names': [
    // Percent escapes are of the URI, and come off before those of the pointer.
    [{ $ref: '#/$defs/a%7E1b', $defs: { 'a/b': { const: 1 }, 'a~1b': { const: 2 } } }, [1], [2]],
    [{ $ref: '#/$defs/a%25b', $defs: { 'a%b': { const: 1 } } }, [1], [2]],
    [{ $ref: '#name', $defs: { a: { $anchor: 'name', const: 1 } } }, [1], [2]],
    [
      {
        $ref: 'other#/$defs/x%7E1y',
        $defs: { a: { $id: 'other', $defs: { 'x/y': { const: 1 } } } },
      },
      [1],
      [2],
    ],
    [
      { $id: 'https://a.b/c', $ref: 'https://a.b/c#/$defs/d', $defs: { d: { const: 1 } } },
      [1],
      [2],
    ],
  ],
  'formats of a text': [
    [
      { type: 'string', format: 'uri' },
      ['urn:isbn:1', 'mailto:a@b.c', 'http://[::1]:80/a?b#c', 'file:///a'],
      ['a', '//a', 'http://a b'],
    ],
    [
      { type: 'string', format: 'uri-reference' },
      ['', '../a?b', '//h/p', '#x', 'http://a'],
      ['a b', '\\'],
    ],
    [{ type: 'string', format: 'json-pointer' }, ['', '/a~0b~1/0'], ['a', '/~2']],
  ],
  'names with special characters': [
    [
      { type: 'object', properties: { 'a\nb': { type: 'null' }, 'c"d': true, 'e\\f': true } },
      [{ 'a\nb': null }, { 'c"d': 1, 'e\\f': 2 }],
      [{ 'a\nb': 1 }],
    ],
    [{ required: ['a\tb', 'c"d'] }, [{ 'a\tb': 1, 'c"d': 2 }], [{ 'a\tb': 1 }, { ab: 1, cd: 2 }]],
    [{ required: ['constructor'] }, [{ constructor: 1 }, 1, 'constructor'], [{}, { toString: 1 }]],
    [
      { patternProperties: { '^á': { type: 'null' } }, additionalProperties: false },
      [{ ármányos: null }, {}],
      [{ élmény: null }, { ármányos: 1 }],
    ],
    [
      { patternProperties: { '[0-9]{2,}': { type: 'boolean' }, X_: { type: 'string' } } },
      [{ a1b: null }, { a31b: true }, { X_: 'a' }, { x_3: 3 }],
      [{ a31b: null }, { a_X_3: 3 }],
    ],
  ],
  'what properties do to one another': [
    [
      { allOf: [{ properties: { a: true } }], additionalProperties: { type: 'boolean' } },
      [{ a: true }, {}],
      [{ a: 1 }], // it does not see what allOf names
    ],
    [
      {
        properties: { a: { type: 'array', maxItems: 3 }, b: { type: 'array' } },
        patternProperties: { 'a.': { minItems: 2 } },
        additionalProperties: { type: 'integer' },
      },
      [{ a: [1, 2] }, { axo: [1, 2] }, { b: [] }, { quux: 3 }],
      [{ a: [1, 2, 3, 4] }, { axo: [] }, { quux: 'a' }],
    ],
    [
      { additionalProperties: { type: 'null' }, properties: { a: {} } },
      [{ a: 1, b: null }],
      [{ b: 1 }],
    ],
    [{ properties: { a: true, b: false } }, [{}, { a: 1 }], [{ b: 1 }, { a: 1, b: 2 }]],
    [{ properties: { a: { type: 'integer' } } }, [{ a: 1 }, {}, []], [{ a: null }]],
  ],
  'items and prefixes': [
    [{ type: 'array', prefixItems: [{ type: 'integer' }] }, [[], [1, 'a', null]], [['a']]],
    [
      { items: { items: { items: { type: 'number' } } } },
      [[[[1]], [[2], []]]],
      [[[['1']]], [[1, ['a']]]],
    ],
    [{ items: { type: 'null' }, minItems: 1 }, [[null]], [[], [1]]],
    [{ prefixItems: [{}, {}], items: false, type: 'array' }, [[], [1], [1, 2]], [[1, 2, 3]]],
    [{ items: true, maxItems: 2 }, [[1, 'a'], {}], [[1, 2, 3]]],
    [{ prefixItems: [{ const: 1 }], items: { const: 2 } }, [[1, 2, 2], [1], []], [[2], [1, 1]]],
  ],
  combinations: [
    [{ allOf: [true, true] }, ['a', 1], []],
    [{ allOf: [{}, { type: 'number' }] }, [1], ['a']],
    [{ allOf: [{ allOf: [{ type: 'null' }] }] }, [null], [1]],
    [{ anyOf: [true, false] }, ['a'], []],
    [{ anyOf: [{ type: 'number' }, {}] }, ['a', 1], []],
    [{ anyOf: [{ anyOf: [{ type: 'null' }] }] }, [null], [1]],
    [{ type: 'string', anyOf: [{ maxLength: 2 }, { minLength: 4 }] }, ['ab', 'abcd'], [3, 'abc']],
    [{ allOf: [{ maximum: 30 }, { minimum: 20 }], type: 'integer' }, [20, 25, 30], [19, 31, 35]],
    [
      {
        allOf: [{ multipleOf: 2 }],
        anyOf: [{ multipleOf: 3 }, { const: 4 }],
        type: 'integer',
        minimum: 0,
        maximum: 60,
      },
      [6, 4, 12, 0],
      [2, 3, 9, 14],
    ],
    [{ oneOf: [{ type: 'null' }, false, { type: 'string' }] }, [null, 'a'], [1]],
  ],
  references: [
    [
      { properties: { a: { $ref: '#' } }, additionalProperties: false, type: 'object' },
      [{ a: {} }, { a: { a: {} } }],
      [{ b: false }, { a: { b: false } }],
    ],
    [
      {
        type: 'array',
        prefixItems: [{ type: 'integer' }, { $ref: '#/prefixItems/0' }],
        items: false,
      },
      [[1, 2]],
      [[1, 'a']],
    ],
    [
      { $defs: { a: { type: 'integer' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/b' },
      [5],
      ['a'],
    ],
    [
      {
        properties: { a: { $ref: '#/$defs/list', maxItems: 2 } },
        $defs: { list: { type: 'array' } },
      },
      [{ a: [] }, {}],
      [{ a: 'x' }, { a: [1, 2, 3] }],
    ],
    [{ properties: { $ref: { type: 'string' } } }, [{ $ref: 'a' }], [{ $ref: 2 }]],
    [
      { properties: { $ref: { $ref: '#/$defs/s' } }, $defs: { s: { type: 'string' } } },
      [{ $ref: 'a' }],
      [{ $ref: 2 }],
    ],
    [{ $ref: '#/$defs/yes', $defs: { yes: true } }, ['a', null], []],
    [{ $defs: { 'a"b': { type: 'number' } }, items: { $ref: '#/$defs/a%22b' } }, [[1]], [['1']]],
    [
      {
        $ref: '#/$defs/tree',
        $defs: {
          tree: {
            type: 'object',
            properties: { nodes: { type: 'array', items: { $ref: '#/$defs/node' } } },
            required: ['nodes'],
          },
          node: {
            type: 'object',
            properties: { value: { type: 'number' }, subtree: { $ref: '#/$defs/tree' } },
            required: ['value'],
          },
        },
      },
      [{ nodes: [{ value: 1, subtree: { nodes: [{ value: 1.1 }] } }] }, { nodes: [] }],
      [{ nodes: [{ value: 1, subtree: { nodes: [{ value: 'a' }] } }] }, { nodes: [{}] }],
    ],
  ],
};

const judge = createJudge();

describe.each(Object.entries(cases))('%s', (_, group) => {
  it.each(group)('%j', (schema, valid, invalid) => {
    const grammar = compileJsonSchema(schema);
    const fits = judge(schema);
    for (const [values, wanted] of [
      [valid, true],
      [invalid, false],
    ] as const) {
      for (const value of values) {
        const written = matchesGrammar(grammar, JSON.stringify(value));
        expect({ value, written, fits: fits(value) }).toEqual({
          value,
          written: wanted,
          fits: wanted,
        });
      }
    }
  });
});
