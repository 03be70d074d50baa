import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { string, uint32, writeGguf, type MetadataValue } from '../gguf/index.ts';
import { serializeFormula } from '../compose/index.ts';
import { RecipeError } from '../spec/index.ts';
import { loadRecipe, recipeOfModels } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-models-'));
  const write = (name: string, template: boolean) => {
    const metadata = new Map<string, MetadataValue>([
      ['general.architecture', string('llama')],
      ['llama.context_length', uint32(64)],
    ]);
    if (template) metadata.set('tokenizer.chat_template', string('{{ 1 }}'));
    return writeGguf(path.join(folder, name), { metadata, tensors: [] });
  };
  await write('plain.gguf', false);
  await write('chat.gguf', true);
  await write('odd name (1).GGUF', true);
  await write('no-ending', true);
  await writeFile(path.join(folder, 'broken.gguf'), 'models: {}');
  await mkdir(path.join(folder, 'folder.gguf'));
});
afterAll(() => rm(folder, { recursive: true }));

const place = () => ({ directory: folder });
const viewsOf = async (base: string, expert: string, antiExpert: string) => {
  const { recipe } = await recipeOfModels({ base, expert, antiExpert }, place());
  return [...recipe.models.values()].map(({ view }) =>
    view.kind === 'raw' ? 'raw' : (view.templateOf ?? 'chat'),
  );
};

describe('a model where a recipe is expected', () => {
  it.each([
    ['chat.gguf', 'chat'],
    ['odd name (1).GGUF', 'odd-name-1-'],
    ['no-ending', 'no-ending'],
  ])('%s is a recipe of itself, called %s', async (file, name) => {
    const recipe = await loadRecipe(path.join(folder, file));
    expect(recipe).toMatchObject({ name, base: 'base', expert: null, file: null, warnings: [] });
    expect([...recipe.models.values()]).toMatchObject([
      { source: { path: path.join(folder, file) }, view: { kind: 'chat', template: null } },
    ]);
  });

  it('without a template goes on with the text, and says so', async () => {
    const recipe = await loadRecipe(path.join(folder, 'plain.gguf'));
    expect(recipe.models.get('base')!.view).toEqual({ kind: 'raw' });
    expect(recipe.warnings).toEqual([
      expect.stringMatching(/^plain\.gguf has no chat template: .* goes on writing it/),
    ]);
  });

  it.each([
    ['broken.gguf', /broken\.gguf.*GGUF/],
    ['folder.gguf', /folder\.gguf/],
    ['missing.gguf', /missing\.gguf does not exist/],
  ])('%s is refused', async (file, message) => {
    const loading = loadRecipe(path.join(folder, file));
    await expect(loading).rejects.toThrow(RecipeError);
    await expect(loading).rejects.toThrow(message);
  });

  it('by its name of the hub must be in the cache', async () => {
    const environment = { HF_HOME: folder };
    await expect(loadRecipe('hf:ann/tiny:Q8_0', { environment })).rejects.toThrow(
      /hf:ann\/tiny:Q8_0 is not in the cache.*trimtab pull/,
    );
  });
});

describe('models by their roles', () => {
  it('are proxy-tuning', async () => {
    const files = { base: 'plain.gguf', expert: 'chat.gguf', antiExpert: 'plain.gguf' };
    const { recipe, document } = await recipeOfModels({ ...files, alpha: 0.7 }, place());
    expect(serializeFormula(recipe.formula)).toBe('base + alpha * (expert - antiExpert)');
    expect(recipe.params.get('alpha')).toMatchObject({ default: 0.7, min: 0, max: 2 });
    expect(recipe.name).toBe('plain-steered');
    expect(document).toEqual({
      name: 'plain-steered',
      models: files,
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      params: { alpha: { default: 0.7, min: 0, max: 2 } },
    });
  });

  it.each([
    [
      ['chat.gguf', 'chat.gguf', 'chat.gguf'],
      ['chat', 'chat', 'chat'],
    ],
    [
      ['plain.gguf', 'chat.gguf', 'plain.gguf'],
      ['chat', 'chat', 'chat'],
    ],
    [
      ['chat.gguf', 'plain.gguf', 'plain.gguf'],
      ['chat', 'base', 'base'],
    ],
    [
      ['plain.gguf', 'plain.gguf', 'plain.gguf'],
      ['raw', 'raw', 'raw'],
    ],
  ] as const)('%j are seen as %j', async ([base, expert, antiExpert], views) => {
    expect(await viewsOf(base, expert, antiExpert)).toEqual(views);
  });

  it.each([
    [{ expert: 'chat.gguf' }, 'expert without antiExpert'],
    [{ antiExpert: 'chat.gguf' }, 'antiExpert without expert'],
    [{ base: 'https://example.org/a.gguf' }, 'This is a web address'],
  ])('%j are refused', async (given, message) => {
    await expect(recipeOfModels({ base: 'chat.gguf', ...given }, place())).rejects.toThrow(message);
  });
});
