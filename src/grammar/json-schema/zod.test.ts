import { expect, it } from 'vitest';
import { z } from 'zod';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { createGrammarSampler } from '../../../test/support/grammar-sampler.ts';
import { uniformAt } from '../../math/index.ts';
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

/** What people write with zod, by what it is called there. */
const constructs: Readonly<Record<string, z.ZodType>> = {
  string: z.string().min(2).max(5),
  regex: z.string().regex(/^[a-f]+\d?$/),
  upper: z.string().uppercase(),
  email: z.email(),
  url: z.url(),
  uuid: z.uuid(),
  guid: z.guid(),
  'iso date': z.iso.date(),
  'iso time': z.iso.time(),
  'iso datetime': z.iso.datetime(),
  'iso duration': z.iso.duration(),
  ipv4: z.ipv4(),
  ipv6: z.ipv6(),
  cidrv4: z.cidrv4(),
  base64: z.base64(),
  base64url: z.base64url(),
  cuid: z.cuid(),
  cuid2: z.cuid2(),
  ulid: z.ulid(),
  nanoid: z.nanoid(),
  e164: z.e164(),
  'hexadecimal hash': z.hash('md5'),
  number: z.number().gt(0).lte(10),
  'multiple of': z.number().multipleOf(0.25),
  int: z.int(),
  int32: z.int32(),
  uint32: z.uint32(),
  float32: z.float32(),
  boolean: z.boolean(),
  null: z.null(),
  literal: z.literal(['a', 3, null]),
  enum: z.enum(['x', 'y']),
  any: z.any(),
  unknown: z.unknown(),
  optional: z.object({ a: z.string().optional() }),
  nullable: z.string().nullable(),
  nullish: z.object({ a: z.number().nullish() }),
  default: z.object({ a: z.number().default(3) }),
  catch: z.object({ a: z.number().catch(3) }),
  readonly: z.object({ a: z.array(z.string()).readonly() }),
  'strict object': z.strictObject({ a: z.int(), b: z.boolean() }),
  'loose object': z.looseObject({ a: z.int() }),
  catchall: z.object({ a: z.int() }).catchall(z.string()),
  record: z.record(z.string(), z.number()),
  'record of an enum': z.record(z.enum(['a', 'b']), z.number()),
  'partial record': z.partialRecord(z.enum(['a', 'b']), z.number()),
  'record of a pattern': z.record(z.string().regex(/^k[0-9]$/), z.boolean()),
  array: z.array(z.string()).min(1).max(3),
  nonempty: z.array(z.int()).nonempty(),
  tuple: z.tuple([z.string(), z.int()]),
  'tuple with rest': z.tuple([z.string()], z.boolean()),
  union: z.union([z.string(), z.int()]),
  'discriminated union': z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a'), x: z.int() }),
    z.object({ kind: z.literal('b'), y: z.string() }),
  ]),
  intersection: z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })),
  'extended object': z.object({ a: z.int() }).extend({ b: z.string() }),
  recursive: tree,
  described: z.object({ a: z.string().describe('What it is') }).meta({ title: 'A', id: 'A' }),
  stringbool: z.json(),
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

it.each(Object.keys(constructs))('a schema that zod writes of %s is kept to', (name) => {
  const type = constructs[name]!;
  for (const io of ['output', 'input'] as const) {
    const schema = z.toJSONSchema(type, { io });
    const grammar = compileJsonSchema(schema);
    const sampler = createGrammarSampler(grammar);
    let written = 0;
    for (let i = 0; i < 20; i++) {
      let counter = 0;
      const text = sampler.sample(() => uniformAt(i, counter++), 60);
      if (text === undefined) continue;
      written++;
      const parsed = type.safeParse(JSON.parse(text));
      expect(parsed.success, `${text}\n${JSON.stringify(schema)}`).toBe(true);
    }
    expect(written).toBeGreaterThan(0);
  }
});
