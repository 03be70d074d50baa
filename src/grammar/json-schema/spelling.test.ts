import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import type { JsonSchema } from '../../spec/index.ts';
import { compileJsonSchema } from './index.ts';

/** Which spellings of values are written; that the values fit is tested elsewhere. */
const texts: readonly (readonly [string, JsonSchema, readonly string[], readonly string[]])[] = [
  [
    'white space, bounded',
    { type: 'object', properties: { a: { type: 'array' } } },
    [
      '{"a":[1,2]}',
      '{ "a": [ 1, 2 ] }',
      '{\n  "a":\n\n\t\t[\n1,\n2\n]\n}',
      `{\n${' '.repeat(20)}"a":[]}`,
      '{}',
      '{ }',
      '{\n}',
    ],
    [
      ' {}',
      '{} ',
      '{}\n',
      '{  }',
      '{"a" :[]}',
      '{"a":[1 ,2]}',
      '{"a":[1]  }',
      '{"a":\n\n\n[]}',
      `{\n${' '.repeat(21)}"a":[]}`,
      '{\t"a":[]}',
      '{"a":\r\n[]}',
      '{"a":[1,]}',
      '{"a":[1],}',
    ],
  ],
  [
    'every spelling of free strings',
    { type: 'string' },
    [
      '""',
      '"é\u007f"',
      '"\u2028\u{10ffff}"',
      '"\\u0041\\u00e9"',
      '"\\"\\\\\\/"',
      '"\\b\\f\\n\\r\\t"',
      '"\\ud83d\\uDE00\\uFFFF"',
      '"\\uD7ff\\ue000"',
    ],
    [
      '"\\ud800"',
      '"\\udc00"',
      '"\\ud800\\u0041"',
      '"\\ud800x"',
      '"\n"',
      '"\u0000"',
      '"\\x41"',
      '"\\u004"',
      '"\\u00g0"',
      '"\\a"',
      "'a'",
      '"a',
      'a',
    ],
  ],
  [
    'one spelling of each character under lengths',
    { type: 'string', minLength: 2, maxLength: 2 },
    ['"ab"', '"é😀"', '"\\"\\\\"', '"\\n\\u0000"', '"\\u001f/"'],
    ['"\\u0061b"', '"\\/a"', '"\\u000aa"', '"a"', '"\\n"', '"abc"', '"\\u000z"'],
  ],
  [
    'one spelling of each character under a pattern',
    { type: 'string', pattern: '^[^]$' },
    ['"a"', '"\\""', '"\\\\"', '"\\n"', '"\\u0001"', '"\\u001f"', '"/"', '"😀"'],
    ['"\\u0061"', '"\\/"', '"\\u000a"', '"\\u001F"', '"\\ud83d\\ude00"', '""', '"ab"'],
  ],
  [
    'one spelling of names and of listed values',
    {
      type: 'object',
      properties: { 'a"': { enum: ['x\n', 1e21, -0, 'é'] } },
      additionalProperties: { type: 'null' },
    },
    ['{"a\\"":"x\\n"}', '{"a\\"":1e+21}', '{"a\\"":0}', '{"a\\"":"é","b\\n":null}', '{"a":null}'],
    [
      '{"\\u0061\\"":null}',
      '{"a\\"":"\\u0078\\n"}',
      '{"a\\"":1000000000000000000000}',
      '{"a\\"":null}',
    ],
  ],
  [
    'no name twice, of those that the schema knows, and their order',
    { type: 'object', properties: { a: true, b: true }, required: ['b'] },
    ['{"a":1,"b":2}', '{"b":2,"c":3,"c":4}'],
    ['{"b":1,"b":2}', '{"b":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"c":1,"b":2}'],
  ],
  [
    'required names that properties lacks after the others',
    { type: 'object', properties: { a: true }, required: ['z', 'y', 'a'] },
    ['{"a":1,"z":2,"y":3}', '{"a":1,"z":2,"y":3,"b":4}'],
    ['{"z":2,"y":3,"a":1}', '{"a":1,"y":3,"z":2}', '{"a":1,"z":2}'],
  ],
  [
    'names that objects have anyway as any other',
    { type: 'object', properties: JSON.parse('{"__proto__": {"type": "null"}}') },
    ['{"__proto__":null}', '{"toString":1}', '{"__proto__":null,"constructor":2}'],
    ['{"__proto__":1}'],
  ],
  [
    'integers, exact in doubles',
    { type: 'integer' },
    ['0', '7', '-1', '10', '999999999999999', '9007199254740991', '-9007199254740991'],
    [
      '-0',
      '01',
      '1.0',
      '1e2',
      '+1',
      '9007199254740992',
      '-9007199254740992',
      '10000000000000000',
      '',
    ],
  ],
  [
    'numbers of at most 15 digits, and exponents of at most two',
    { type: 'number' },
    [
      '0',
      '-0.5',
      '0.123456789012345',
      '12345.1234567890',
      '99999999999999.9',
      '1.50',
      '-0.0',
      '1e5',
      '2.5E-10',
      '1e+99',
    ],
    [
      '-',
      '.5',
      '1.',
      '00',
      '01.5',
      '1e',
      '1e100',
      '0.1234567890123456',
      '99999999999999.99',
      '--1',
    ],
  ],
  [
    'bounded numbers without exponents',
    { type: 'number', minimum: 0, maximum: 1.5 },
    ['0', '0.0', '0.000', '1', '1.5', '1.50', '1.499', '0.123456789012345'],
    ['-0', '-0.0', '1e0', '1.5e0', '1.500000000000001', '2', '1.6', '01', '0.1234567890123456'],
  ],
  [
    'multiples, with the zeros that people write',
    { type: 'number', multipleOf: 0.25, minimum: -1 },
    ['1', '1.0', '1.00', '1.5', '1.50', '1.25', '-0.75', '-1'],
    ['1.500', '1.000', '1.2', '1.', '-1.25', '1e2'],
  ],
];

describe('spelling', () => {
  it.each(texts)('writes %s', (_, schema, written, refused) => {
    const grammar = compileJsonSchema(schema);
    expect(written.filter((text) => !matchesGrammar(grammar, text))).toEqual([]);
    expect(refused.filter((text) => matchesGrammar(grammar, text))).toEqual([]);
    for (const text of written) JSON.parse(text);
  });
});
