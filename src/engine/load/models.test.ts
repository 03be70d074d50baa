import { describe, expect, it } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { FakeModel } from '../../../test/support/fake-model/fake-model.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';
import type { ModelLoader } from './weights.ts';

/** Logits that depend on the last token, and on what is added while a pass of many runs. */
function fake(wrongBy: number, wrongFrom: number): FakeModelOptions {
  let wrong = 0;
  return {
    logits: (tokens) =>
      Array.from({ length: 258 }, (_, i) => Math.sin(i + tokens.at(-1)!) + (i % 2) * wrong),
    onPass: ({ parts }) => {
      wrong = parts.length >= wrongFrom ? wrongBy : 0;
    },
  };
}

/** Loads fakes that compute wrongly if they are repacked, and tells what was asked of it. */
function repackingLoader(wrongBy: number, wrongFrom: number) {
  const loads: { readonly repack: boolean | undefined; readonly model: FakeModel }[] = [];
  const loader: ModelLoader = async (_source, { repack }) => {
    const model = new FakeModel(
      'fake.gguf',
      repack === true ? fake(wrongBy, wrongFrom) : fake(0, 1),
    );
    loads.push({ repack, model });
    return model;
  };
  return { loader, loads };
}

function recipeOf(engine: RecipeDocument['engine'], rewards: RecipeDocument['rewards'] = {}) {
  const models = { base: { file: 'fake.gguf', prompt: 'raw' as const } };
  return resolveRecipe({ models, base: 'base', engine, rewards }, { directory: '/' });
}

