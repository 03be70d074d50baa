import { Type, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';

import { misjudged, textsOf } from '../../../test/support/schema-suite.ts';
import type { JsonSchema } from '../../spec/index.ts';

/** A type, values that it takes and values that it refuses. */
type Construct = readonly [TSchema, readonly unknown[], readonly unknown[]];

const point = Type.Object({ x: Type.Number(), y: Type.Optional(Type.Number()) });

/** What people write with TypeBox, by what it is called there. */
const constructs: Readonly<Record<string, Construct>> = {
  string: [Type.String({ minLength: 2, maxLength: 3 }), ['ab'], ['a', 'abcd', 3]],
  pattern: [Type.String({ pattern: '^[a-f]+$' }), ['abc'], ['', 'g']],
  'date-time': [Type.String({ format: 'date-time' }), ['2024-02-29T12:30:00Z'], ['2024-02-29']],
  email: [Type.String({ format: 'email' }), ['a.b@example.org'], ['a']],
  uuid: [Type.String({ format: 'uuid' }), ['12345678-1234-4678-9234-567812345678'], ['1']],
  uri: [Type.String({ format: 'uri', maxLength: 300 }), ['https://example.org/a?b=c#d'], ['a b']],
  number: [Type.Number({ exclusiveMinimum: 0, maximum: 10 }), [10, 0.5], [0, 10.5]],
  integer: [Type.Integer({ minimum: -3, multipleOf: 3 }), [-3, 0, 9], [-6, 1]],
  boolean: [Type.Boolean(), [true], [0]],
  null: [Type.Null(), [null], ['']],
  literal: [Type.Literal('a'), ['a'], ['b']],
  enum: [Type.Enum(['a', 'b', 3]), ['a', 3], ['c', 4]],
  union: [Type.Union([Type.Literal('x'), Type.Integer()]), ['x', 3], ['y', 3.5]],
  'discriminated union': [
    Type.Union([
      Type.Object({ kind: Type.Literal('a'), x: Type.Integer() }),
      Type.Object({ kind: Type.Literal('b'), y: Type.String() }),
    ]),
    [
      { kind: 'a', x: 1 },
      { kind: 'b', y: '' },
    ],
    [{ kind: 'a', y: '' }, { kind: 'c' }],
  ],
  object: [point, [{ x: 1 }, { x: 1, y: 2.5 }, { x: 1, z: 'x' }], [{ y: 1 }, { x: 'a' }]],
  'closed object': [
    Type.Object({ a: Type.String() }, { additionalProperties: false }),
    [{ a: '' }],
    [{ a: '', b: 1 }, {}],
  ],
  'object of others': [
    Type.Object({ a: Type.String() }, { additionalProperties: Type.Boolean() }),
    [{ a: '', b: true }],
    [{ a: '', b: 1 }],
  ],
  array: [Type.Array(Type.Integer(), { minItems: 1, maxItems: 3 }), [[1]], [[], [1, 2, 3, 4]]],
  'array of distinct literals': [
    Type.Array(Type.Enum(['a', 'b']), { uniqueItems: true }),
    [[], ['b', 'a']],
    [['a', 'a']],
  ],
  contains: [Type.Array(Type.Integer(), { contains: Type.Literal(3) }), [[1, 3]], [[], [1]]],
  tuple: [Type.Tuple([Type.String(), Type.Number()]), [['a', 1]], [['a'], ['a', 1, 2]]],
  record: [Type.Record(Type.String(), Type.Integer()), [{}, { a: 1 }], [{ a: 'x' }]],
  'record of literals': [
    Type.Record(Type.Union([Type.Literal('a'), Type.Literal('b')]), Type.Integer()),
    [{ a: 1, b: 2 }],
    [{ a: 1 }],
  ],
  'template literal': [Type.TemplateLiteral('k${0|1}-${string}'), ['k0-x', 'k1-'], ['k2-', 'k']],
  intersection: [
    Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })]),
    [{ a: '', b: '' }],
    [{ a: '' }],
  ],
  partial: [Type.Partial(point), [{}, { y: 1 }], [{ x: '' }]],
  pick: [Type.Pick(point, ['x']), [{ x: 1 }], [{}]],
  recursive: [
    Type.Cyclic(
      { Node: Type.Object({ name: Type.String(), children: Type.Array(Type.Ref('Node')) }) },
      'Node',
    ),
    [{ name: 'a', children: [{ name: 'b', children: [] }] }],
    [{ name: 'a', children: [{}] }],
  ],
  annotated: [
    Type.String({ title: 'A', description: 'B', default: 'c', examples: ['d'], $id: 'E' }),
    ['x'],
    [1],
  ],
  any: [Type.Any(), [null, { a: [1] }], []],
  nullable: [Type.Union([Type.String(), Type.Null()]), [null, 'a'], [1]],
};

it.each(Object.entries(constructs))(
  'a schema that TypeBox writes of %s takes what TypeBox takes, refuses what it refuses, and allows no more',
  (_, [type, valid, invalid]) => {
    expect(valid.filter((value) => !Value.Check(type, value))).toEqual([]);
    expect(invalid.filter((value) => Value.Check(type, value))).toEqual([]);
    const write = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));
    const schema = JSON.parse(JSON.stringify(type)) as JsonSchema;
    expect(misjudged({ schema, valid: write(valid), invalid: write(invalid) })).toEqual([]);
    const refused = textsOf(schema, 20).filter((text) => !Value.Check(type, JSON.parse(text)));
    expect(refused).toEqual([]);
  },
);
