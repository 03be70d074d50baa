import { describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import type { Recipe, RecipeDocument } from '../recipe/index.ts';
import { DisposedError, ModelLoadError, QueueFullError } from '../spec/index.ts';
import { Engine } from './engine.ts';

const vocabulary = pieceVocabulary(Array.from('abcd', (letter) => Buffer.from(letter)));
const fake = (salt: number, given: Partial<FakeModelOptions> = {}): FakeModelOptions => ({
  vocabulary,
  logits: chaoticLogits(vocabulary, { salt }),
  ...given,
});

const single = (name: string, file: string, engine: RecipeDocument['engine'] = {}): Recipe =>
  fakeRecipe({
    name,
    models: { base: { file, prompt: 'raw' } },
    formula: 'base',
    params: {},
    engine: { contextLength: 32, ...engine },
  });

describe('an engine of several recipes', () => {
  it('loads equal weights once, and frees them with the last recipe that uses them', async () => {
    let loads = 0;
    const { loader, loaded } = fakeLoader({ a: fake(1), b: fake(2) });
    await using engine = new Engine({
      loader: (file, options) => {
        loads++;
        return loader(file, options);
      },
    });
    const first = await engine.load(single('first', 'a.gguf'));
    const second = await engine.load(single('second', 'a.gguf'));
    await engine.load(single('third', 'b.gguf'));
    expect(loads).toBe(2);
    expect(loaded('a').contexts.size).toBe(2); // caches of their own
    await first[Symbol.asyncDispose]();
    expect([loaded('a').isDisposed, loaded('a').contexts.size]).toEqual([false, 1]);
    expect((await second.generate('a', { maxTokens: 3 })).tokens).toHaveLength(3);
    await second[Symbol.asyncDispose]();
    expect([loaded('a').isDisposed, loaded('b').isDisposed]).toEqual([true, false]);
  });

  it('answers for each as if it were alone', async () => {
    const { loader } = fakeLoader({ a: fake(1), b: fake(2) });
    await using engine = new Engine({ loader });
    const recipes = await Promise.all(
      [single('first', 'a.gguf'), single('second', 'b.gguf')].map((each) => engine.load(each)),
    );
    const ask = (i: number) => recipes[i]!.generate('abc', { maxTokens: 12 });
    const alone = [(await ask(0)).text, (await ask(1)).text];
    const together = await Promise.all([0, 1, 0, 1, 0, 1].map(ask));
    expect(together.map(({ text }) => text)).toEqual([...alone, ...alone, ...alone]);
    expect(alone[0]).not.toBe(alone[1]);
  });

  it('counts what all of them have done, and what their caches hold', async () => {
    const { loader, loaded } = fakeLoader({ a: fake(1), b: fake(2) });
    await using engine = new Engine({ loader });
    const first = await engine.load(single('first', 'a.gguf', { maxSequences: 2 }));
    const second = await engine.load(single('second', 'b.gguf', { maxSequences: 3 }));
    expect(engine.stats).toEqual({
      running: 0,
      queued: 0,
      decodes: 0,
      decodedTokens: 0,
      promptTokens: 0,
      cachedPromptTokens: 0,
      kvCellsUsed: 0,
      kvCells: 5 * 32,
      threads: 1,
      mostThreads: 1,
    });
    await first.generate('abcd', { maxTokens: 3 });
    await second.generate('ab', { maxTokens: 1 });
    await second.generate('abc', { maxTokens: 1 });
    const passes = [...loaded('a').passes, ...loaded('b').passes];
    expect(engine.stats).toMatchObject({
      decodes: passes.length,
      decodedTokens: passes.reduce((sum, { tokens }) => sum + tokens, 0),
      promptTokens: 4 + 2 + 3,
      cachedPromptTokens: 2,
      kvCellsUsed: 4 + 2 + 3,
    });
    expect(first.stats).toEqual(engine.stats);
    await second[Symbol.asyncDispose]();
    expect(engine.stats).toMatchObject({ kvCells: 2 * 32, kvCellsUsed: 6, decodes: passes.length });
  });

  it('ends them all when it is disposed of', async () => {
    const { loader, loaded } = fakeLoader({ a: fake(1), b: fake(2) });
    const engine = new Engine({ loader });
    const first = await engine.load(single('first', 'a.gguf'));
    await engine.load(single('second', 'b.gguf'));
    const running = first.generate('a');
    running.catch(() => {});
    await engine[Symbol.asyncDispose]();
    await expect(running).rejects.toThrow(DisposedError);
    expect([loaded('a').isDisposed, loaded('b').isDisposed]).toEqual([true, true]);
  });

  it('is whole after a load that fails', async () => {
    const { loader, loaded } = fakeLoader({ a: fake(1), b: new ModelLoadError('broken') });
    await using engine = new Engine({ loader });
    const broken = fakeRecipe({
      models: {
        base: { file: 'a.gguf', prompt: 'raw' },
        expert: { file: 'b.gguf', prompt: 'raw' },
      },
    });
    await expect(engine.load(broken)).rejects.toThrow('broken');
    expect(loaded('a').isDisposed).toBe(true);
    expect(engine.stats.kvCells).toBe(0);
    const good = await engine.load(single('good', 'a.gguf'));
    expect((await good.generate('a', { maxTokens: 2 })).tokens).toHaveLength(2);
  });
});

describe('a queue', () => {
  it('refuses what is more than it holds, and says when to come again', async () => {
    let time = 0;
    const { loader } = fakeLoader({ a: fake(1, { onPass: () => void (time += 1000) }) });
    await using engine = new Engine({ loader, maxQueue: 2, now: () => time });
    const recipe = await engine.load(single('first', 'a.gguf', { maxSequences: 1 }));
    await recipe.generate('a', { maxTokens: 3 });
    await recipe.generate('b', { maxTokens: 3 }); // three seconds later
    const asked = ['c', 'd', 'a', 'b'].map((prompt) => recipe.generate(prompt, { maxTokens: 2 }));
    const outcomes = await Promise.allSettled(asked);
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused) {
      expect(error).toBeInstanceOf(QueueFullError);
      expect(error).toMatchObject({
        message: '2 requests are waiting and the queue holds 2. Try again later.',
        retryAfterSeconds: 6,
      });
    }
    expect((await recipe.generate('a', { maxTokens: 1 })).tokens).toHaveLength(1);
  });

  it('counts none that has been started once, though others have its lane now', async () => {
    const { loader } = fakeLoader({ a: fake(1) });
    await using engine = new Engine({ loader, maxQueue: 1 });
    const recipe = await engine.load(
      single('first', 'a.gguf', { maxSequences: 1, contextLength: 512 }),
    );
    const long = recipe.generate('a', { maxTokens: 400 });
    const before = engine.stats.decodes;
    while (engine.stats.decodes < before + 100) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const short = recipe.generate('b', { maxTokens: 100 }); // takes the lane of the long one
    while (engine.stats.decodes < before + 110) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const next = recipe.generate('c', { maxTokens: 2 });
    const answers = await Promise.all([long, short, next]);
    expect(answers.map(({ tokens }) => tokens.length)).toEqual([400, 100, 2]);
  });
});

