import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { createVocabulary, permuteVocabulary, renameToken } from '../../test/support/gguf/index.ts';
import { temporaryFolder, writeTinyModel } from '../../test/support/random-models.ts';
import { serializeFormula } from '../compose/index.ts';
import { string, uint32, type MetadataValue } from '../gguf/index.ts';
import { loadRecipe } from '../recipe/index.ts';
import { InvalidOptionError, RecipeError, VocabularyMismatchError } from '../spec/index.ts';
import { draftRecipe, type DraftRecipeOptions, type RecipeDraft } from './draft-recipe.ts';
import { purposeNames, purposes } from './purposes.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

type Metadata = Readonly<Record<string, MetadataValue>>;
type Shape = Parameters<typeof writeTinyModel>[2];

const write = (name: string, shape: Shape = {}, metadata: Metadata = {}) =>
  writeTinyModel(folder.path, name, {
    contextLength: 8192,
    ...shape,
    metadata: Object.entries({ 'general.name': string(name), ...metadata }),
  });
const large = { blockCount: 4 };
const noTemplate = { chatTemplate: null };

beforeAll(async () => {
  folder = await temporaryFolder();
  await write('large', large);
  await write('small');
  await write('small-instruct');
  await write('small-plus');
  await write('other');
  await write('deep-instruct', { blockCount: 3 });
  await write('kin', {}, { 'general.basename': string('kin') });
  await write('stranger-it', {}, { 'general.basename': string('stranger') });
  await write('coarse-instruct', {}, { 'general.file_type': uint32(10) });
  await write('short-instruct', { contextLength: 256 });
  await write('own', large, { 'tokenizer.chat_template': string('{{ messages[0].content }}!') });
  await write('bare', { ...large, ...noTemplate });
  await write('bare-small', noTemplate);
  const vocabulary = createVocabulary(512, 1);
  await write('permuted-instruct', { vocabulary: permuteVocabulary(vocabulary, 3) });
  await write('foreign-instruct', { vocabulary: renameToken(vocabulary, 300, 'zzz') });
  await writeFile(path.join(folder.path, 'town.json'), '{ "type": "object" }');
  await writeFile(path.join(folder.path, 'broken.json'), '{ "type": ');
  await writeFile(path.join(folder.path, 'no.gguf'), 'no model');
});
afterAll(() => folder[Symbol.asyncDispose]());

const draft = (options: Omit<DraftRecipeOptions, 'directory'>) =>
  draftRecipe({ directory: folder.path, ...options });
const manner = (...models: string[]) =>
  draft({ purpose: 'manner', models: models.map((model) => `${model}.gguf`) });
const rolesOf = ({ roles }: RecipeDraft) =>
  Object.fromEntries(roles.map(({ role, model }) => [role, path.basename(model, '.gguf')]));
const trio = { base: 'large', expert: 'small-instruct', antiExpert: 'small' };

