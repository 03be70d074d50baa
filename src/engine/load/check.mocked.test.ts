import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { byteVocabulary } from '../../../test/support/byte-vocabulary.ts';
import { controlVocabulary } from '../../../test/support/control-vocabulary.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { FakeModel } from '../../../test/support/fake-model/fake-model.ts';
import { writeSmallModels } from '../../../test/support/gguf/index.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { LoadModelOptions } from '../../llama/index.ts';
import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { ModelLoadError, VocabularyMismatchError } from '../../spec/index.ts';
import { checkRecipe, type CheckedModel } from './check.ts';

// Headers are those of true files; what llama.cpp would load of them are fakes.

const native = vi.hoisted(() => ({
  fakes: {} as Record<string, unknown>,
  loads: [] as { readonly file: string; readonly options: unknown; readonly model: unknown }[],
  kinds: [] as string[],
}));

vi.mock(import('../../llama/index.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const { FakeModel: Fake } = await import('../../../test/support/fake-model/fake-model.ts');
  const loadModel = async (file: string, options: LoadModelOptions = {}) => {
    const fake = native.fakes[path.basename(file)] as FakeModelOptions | Error;
    if (fake instanceof Error) throw fake;
    const model = new Fake(path.basename(file), fake);
    native.loads.push({ file, options, model });
    return model;
  };
  return {
    ...original,
    loadModel: loadModel as unknown as typeof original.loadModel,
    loadLlamaLibrary: (() => ({
      devices: () => native.kinds.map((kind) => ({ kind })),
    })) as unknown as typeof original.loadLlamaLibrary,
  };
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-check-'));
  await writeSmallModels(folder, { vocabSize: 300, blockCount: 1 });
  await writeFile(path.join(folder, 'no.gguf'), 'GGUF, or so it says');
});
afterAll(() => rm(folder, { recursive: true }));

const plain: FakeModelOptions = { vocabulary: byteVocabulary(), trainedContextLength: 512 };
beforeEach(() => {
  native.fakes = { 'a.gguf': plain, 'b.gguf': plain };
  native.loads = [];
  native.kinds = [];
});

const models = {
  a: { file: 'a.gguf', prompt: 'raw' },
  b: { file: 'b.gguf', prompt: 'raw' },
} as const;
const recipeOf = (given: Partial<RecipeDocument> = {}) =>
  resolveRecipe({ models, base: 'a', formula: 'a + b', ...given }, { directory: folder });

/** A prompt as text, its control tokens in brackets. */
const spelled = ({ samplePrompt }: Pick<CheckedModel, 'samplePrompt'>) =>
  samplePrompt?.map(({ text, isControl }) => (isControl ? `[${text}]` : text)).join('');

const conversation = 'What is a trim tab?\n\nA small surface on a rudder.\n\nWhat is it for?';

const isFreed = () => native.loads.every(({ model }) => (model as FakeModel).isDisposed);

