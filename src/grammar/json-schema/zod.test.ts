import { expect, it } from 'vitest';
import { z } from 'zod';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { misjudged, textsOf } from '../../../test/support/schema-suite.ts';
import { compileJsonSchema } from './index.ts';

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

const tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

/** A type, values that it takes and values that it refuses. */
type Construct = readonly [z.ZodType, readonly unknown[], readonly unknown[]];

/** What people write with zod, by what it is called there. */
const constructs: Readonly<Record<string, Construct>> = {
  string: [z.string().min(2).max(5), ['ab', 'é"x'], ['a', 'abcdef', 3]],
  regex: [z.string().regex(/^[a-f]+\d?$/), ['abc', 'f7'], ['', 'g', 'a77']],
  upper: [z.string().uppercase(), ['', 'ABC 1'], ['aB']],
  email: [z.email(), ['a.b+c@example.org'], ['a', 'a@b', 'a..b@example.org']],
  url: [z.url(), ['https://example.org/a?b=c#d'], ['x y', 'example.org']],
  uuid: [
    z.uuid(),
    ['12345678-1234-4678-9234-567812345678'],
    ['12345678-1234-4678-9234-56781234567'],
  ],
  guid: [z.guid(), ['12345678-1234-0678-0234-567812345678'], ['1']],
  'iso date': [z.iso.date(), ['2024-02-29'], ['2023-02-29', '2024-1-1']],
  'iso time': [z.iso.time(), ['12:30:00', '12:30:00.5'], ['25:00:00']],
  'iso datetime': [
    z.iso.datetime(),
    ['2024-02-29T12:30:00Z'],
    ['2024-02-29', '2024-02-30T12:30:00Z'],
  ],
  'iso duration': [z.iso.duration(), ['P1DT2H3S', 'P2W'], ['P', '1D']],
  ipv4: [z.ipv4(), ['127.0.0.1'], ['127.0.0', '256.0.0.1']],
  ipv6: [z.ipv6(), ['::1', 'fe80::a:1'], ['1::2::3']],
  cidrv4: [z.cidrv4(), ['10.0.0.0/8'], ['10.0.0.0/33']],
  base64: [z.base64(), ['', 'YWI='], ['YWI', '!']],
  base64url: [z.base64url(), ['YWI'], ['YW+=']],
  cuid: [z.cuid(), ['cjld2cjxh0000qzrmn831i7rn'], ['x y']],
  cuid2: [z.cuid2(), ['tz4a98xxat96iws9zmbrgj3a'], ['A B']],
  ulid: [z.ulid(), ['01ARZ3NDEKTSV4RRFFQ69G5FAV'], ['01']],
  nanoid: [z.nanoid(), ['V1StGXR8_Z5jdHi6B-myT'], ['V1']],
  e164: [z.e164(), ['+14155552671'], ['14155552671']],
  'hexadecimal hash': [z.hash('md5'), ['d41d8cd98f00b204e9800998ecf8427e'], ['d41d']],
  number: [z.number().gt(0).lte(10), [10, 0.5], [0, 10.5, '1']],
  'multiple of': [z.number().multipleOf(0.25), [0.25, -3], [0.3]],
  int: [z.int(), [0, -7], [0.5, '1']],
  int32: [z.int32(), [2147483647], [2147483648]],
  uint32: [z.uint32(), [4294967295], [-1]],
  float32: [z.float32(), [1.5], ['1']],
  boolean: [z.boolean(), [true], ['true', 0]],
  null: [z.null(), [null], [0]],
  literal: [z.literal(['a', 3, null]), ['a', 3, null], ['b', 4]],
  enum: [z.enum(['x', 'y']), ['x'], ['z']],
  any: [z.any(), [{ a: [1, null] }], []],
  unknown: [z.unknown(), ['x'], []],
  optional: [z.object({ a: z.string().optional() }), [{}, { a: 'x' }], [{ a: null }]],
  nullable: [z.string().nullable(), [null, 'x'], [3]],
  nullish: [z.object({ a: z.number().nullish() }), [{}, { a: null }, { a: 1.5 }], [{ a: 'x' }]],
  default: [z.object({ a: z.number().default(3) }), [{}, { a: 4 }], [{ a: 'x' }]],
  catch: [z.object({ a: z.number().catch(3) }), [{ a: 4 }], []],
  readonly: [z.object({ a: z.array(z.string()).readonly() }), [{ a: ['x'] }], [{ a: [1] }]],
  'strict object': [
    z.strictObject({ a: z.int(), b: z.boolean() }),
    [{ a: 1, b: true }],
    [{ a: 1 }, { a: 1, b: true, c: 1 }],
  ],
  'loose object': [z.looseObject({ a: z.int() }), [{ a: 1, c: 'x' }], [{ c: 'x' }]],
  catchall: [z.object({ a: z.int() }).catchall(z.string()), [{ a: 1, c: 'x' }], [{ a: 1, c: 2 }]],
  record: [z.record(z.string(), z.number()), [{}, { k: 1.5 }], [{ k: 'x' }]],
  'record of an enum': [
    z.record(z.enum(['a', 'b']), z.number()),
    [{ a: 1, b: 2 }],
    [{ a: 1 }, { a: 1, b: 2, c: 3 }],
  ],
  'partial record': [z.partialRecord(z.enum(['a', 'b']), z.number()), [{}, { b: 2 }], [{ c: 1 }]],
  'record of a pattern': [
    z.record(z.string().regex(/^k[0-9]$/), z.boolean()),
    [{ k1: true }],
    [{ x: true }, { k1: 1 }],
  ],
  array: [
    z.array(z.string()).min(1).max(3),
    [['x'], ['x', 'y', 'z']],
    [[], ['x', 'y', 'z', 'w'], [1]],
  ],
  nonempty: [z.array(z.int()).nonempty(), [[1]], [[]]],
  tuple: [z.tuple([z.string(), z.int()]), [['x', 1]], [['x'], ['x', 1, 2], [1, 'x']]],
  'tuple with rest': [
    z.tuple([z.string()], z.boolean()),
    [['x'], ['x', true, false]],
    [[], ['x', 1]],
  ],
  union: [z.union([z.string(), z.int()]), ['x', 3], [null, 3.5]],
  'discriminated union': [
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), x: z.int() }),
      z.object({ kind: z.literal('b'), y: z.string() }),
    ]),
    [
      { kind: 'a', x: 1 },
      { kind: 'b', y: '' },
    ],
    [{ kind: 'a', y: '' }, { kind: 'c' }],
  ],
  intersection: [
    z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })),
    [{ a: 1, b: 'x' }],
    [{ a: 1 }],
  ],
  'extended object': [
    z.object({ a: z.int() }).extend({ b: z.string() }),
    [{ a: 1, b: 'x' }],
    [{ b: 'x' }],
  ],
  recursive: [
    tree,
    [{ name: 'a', children: [{ name: 'b', children: [] }] }],
    [{ name: 'a', children: [{ name: 'b' }] }],
  ],
  described: [
    z.object({ a: z.string().describe('What it is') }).meta({ title: 'A', id: 'A' }),
    [{ a: 'x' }],
    [{}],
  ],
  json: [z.json(), [{ a: [null, 1.5, 'x'] }], []],
};

