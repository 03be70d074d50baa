import { OpenAPIHono, z } from '@hono/zod-openapi';
import { expect, it } from 'vitest';

import { misjudged } from '../../../test/support/schema-suite.ts';
import type { JsonSchema } from '../../spec/index.ts';
import { compileConstraint } from '../compile-constraint.ts';

const category = z.enum(['cat', 'dog']).openapi('Category', { example: 'cat' });
const cat = z.object({ kind: z.literal('cat'), lives: z.int().min(0).max(9) }).openapi('Cat');
const dog = z.object({ kind: z.literal('dog'), good: z.boolean().default(true) }).openapi('Dog');

/** What people describe of an API, in the words of a generator of OpenAPI documents. */
const pet = z
  .object({
    id: z.int().openapi({ format: 'int64', readOnly: true, example: 7 }),
    name: z.string().min(1).max(40).openapi({ description: 'What it is called.' }),
    category,
    price: z.number().gt(0).openapi({ format: 'double' }),
    tags: z.array(z.string().max(10)).max(3).optional(),
    owner: z.string().nullable(),
    pet: z.discriminatedUnion('kind', [cat, dog]),
    born: z.iso.date().openapi({ format: 'date' }),
    photos: z.record(z.string(), z.url()).optional(),
    secret: z
      .string()
      .openapi({ format: 'password', writeOnly: true, deprecated: true })
      .optional(),
  })
  .openapi('Pet', { externalDocs: { url: 'https://example.org' } });

const fields = {
  id: 7,
  name: 'Tom',
  category: 'cat',
  price: 1.5,
  owner: null,
  pet: { kind: 'cat', lives: 9 },
  born: '2024-02-29',
};
const valid = [
  fields,
  { ...fields, owner: 'Ada' },
  { ...fields, pet: { kind: 'dog', good: false }, born: '2024-02-29' },
];
const invalid = [
  { ...fields, name: '' },
  { ...fields, category: 'cow' },
  { ...fields, price: 0 },
  { ...fields, pet: { kind: 'cat', lives: 10 } },
  { ...fields, owner: 3 },
  { name: 'Tom' },
];

/** The schema of the document's component `Pet`, which refers to others at their places in it. */
function petSchema(document: unknown): JsonSchema {
  const { components } = JSON.parse(JSON.stringify(document)) as { components: object };
  return { $ref: '#/components/schemas/Pet', components };
}

const app = new OpenAPIHono();
app.openAPIRegistry.register('Pet', pet);
const about = { info: { title: 'Pets', version: '1' } };
const write = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));

it('a component of an OpenAPI 3.1 document takes what its type takes, and refuses what it refuses', () => {
  expect(valid.map((value) => pet.safeParse(value).success)).toEqual(valid.map(() => true));
  expect(invalid.map((value) => pet.safeParse(value).success)).toEqual(invalid.map(() => false));
  const schema = petSchema(app.getOpenAPI31Document({ openapi: '3.1.0', ...about }));
  expect(misjudged({ schema, valid: write(valid), invalid: write(invalid) })).toEqual([]);
});

it('one of an OpenAPI 3.0 document, too, without null: what nullable asks is told as ignored', () => {
  const schema = petSchema(app.getOpenAPIDocument({ openapi: '3.0.0', ...about }));
  const named = valid.filter(({ owner }) => owner !== null);
  expect(misjudged({ schema, valid: write(named), invalid: write(invalid) })).toEqual([]);
  const place = '#/components/schemas/Pet/properties/owner/nullable';
  expect(compileConstraint({ jsonSchema: schema }).ignored).toContain(place);
});
