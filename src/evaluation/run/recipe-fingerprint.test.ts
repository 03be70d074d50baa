import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseRecipe } from '../../recipe/index.ts';
import { recipeFingerprint } from './recipe-fingerprint.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'trimtab-fingerprint-'));
  await writeModels(directory);
});
afterEach(() => rm(directory, { recursive: true }));

async function writeModels(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'a.gguf'), Buffer.alloc(3 * 2 ** 20, 1));
  await writeFile(path.join(folder, 'b.gguf'), 'b');
}

const document = (changed: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    name: 'r',
    models: { large: 'a.gguf', small: 'b.gguf' },
    base: 'large',
    expert: 'small',
    formula: 'large + alpha * small',
    params: { alpha: { default: 0.5 } },
    rewards: { polite: { words: { please: 1 }, weight: 1 } },
    ...changed,
  });

const fingerprint = (text: string, where = directory) =>
  recipeFingerprint(parseRecipe(text, { directory: where }));

describe('recipeFingerprint', () => {
  it('does not depend on where a recipe lies and what it is called', async () => {
    const original = await fingerprint(document());
    expect(original).toMatch(/^[0-9a-f]{16}$/);
    expect(await fingerprint(document({ name: 'other', description: 'd' }))).toBe(original);
    const copy = path.join(directory, 'copy');
    await writeModels(copy);
    expect(await fingerprint(document(), copy)).toBe(original);
  });

  it('counts every part of a model that is split', async () => {
    const parts = [1, 2].map((part) => path.join(directory, `s-0000${part}-of-00002.gguf`));
    for (const part of parts) await writeFile(part, 'p');
    const split = document({ models: { large: 's-00001-of-00002.gguf', small: 'b.gguf' } });
    const original = await fingerprint(split);
    await writeFile(parts[1]!, 'q');
    expect(await fingerprint(split)).not.toBe(original);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a param', { params: { alpha: { default: 0.6 } } }],
    ['a range', { params: { alpha: { default: 0.5, max: 1 } } }],
    ['a word of a reward', { rewards: { polite: { words: { please: 2 }, weight: 1 } } }],
    ['sampling', { sampling: { temperature: 0 } }],
    ['models', { models: { large: 'b.gguf', small: 'a.gguf' } }],
  ])('changes with %s', async (_, changed) => {
    expect(await fingerprint(document(changed))).not.toBe(await fingerprint(document()));
  });

  it('is what earlier evaluations wrote down', async () => {
    const small = { file: 'b.gguf', prompt: 'raw', adapters: [{ file: 'a.gguf', scale: 0.5 }] };
    expect(await fingerprint(document())).toBe('d1a2287138b25900');
    expect(await fingerprint(document({ models: { large: 'a.gguf', small } }))).toBe(
      '7cccce138b797f71',
    );
  });

  it.each([0, 3 * 2 ** 20 - 1])("changes with a file's byte at %i", async (at) => {
    const before = await fingerprint(document());
    const bytes = Buffer.alloc(3 * 2 ** 20, 1);
    bytes[at] = 2;
    await writeFile(path.join(directory, 'a.gguf'), bytes);
    expect(await fingerprint(document())).not.toBe(before);
  });
});