it('keeps to several patterns at once', () => {
  const type = z.string().startsWith('a').endsWith('z').includes('-');
  const grammar = compileJsonSchema(z.toJSONSchema(type));
  const texts = ['a-z', 'a-', 'az', '-az', 'a--yz'];
  expect(texts.filter((text) => matchesGrammar(grammar, JSON.stringify(text)))).toEqual([
    'a-z',
    'a--yz',
  ]);
});

it.each(Object.entries(constructs))(
  'a schema that zod writes of %s takes what zod takes, and refuses what zod refuses',
  (_, [type, valid, invalid]) => {
    expect(invalid.filter((value) => type.safeParse(value).success)).toEqual([]);
    const write = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));
    for (const io of ['output', 'input'] as const) {
      const schema = z.toJSONSchema(type, { io });
      const made = io === 'input' ? valid : valid.map((value) => type.parse(value));
      expect(misjudged({ schema, valid: write(made), invalid: write(invalid) })).toEqual([]);
    }
  },
);

it.each(Object.keys(constructs))('a schema that zod writes of %s is kept to', (name) => {
  const [type] = constructs[name]!;
  for (const io of ['output', 'input'] as const) {
    const schema = z.toJSONSchema(type, { io });
    const refused = textsOf(schema, 20).filter((text) => !type.safeParse(JSON.parse(text)).success);
    expect(refused).toEqual([]);
  }
});