describe('every purpose', () => {
  const made = purposeNames.flatMap((purpose) => {
    const { least, most } = purposes[purpose];
    const counts = [1, 2, 3].filter((count) => count >= least && count <= most);
    return counts.map((count) => [purpose, count] as const);
  });

  it.each(made)(
    '%s of %i models is a recipe that loads as it was drafted',
    async (purpose, count) => {
      const models = ['large.gguf', 'small-instruct.gguf', 'small.gguf'].slice(0, count);
      const schemaFile = purpose === 'schema' ? 'town.json' : undefined;
      const { text, recipe } = await draft({ purpose, models, schemaFile });
      const file = path.join(folder.path, `${purpose}-${count}.yaml`);
      await writeFile(file, text);
      expect(await loadRecipe(file)).toEqual({ ...recipe, file });
      expect(recipe.warnings).toEqual([]);
      expect(text).toMatch(/^# yaml-language-server: \$schema=\S+recipe\.schema\.json\n/);
      expect(text).not.toMatch(/[&*]a1/);
    },
  );

  it.each(made)('%s of %i models says of every part what it is', async (purpose, count) => {
    const models = ['large.gguf', 'small-instruct.gguf', 'small.gguf'].slice(0, count);
    const schemaFile = purpose === 'schema' ? 'town.json' : undefined;
    const { text } = await draft({ purpose, models, schemaFile });
    const parts = [...text.matchAll(/^(?!name|base|expert|antiExpert)(\w+):/gm)];
    const bare = parts.filter(({ index }) => !/(?:^|\n)#.*\n$/.test(text.slice(0, index)));
    expect(bare.map(([, part]) => part)).toEqual(
      purpose === 'schema' && count === 1 ? ['models'] : [],
    );
  });
});

describe('roles', () => {
  it.each([
    ['large', 'small-instruct', 'small'],
    ['small', 'small-instruct', 'large'],
    ['small-instruct', 'large', 'small'],
  ])('are found of %s, %s and %s', async (...models) => {
    const found = await manner(...models);
    expect(rolesOf(found)).toEqual(trio);
    expect(found.warnings).toEqual([]);
    expect(found.roles.map(({ reason }) => reason)).toEqual([
      'the largest',
      'called instruct',
      'the other small one',
    ]);
    expect(serializeFormula(found.recipe.formula)).toBe('large + alpha * (tuned - small)');
  });

  it('are as they are said, and the rest is found', async () => {
    const said = await draft({
      purpose: 'manner',
      models: ['small-instruct.gguf'],
      base: 'small.gguf',
      antiExpert: 'large.gguf',
    });
    expect(rolesOf(said)).toEqual({ base: 'small', expert: 'small-instruct', antiExpert: 'large' });
  });

  it('a model that is called as another and something more is tuned', async () => {
    expect(rolesOf(await manner('small', 'small-plus', 'large'))).toMatchObject({
      expert: 'small-plus',
    });
  });

  it('that cannot be told are guessed, and said so', async () => {
    const { warnings } = await manner('large', 'small', 'other');
    expect(warnings).toEqual([
      expect.stringMatching(/small\.gguf and other\.gguf is tuned cannot/),
    ]);
  });

  it('of two twins the untuned one is steered by its own tuning', async () => {
    const found = await manner('small-instruct', 'small');
    expect(rolesOf(found)).toEqual({ ...trio, base: 'small' });
    expect(found.warnings).toEqual([expect.stringMatching(/are all there is.*larger model/)]);
  });

  it('are numbers of their own, by which nobody is two of them', async () => {
    await expect(manner('large')).rejects.toThrow('made of 2 to 3 models, and 1 are named');
    await expect(draft({ purpose: 'guidance', models: ['a', 'b'] })).rejects.toThrow(
      'made of 1 model,',
    );
    await expect(manner('large', 'small', 'small')).rejects.toThrow('small.gguf is named twice');
    await expect(
      draft({ purpose: 'manner', base: 'large.gguf', antiExpert: 'small.gguf' }),
    ).rejects.toThrow('There is no expert');
  });
});

describe('without a twin', () => {
  it('a manner is that of an instruction', async () => {
    const { recipe, warnings } = await draft({
      purpose: 'manner',
      models: ['large.gguf', 'small-instruct.gguf'],
      system: 'Be kind.',
    });
    expect(serializeFormula(recipe.formula)).toBe('large + alpha * (told - untold)');
    expect(recipe.models.get('told')!.system).toBe('Be kind.');
    expect(recipe.models.get('untold')!.system).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/^small-instruct\.gguf has no twin here/)]);
  });

  it.each(['expert', 'reasoner'] as const)('%s is mixed', async (purpose) => {
    const models = ['large.gguf', 'small-instruct.gguf'];
    const { recipe, warnings } = await draft({ purpose, models });
    expect(serializeFormula(recipe.formula)).toBe('(1 - w) * logp(large) + w * logp(tuned)');
    expect(warnings).toEqual([expect.stringMatching(/has no twin here: the two models are mixed/)]);
  });
});

describe('warns of', () => {
  it.each([
    [
      'models that are no twins',
      ['large', 'deep-instruct', 'small'],
      /no twins: they differ in layers \(3 and 2\)/,
    ],
    ['other families', ['large', 'stranger-it', 'kin'], /no twins: they are of stranger and kin/],
    [
      'coarse weights',
      ['large', 'coarse-instruct', 'small'],
      /coarse-instruct\.gguf is quantised to Q2_K, below Q4/,
    ],
    [
      'a pair that is quantised differently',
      ['large', 'coarse-instruct', 'small'],
      /differently \(Q2_K and Q8_0\)/,
    ],
    [
      'short contexts',
      ['large', 'short-instruct', 'small'],
      /short-instruct\.gguf was trained on 256 tokens/,
    ],
    [
      'templates that differ',
      ['own', 'small-instruct', 'small'],
      /own\.gguf has a template of its own, and is made to read that of small-instruct/,
    ],
  ])('%s', async (_, models, warning) => {
    const { warnings } = await manner(...models);
    expect(warnings).toEqual(expect.arrayContaining([expect.stringMatching(warning)]));
  });

  it('what needs more memory than there is', async () => {
    const available = vi.spyOn(process, 'availableMemory').mockReturnValue(2 ** 20);
    const { memory, warnings } = await manner('large', 'small-instruct', 'small');
    available.mockRestore();
    expect(memory.availableBytes).toBe(2 ** 20);
    expect(warnings).toEqual([
      expect.stringMatching(/^It needs about \d\.\d GiB, and 0\.0 GiB are/),
    ]);
  });
});