describe('contexts', () => {
  it('are shared by models of one file, and others have their own', async () => {
    const { loader, loaded } = fakeLoader({ a: fake(1), b: fake(2) });
    await using engine = new Engine({ loader });
    const recipe = await engine.load(
      fakeRecipe({
        models: {
          base: { file: 'a.gguf', prompt: 'raw' },
          polite: { file: 'a.gguf', prompt: 'raw', system: 'b' },
          tuned: { file: 'a.gguf', prompt: 'raw', adapters: [{ file: 'lora.gguf' }] },
          expert: { file: 'b.gguf', prompt: 'raw' },
        },
        formula: 'base + polite - tuned + expert',
        params: {},
        engine: { contextLength: 32, maxSequences: 2 },
      }),
    );
    const sizes = [...loaded('a').contexts].map(({ maxSequences, options }) => [
      maxSequences,
      options.adapters?.length,
    ]);
    expect(sizes).toEqual([
      [4, 0],
      [2, 1],
    ]);
    expect(
      recipe.models.map(({ name, file, contextLength }) => [name, file, contextLength]),
    ).toEqual([
      ['base', 'a.gguf', 32],
      ['polite', 'a.gguf', 32],
      ['tuned', 'a.gguf', 32],
      ['expert', 'b.gguf', 32],
    ]);
    const { usage } = await recipe.generate('a', { maxTokens: 1 });
    // Views of one context take part in one pass, each with its own prompt.
    expect(usage.models['polite']!.promptTokens).toBeGreaterThan(
      usage.models['base']!.promptTokens,
    );
    const [shared] = loaded('a').passes;
    expect(shared!.parts).toHaveLength(2);
  });

  it('compute one prompt once for models of one file that see it alike', async () => {
    const { loader, loaded } = fakeLoader({ a: fake(1) });
    await using engine = new Engine({ loader });
    const recipe = await engine.load(
      fakeRecipe({
        models: {
          base: { file: 'a.gguf', prompt: 'raw' },
          same: { file: 'a.gguf', prompt: 'raw' },
        },
        formula: 'base + 2 * same',
        params: {},
      }),
    );
    const both = await recipe.generate('abc', { maxTokens: 4 });
    const alone = await recipe.generate('abc', { maxTokens: 4, only: 'base', owner: 'another' });
    expect(both.text).toBe(alone.text);
    expect(loaded('a').passes.map(({ parts }) => parts.length)).toEqual(
      loaded('a').passes.map(() => 1),
    );
    expect(both.usage.models['same']).toEqual(both.usage.models['base']);
  });
});