describe('a recipe that can run', () => {
  it('is described, and its weights are not loaded', async () => {
    const report = await checkRecipe(
      recipeOf({ models: { ...models, b: { ...models.b, system: 'Be brief.' } } }),
    );
    expect(report.problems).toEqual([]);
    expect(report.models.map((model) => [model.name, spelled(model)])).toEqual([
      ['a', conversation],
      ['b', `Be brief.\n\n${conversation}`],
    ]);
    expect(report.models[0]!.description).toMatchObject({ vocabSize: 300, contextLength: 512 });
    expect(report.models[1]!.vocabularyReport).toContain('"b" has the same 258 tokens as "a"');
    expect(report.memory!.contexts.map((each) => each.models)).toEqual([['a'], ['b']]);
    expect(report.exactness).toMatch(/^nearly always the same bits.*Q8_0/);
    expect(report.measured).toBeNull();
    expect(native.loads.map(({ options }) => options)).toEqual([
      { vocabularyOnly: true },
      { vocabularyOnly: true },
    ]);
    expect(isFreed()).toBe(true);
  });

  it('is seen through its chat template, the model’s or its own', async () => {
    const chatTemplate = "{{ '[' + messages[0].content + ']' }}";
    native.fakes['a.gguf'] = { ...plain, chatTemplate };
    native.fakes['b.gguf'] = { ...plain, chatTemplate };
    const own = { template: "{{ '(' + messages[0].content + ')' }}" };
    const { models: checked } = await checkRecipe(
      recipeOf({ models: { a: 'a.gguf', b: { file: 'b.gguf', prompt: own } } }),
    );
    expect(checked.map(spelled)).toEqual(['[What is a trim tab?]', '(What is a trim tab?)']);
  });

  it('is seen through the expert’s template where a file has none', async () => {
    const marked = { ...plain, vocabulary: controlVocabulary() };
    native.fakes['a.gguf'] = marked;
    native.fakes['b.gguf'] = { ...marked, chatTemplate: "{{ '<|user|>' + messages[0].content }}" };
    const { models: checked, problems } = await checkRecipe(
      recipeOf({ models: { a: 'a.gguf', b: 'b.gguf' }, expert: 'b' }),
    );
    expect(problems).toEqual([]);
    expect(checked.map(spelled)).toEqual(Array(2).fill('[<s>][<|user|>]What is a trim tab?'));
  });

  it('checks the base first, whatever the order of the recipe', async () => {
    const { models: checked } = await checkRecipe(recipeOf({ base: 'b', formula: 'b + a' }));
    expect(checked.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it('is measured if that is asked for', async () => {
    const { measured, problems } = await checkRecipe(recipeOf({ engine: { maxSequences: 2 } }), {
      measure: true,
    });
    expect(problems).toEqual([]);
    expect(measured!.contexts.map(({ model }) => model)).toEqual(['a.gguf', 'b.gguf']);
    for (const { shapes } of measured!.contexts) {
      expect(shapes.map(({ shape }) => shape)).toEqual(['in one piece', 'beside 1 other']);
      expect(shapes.every(({ sameBits }) => sameBits)).toBe(true);
    }
    expect(measured!.warnings).toEqual([]);
    expect(isFreed()).toBe(true);
  });
});

describe('what is wrong', () => {
  it('may be the constraint', async () => {
    const { problems } = await checkRecipe(recipeOf({ constraint: { regex: 'a(b' } }));
    expect(problems).toMatchObject([
      { code: 'invalid_recipe', message: expect.stringContaining('constraint.regex: ') as string },
    ]);
  });

  it('is all told, and the rest is still found out', async () => {
    native.fakes['b.gguf'] = new ModelLoadError('unknown tokenizer');
    const broken = recipeOf({
      models: {
        ...models,
        c: { file: 'no.gguf', prompt: 'raw' },
        d: { file: 'absent.gguf', prompt: 'raw' },
      },
    });
    const report = await checkRecipe(broken, { measure: true });
    expect(report.problems).toMatchObject([
      { code: 'model_load_failed', message: 'unknown tokenizer' },
      { code: 'invalid_gguf' },
      { message: expect.stringContaining('absent.gguf') as string },
    ]);
    expect(report.models.map(({ description }) => description === null)).toEqual(
      [0, 0, 1, 1].map(Boolean),
    );
    expect(report.models.map(({ vocabularyReport }) => vocabularyReport === null)).toEqual(
      [0, 1, 1, 1].map(Boolean),
    );
    expect([report.memory, report.exactness, report.measured]).toEqual([null, null, null]);
    expect(isFreed()).toBe(true);
  });

  it('is a vocabulary of another tokenizer', async () => {
    const other = pieceVocabulary(Array.from('xyz', (letter) => Buffer.from(letter)));
    native.fakes['b.gguf'] = { vocabulary: other };
    const { problems, models: checked } = await checkRecipe(recipeOf());
    expect(problems).toHaveLength(1);
    expect(problems[0]).toBeInstanceOf(VocabularyMismatchError);
    expect(checked[1]!.vocabularyReport).toBeNull();
    expect(checked[1]!.samplePrompt).not.toBeNull();
  });

  it('is told once where it is the base’s', async () => {
    native.fakes['a.gguf'] = new ModelLoadError('unknown tokenizer');
    const { problems, models: checked } = await checkRecipe(recipeOf());
    expect(problems).toHaveLength(1);
    expect(checked.map(({ vocabularyReport }) => vocabularyReport)).toEqual([null, null]);
  });

  it('is a chat view without a template', async () => {
    const { problems } = await checkRecipe(recipeOf({ models: { ...models, a: 'a.gguf' } }));
    expect(problems).toMatchObject([
      { code: 'invalid_recipe', message: expect.stringContaining('models.a') as string },
    ]);
  });

  it('is a context longer than a model was trained on', async () => {
    const check = async (contextLength: number) =>
      (await checkRecipe(recipeOf({ engine: { contextLength } }))).problems;
    expect(await check(512)).toEqual([]);
    expect(await check(513)).toMatchObject([
      {
        option: 'engine.contextLength',
        message: 'engine.contextLength is 513, but a was trained on 512 tokens: lower it.',
      },
    ]);
  });

  it('is more memory than there is', async () => {
    const { problems, memory } = await checkRecipe(
      recipeOf({ engine: { contextLength: 512, maxSequences: 256 } }),
    );
    expect(problems).toEqual([]);
    const available = vi.spyOn(process, 'availableMemory').mockReturnValue(memory!.totalBytes - 1);
    const { problems: found } = await checkRecipe(
      recipeOf({ engine: { contextLength: 512, maxSequences: 256 } }),
    );
    available.mockRestore();
    expect(found).toMatchObject([{ code: 'insufficient_memory' }]);
  });
});

it('says which model of the hub is not in the cache, and describes the others', async () => {
  vi.stubEnv('HF_HOME', folder);
  const { problems, models: checked } = await checkRecipe(
    recipeOf({ models: { ...models, a: 'hf:ann/model:Q8_0' } }),
  );
  vi.unstubAllEnvs();
  expect(problems).toMatchObject([
    { code: 'invalid_recipe', message: expect.stringContaining('trimtab pull hf:ann') as string },
  ]);
  expect(
    checked.map(({ file, description }) => [path.basename(file), description === null]),
  ).toEqual([
    ['model:Q8_0', true],
    ['b.gguf', false],
  ]);
});

describe('a check that is aborted', () => {
  it('rejects with the reason, and frees what it holds', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    await expect(checkRecipe(recipeOf(), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    native.fakes['b.gguf'] = {
      get vocabulary() {
        controller.abort(reason);
        return byteVocabulary();
      },
    };
    await expect(checkRecipe(recipeOf(), { signal: controller.signal })).rejects.toBe(reason);
    expect(native.loads.length).toBeGreaterThan(0);
    expect(isFreed()).toBe(true);
  });
});