describe('views', () => {
  const viewsOf = ({ recipe }: RecipeDraft) =>
    [...recipe.models.values()].map(({ name, view }) => [
      name,
      view.kind === 'raw' ? 'raw' : (view.templateOf ?? 'chat'),
    ]);

  it('are of one template', async () => {
    expect(viewsOf(await manner('own', 'small-instruct', 'small'))).toEqual([
      ['large', 'tuned'],
      ['tuned', 'chat'],
      ['small', 'chat'],
    ]);
  });

  it("are the expert's where a file has none", async () => {
    const found = await manner('bare', 'small-instruct', 'bare-small');
    expect(viewsOf(found).map(([, view]) => view)).toEqual(['chat', 'chat', 'chat']);
    expect(found.warnings).toEqual([]);
  });

  it('are the text alone where no file has one', async () => {
    const { recipe, warnings } = await draft({ purpose: 'guidance', models: ['bare.gguf'] });
    expect([...recipe.models.values()].map(({ view, system }) => [view.kind, system])).toEqual([
      ['raw', 'Answer in one short sentence.'],
      ['raw', null],
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^bare\.gguf has no chat template: it sees your/),
    ]);
  });
});

describe('vocabularies', () => {
  it('are aligned', async () => {
    const { vocabularies } = await manner('large', 'permuted-instruct', 'small');
    expect(vocabularies).toEqual([
      expect.stringMatching(
        /permuted-instruct\.gguf has 512 of the 512 tokens of large\.gguf; \d+ of/,
      ),
      'small.gguf has the same 512 tokens as large.gguf.',
    ]);
  });

  it('of another tokenizer are refused with the token that differs', async () => {
    const drafting = manner('large', 'foreign-instruct', 'small');
    await expect(drafting).rejects.toThrow(VocabularyMismatchError);
    await expect(drafting).rejects.toThrow(/first token 300/);
  });
});

describe('refuses', () => {
  it.each([
    ['no.gguf', RecipeError, /GGUF/],
    ['missing.gguf', RecipeError, /missing\.gguf does not exist/],
    ['https://example.org/a.gguf', RecipeError, /web address/],
    ['hf:ann/tiny:Q8_0', RecipeError, /trimtab pull hf:ann\/tiny:Q8_0/],
  ])('%s', async (model, kind, message) => {
    const environment = { HF_HOME: folder.path };
    const drafting = draft({ purpose: 'guidance', models: [model], environment });
    await expect(drafting).rejects.toThrow(kind);
    await expect(drafting).rejects.toThrow(message);
  });

  it.each([
    ['schema', undefined, /Name the file/],
    ['schema', 'none.json', /none\.json cannot be read/],
    ['schema', 'broken.json', /broken\.json is not JSON/],
    ['guidance', 'town.json', /for the purpose schema/],
  ] as const)('%s of the schema %s', async (purpose, schemaFile, message) => {
    const drafting = draft({ purpose, models: ['large.gguf'], schemaFile });
    await expect(drafting).rejects.toThrow(InvalidOptionError);
    await expect(drafting).rejects.toThrow(message);
  });
});

it('names files from where the recipe will lie, and is called as it is told', async () => {
  const options = { purpose: 'guidance', models: ['large.gguf'], name: 'mine' } as const;
  const here = await draft(options);
  expect(here.text).toContain('file: large.gguf');
  expect(here.recipe.name).toBe('mine');
  const elsewhere = await draft({ ...options, folder: path.join(folder.path, 'recipes') });
  expect(elsewhere.text).toContain(`file: ${path.join(folder.path, 'large.gguf')}`);
  expect((await draft({ ...options, name: undefined })).recipe.name).toBe('large-guidance');
});
