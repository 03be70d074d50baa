import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createFakeHub, type FakeHub } from '../../test/support/fake-hub.ts';
import { pull } from '../hub/index.ts';
import { ContractError, RecipeError } from '../spec/index.ts';
import {
  hubNamesIn,
  loadRecipe,
  modelPath,
  parseRecipe,
  placeRecipe,
  requireRecipeFiles,
} from './index.ts';

const commit = 'a'.repeat(40);
const text = `
models:
  large: hf:ann/model
  small: { file: "hf:ann/model:Q8_0@v1", prompt: raw, adapters: [{ file: hf:ann/tuned/lora.gguf }] }
  own: own.gguf
base: large
formula: large + small + own
rewards:
  good: { model: small, headFile: hf:ann/tuned/head.safetensors, weight: 1 }
`;

let hub: FakeHub;
let folder: string;
let home: string;
beforeAll(async () => {
  const files = { 'm-Q4_K_M.gguf': Buffer.from('4'), 'm-Q8_0.gguf': Buffer.from('8') };
  const tuned = { 'lora.gguf': Buffer.from('l'), 'head.safetensors': Buffer.from('h') };
  hub = await createFakeHub({
    'ann/model': { commits: { [commit]: files }, refs: { main: commit, v1: commit } },
    'ann/tuned': { commits: { [commit]: tuned }, refs: { main: commit } },
  });
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-place-'));
  home = path.join(folder, 'hf');
  await writeFile(path.join(folder, 'r.yaml'), text);
  await writeFile(path.join(folder, 'own.gguf'), '');
});
afterEach(() => rm(folder, { recursive: true }));

const environment = () => ({ HF_HOME: home, HF_ENDPOINT: hub.endpoint });
const parse = (yaml = text) => parseRecipe(yaml, { directory: folder });
const place = (options = {}) => placeRecipe(parse(), { environment: environment(), ...options });
const fetchAll = async (names: readonly string[]) => {
  for (const name of names) await pull(name, { environment: environment() });
};
const snapshot = (repo: string, file: string) =>
  path.join(home, 'hub', `models--ann--${repo}`, 'snapshots', commit, file);

describe('a recipe with models of the hub', () => {
  it('names them where it may name files, and is read without them', () => {
    const recipe = parse();
    expect(recipe.models.get('large')!.source).toEqual({ kind: 'hub', name: 'hf:ann/model' });
    expect(hubNamesIn(text)).toEqual([
      'hf:ann/model',
      'hf:ann/model:Q8_0@v1',
      'hf:ann/tuned/lora.gguf',
      'hf:ann/tuned/head.safetensors',
    ]);
    expect(() => modelPath(recipe.models.get('large')!.source)).toThrow(ContractError);
  });

  it('says all that is not there, and the command that fetches it', async () => {
    await fetchAll(['hf:ann/model']);
    await expect(place()).rejects.toThrow(
      'models.small.file: hf:ann/model:Q8_0@v1 is not in the cache. This fetches what is missing, as --pull does: ' +
        'trimtab pull hf:ann/model:Q8_0@v1 hf:ann/tuned/lora.gguf hf:ann/tuned/head.safetensors',
    );
    const loading = loadRecipe(path.join(folder, 'r.yaml'), { environment: environment() });
    await expect(loading).rejects.toMatchObject({ name: 'RecipeError', line: 4, column: 18 });
  });

  it('has them as files of the cache once they are there, without a network', async () => {
    await fetchAll(hubNamesIn(text));
    const asked = hub.requests.length;
    const { models, rewards } = await place();
    expect(hub.requests).toHaveLength(asked);
    expect(models.get('large')!.source).toEqual({
      kind: 'file',
      path: snapshot('model', 'm-Q4_K_M.gguf'),
      hub: `hf:ann/model/m-Q4_K_M.gguf@${commit}`,
    });
    expect(modelPath(models.get('small')!.source)).toBe(snapshot('model', 'm-Q8_0.gguf'));
    expect(models.get('small')!.adapters[0]!.file).toBe(snapshot('tuned', 'lora.gguf'));
    expect(models.get('own')!.source).toEqual({
      kind: 'file',
      path: path.join(folder, 'own.gguf'),
    });
    expect(rewards.get('good')!.source).toMatchObject({
      headFile: snapshot('tuned', 'head.safetensors'),
    });
  });

  it('lets its missing models be fetched, and those alone', async () => {
    await fetchAll(['hf:ann/model']);
    const fetched: string[] = [];
    const fetchMissing = (names: readonly string[]) => {
      fetched.push(...names);
      return fetchAll(names);
    };
    const options = { fetchMissing, environment: environment() };
    await loadRecipe(path.join(folder, 'r.yaml'), options);
    expect(fetched).toHaveLength(3);
    await loadRecipe(path.join(folder, 'r.yaml'), options);
    expect(fetched).toHaveLength(3);
  });

  it.each([
    ['models: { a: hf:ann }\nbase: a', /models\.a\.file: "hf:ann" names no model/, 1],
    ['models:\n  a:\n    file: hf:ann/../b\nbase: a', /models\.a\.file: .* names no model/, 3],
    [
      'models:\n  a: { file: a.gguf, adapters: [{ file: hf:x }] }\nbase: a',
      /models\.a\.adapters\.0\.file: .* names no model/,
      2,
    ],
  ])('is refused with its place where a name is wrong: %j', (yaml, message, line) => {
    expect(() => parseRecipe(yaml, { directory: folder, file: 'r.yaml' })).toThrow(RecipeError);
    expect(() => parseRecipe(yaml, { directory: folder, file: 'r.yaml' })).toThrow(message);
    expect(() => parseRecipe(yaml, { directory: folder, file: 'r.yaml' })).toThrow(
      expect.objectContaining({ line }),
    );
  });

  it('that leaves a choice means what the hub listed, whatever is in the cache', async () => {
    const name = 'hf:ann/model';
    await fetchAll(['hf:ann/model:Q8_0']);
    const recipe = parse(`models: { a: ${name} }\nbase: a`);
    await expect(placeRecipe(recipe, { environment: environment() })).rejects.toThrow(
      `${name} is not in the cache`,
    );
  });
});

it('names are found in a recipe that is wrong elsewhere, and none in what is no recipe', () => {
  expect(hubNamesIn('models: { a: hf:a/b }\nbse: a')).toEqual(['hf:a/b']);
  expect(hubNamesIn('models: [')).toEqual([]);
  expect(hubNamesIn('hf:a/b')).toEqual([]);
});

it('a recipe of files alone is left as it is, and its files are looked for', async () => {
  const recipe = parse('models: { own: own.gguf }\nbase: own');
  expect(await placeRecipe(recipe)).toBe(recipe);
  await requireRecipeFiles(recipe);
  const other = parse('models: { own: other.gguf }\nbase: own');
  await expect(requireRecipeFiles(other)).rejects.toThrow('there is no file');
});
