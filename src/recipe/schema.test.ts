import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { recipeJsonSchema } from './schema.ts';

const file = fileURLToPath(new URL('../../recipe.schema.json', import.meta.url));

/** Every schema below `node`, with its path. */
function* schemasIn(node: unknown, path = '$'): Generator<[string, Record<string, unknown>]> {
  if (node === null || typeof node !== 'object') return;
  const schema = node as Record<string, unknown>;
  yield [path, schema];
  for (const [key, child] of Object.entries(schema)) yield* schemasIn(child, `${path}.${key}`);
}

it('is what recipe.schema.json says; UPDATE_SCHEMA=1 npx vitest run src/recipe writes it', async () => {
  const emitted = `${JSON.stringify(recipeJsonSchema(), null, 2)}\n`;
  if (process.env['UPDATE_SCHEMA'] === '1') await writeFile(file, emitted);
  expect(await readFile(file, 'utf8')).toBe(emitted);
});

it('describes every key', () => {
  const properties = [...schemasIn(recipeJsonSchema())].flatMap(([path, schema]) =>
    Object.entries((schema['properties'] ?? {}) as Record<string, { description?: string }>).map(
      ([key, property]) => [`${path}.${key}`, property.description] as const,
    ),
  );
  expect(properties.length).toBeGreaterThan(30);
  expect(properties.filter(([, description]) => description === undefined)).toEqual([]);
});