describe('repacked weights', () => {
  it('are not asked for by default, and nothing is checked', async () => {
    const { loader, loads } = repackingLoader(Number.NaN, 1);
    await using trimtab = await LoadedRecipe.load(recipeOf({}), { loader });
    expect(loads.map(({ repack }) => repack)).toEqual([false]);
    expect(loads[0]!.model.passes).toEqual([]);
    expect(trimtab.warnings).toEqual([]);
  });

  it.each([
    ['NaN in a batch of four', Number.NaN, 4],
    ['.7 nats off beside another', 1.4, 2],
  ])('that give %s are given up for plain ones, with a warning', async (_, wrongBy, wrongFrom) => {
    const { loader, loads } = repackingLoader(wrongBy, wrongFrom);
    await using trimtab = await LoadedRecipe.load(recipeOf({ repack: true }), { loader });
    expect(loads.map(({ repack, model }) => [repack, model.isDisposed])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(trimtab.warnings).toEqual([
      expect.stringMatching(/^engine\.repack computes fake\.gguf wrongly.*beside.*plain weights/),
    ]);
    const answers = await Promise.all(
      [1, 2, 3, 4].map((seed) => trimtab.generate('a', { maxTokens: 3, seed })),
    );
    expect(answers.map(({ tokens }) => tokens.length)).toEqual([3, 3, 3, 3]);
  });

  it('that compute rightly stay, and leave all sequences free', async () => {
    const { loader, loads } = repackingLoader(0.01, 2);
    await using trimtab = await LoadedRecipe.load(recipeOf({ repack: true }), { loader });
    expect(loads.map(({ repack }) => repack)).toEqual([true]);
    expect(trimtab.warnings).toEqual([]);
    expect([...loads[0]!.model.contexts].map((each) => each.sequences.size)).toEqual([0]);
  });

  it('that fail to be checked are freed', async () => {
    const broken = new FakeModel('fake.gguf', {
      onPass: () => Promise.reject(new Error('out of order')),
    });
    const loader: ModelLoader = async () => broken;
    await expect(LoadedRecipe.load(recipeOf({ repack: true }), { loader })).rejects.toThrow(
      'out of order',
    );
    expect(broken.isDisposed).toBe(true);
  });
});

it('suspects the machine before the file where a model gives NaN', async () => {
  const logits = () => Array.from({ length: 258 }, () => Number.NaN);
  const loader: ModelLoader = async () => new FakeModel('fake.gguf', { logits });
  await using trimtab = await LoadedRecipe.load(recipeOf({}), { loader });
  await expect(trimtab.generate('a', { maxTokens: 1 })).rejects.toThrow(
    /base gave NaN.*this machine.*repack.*trimtab doctor.*check the file/s,
  );
});

it(
  'a constraint that cannot be compiled keeps a recipe from loading',
  { tags: ['slow'] },
  async () => {
    const { loader, loaded } = fakeLoader({ base: {} });
    const recipe = fakeRecipe({ constraint: { regex: 'a(b' } });
    const loading = LoadedRecipe.load(recipe, { loader });
    await expect(loading).rejects.toMatchObject({
      code: 'invalid_recipe',
      message: expect.stringContaining(
        'constraint.regex: The regular expression has a (',
      ) as string,
      cause: { code: 'invalid_constraint' },
    });
    expect(() => loaded('base')).toThrow('No fake');
  },
);

describe('a model of another tokenizer', () => {
  const other = pieceVocabulary(Array.from('xyz', (letter) => Buffer.from(letter)));
  const models = {
    base: { file: 'base.gguf', prompt: 'raw' },
    other: { file: 'other.gguf', prompt: 'raw' },
  } as const;
  const load = (given: Partial<RecipeDocument>) => {
    const { loader, loaded } = fakeLoader({
      base: {},
      other: { vocabulary: other, logits: () => [0, 1, 0, 0, 0] },
    });
    const document = { models, base: 'base', formula: 'base', ...given };
    const loading = LoadedRecipe.load(resolveRecipe(document, { directory: '/' }), { loader });
    return { loading, loaded };
  };

  it('can be asked alone, in its own words', async () => {
    await using trimtab = await load({}).loading;
    const { text } = await trimtab.generate('x', { only: 'other', maxTokens: 3, temperature: 0 });
    expect(text).toBe('yyy');
    expect(trimtab.models.map(({ vocabularySize }) => vocabularySize)).toEqual([258, 5]);
  });

  it.each<[string, Partial<RecipeDocument>]>([
    ['the formula', { formula: 'base + other' }],
    ['what is plausible', { plausibility: { minP: 0.1, models: ['other'] } }],
    ['a reward', { rewards: { r: { nextToken: 'other' } } }],
    ['a reward of hidden states', { rewards: { r: { model: 'other', head: 'h', headFile: 'h' } } }],
  ])('has no place in %s, and what was loaded is freed', async (_, given) => {
    const { loading, loaded } = load(given);
    await expect(loading).rejects.toMatchObject({ code: 'vocabulary_mismatch' });
    for (const name of ['base', 'other']) {
      expect(loaded(name)).toMatchObject({ isDisposed: true, contexts: new Set() });
    }
  });
});

it('holds as many tokens as every model was trained on', async () => {
  const { loader } = fakeLoader({
    base: { trainedContextLength: 300 },
    expert: { trainedContextLength: 200 },
  });
  const models = {
    base: { file: 'base.gguf', prompt: 'raw' },
    expert: { file: 'expert.gguf', prompt: 'raw' },
  } as const;
  const recipe = resolveRecipe(
    { models, base: 'base', formula: 'base + expert' },
    { directory: '/' },
  );
  await using trimtab = await LoadedRecipe.load(recipe, { loader });
  expect(trimtab.models.map(({ contextLength }) => contextLength)).toEqual([200, 200]);
  expect(trimtab.models[0]!.kernels).toBe('a given loader, f16 cache');
});

it('tells how far each file is, and stops when it is aborted', async () => {
  const { loader, loaded } = fakeLoader({ base: {}, expert: {} });
  const recipe = fakeRecipe();
  const progress: unknown[] = [];
  const controller = new AbortController();
  const loading = LoadedRecipe.load(recipe, {
    loader,
    signal: controller.signal,
    onProgress: (each) => {
      progress.push(each);
      controller.abort(new Error('enough'));
    },
  });
  await expect(loading).rejects.toThrow('enough');
  expect(progress).toEqual([{ model: 'base', file: '/nowhere/base.gguf', share: 1 }]);
  expect(loaded('base').isDisposed).toBe(true);
});
