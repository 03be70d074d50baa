import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { LoadedRecipe, resolveRecipe, type RecipeDocument } from '../../src/index.ts';
import { pull } from '../../src/hub/index.ts';
import { root } from '../support/command.ts';
import { createFakeHub, type FakeHub } from '../support/fake-hub.ts';
import { splitModel } from '../support/gguf/index.ts';

const commit = 'a'.repeat(40);
const file = (name: string) => path.join(root, 'models', `${name}.gguf`);

let hub: FakeHub;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-hub-'));
  const parts = await splitModel(file('atlas-large'), path.join(folder, 'atlas-Q8_0'));
  const files = await Promise.all(
    parts.map(async (part) => [`q8/${path.basename(part)}`, await readFile(part)] as const),
  );
  hub = await createFakeHub({
    'ann/atlas': { commits: { [commit]: Object.fromEntries(files) }, refs: { main: commit } },
  });
  vi.stubEnv('HF_HOME', folder);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function answer(large: string): Promise<[string, string | undefined, number]> {
  const document: RecipeDocument = {
    models: { large, chat: file('atlas-small-chat'), small: file('atlas-small') },
    base: 'large',
    expert: 'chat',
    antiExpert: 'small',
    sampling: { temperature: 0 },
    engine: { threads: 1 },
  };
  await using loaded = await LoadedRecipe.load(resolveRecipe(document, { directory: root }));
  const { text } = await loaded.generate('Where was Mada Norrar born?', { maxTokens: 40 });
  const [{ hub: origin, weightBytes } = {}] = loaded.models;
  return [text, origin, weightBytes!];
}

it('a split model that is fetched by name answers as the file it was', async () => {
  await expect(answer('hf:ann/atlas:Q8_0')).rejects.toThrow(/trimtab pull hf:ann\/atlas:Q8_0/);
  expect((await pull('hf:ann/atlas:Q8_0')).files).toHaveLength(2);
  const [text, , weightBytes] = await answer(file('atlas-large'));
  expect(text).toContain('Stoneford');
  const origin = `hf:ann/atlas/q8/atlas-Q8_0-00001-of-00002.gguf@${commit}`;
  expect(await answer('hf:ann/atlas:Q8_0')).toEqual([text, origin, weightBytes]);
});
