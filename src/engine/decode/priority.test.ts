import { describe, expect, it } from 'vitest';

import { byteVocabulary } from '../../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { untilTurn } from '../../../test/support/until.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = byteVocabulary();

/** A base with two lanes. */
async function load() {
  const { loader, loaded } = fakeLoader({
    base: { vocabulary, logits: chaoticLogits(vocabulary) },
  });
  const models = { base: { file: 'base.gguf', prompt: 'raw' } } as const;
  const engine = { contextLength: 256, maxSequences: 2 };
  const recipe = await LoadedRecipe.load(
    fakeRecipe({ models, formula: 'base', params: {}, engine }),
    { loader },
  );
  return {
    recipe,
    passes: () => loaded('base').passes.length,
    /** Tokens of each lane in the passes from one on. */
    lanesOf: (first: number) =>
      loaded('base')
        .passes.slice(first)
        .map(({ parts }) => parts.map(({ tokens }) => tokens.length)),
  };
}

const background: GenerateOptions = { priority: 'background', maxTokens: 100 };

describe('background work', () => {
  it('gives its lanes to people at once, and ends as if nobody had come', async () => {
    const { recipe, passes } = await load();
    await using _ = recipe;
    const prompts = ['one', 'two', 'three'];
    const alone = [];
    for (const prompt of prompts) alone.push(await recipe.generate(prompt, background));
    let ended = 0;
    const start = passes();
    const working = prompts.map(async (prompt) => {
      const result = await recipe.generate(prompt, { ...background, owner: 'other' });
      ended++;
      return result;
    });
    await untilTurn(() => passes() > start + 5);
    const before = passes();
    const people = ['a question', 'another'].map((prompt) =>
      recipe.generate(prompt, { maxTokens: 20 }),
    );
    await Promise.all(people);
    // One pass for the prompts, one for each token that follows, and one that was under way.
    expect(passes() - before).toBeLessThanOrEqual(22);
    expect(ended).toBe(0);
    const texts = (await Promise.all(working)).map(({ text }) => text);
    expect(texts).toEqual(alone.map(({ text }) => text));
  });

  it('takes no lane that people use, however long they have had it', async () => {
    const { recipe, passes } = await load();
    await using _ = recipe;
    const people = [1, 2].map((seed) =>
      recipe.generate(`question ${seed}`, { maxTokens: 200, request: 'large' }),
    );
    const start = passes();
    await untilTurn(() => passes() > start + 5);
    let isDone = false;
    const work = recipe.generate('work', { ...background, maxTokens: 1, owner: 'other' });
    void work.then(() => (isDone = true));
    await Promise.all(people);
    expect(isDone).toBe(false);
    await work;
  });

  it('fills lanes that nobody else wants', async () => {
    const { recipe, passes } = await load();
    await using _ = recipe;
    const start = passes();
    await Promise.all([
      recipe.generate('question', { maxTokens: 30 }),
      recipe.generate('work', { ...background, maxTokens: 30 }),
    ]);
    expect(passes() - start).toBeLessThanOrEqual(33);
  });
});

const idle: GenerateOptions = { priority: 'idle', maxTokens: 100 };

describe('idle work', () => {
  it.each(['interactive', 'background'] as const)(
    'computes nothing from when somebody comes until they have gone: %s',
    async (priority) => {
      const { recipe, passes, lanesOf } = await load();
      await using _ = recipe;
      const alone = await recipe.generate('work', idle);
      const start = passes();
      const working = recipe.generate('work', { ...idle, owner: 'other' });
      await untilTurn(() => passes() > start + 5);
      const before = passes();
      await recipe.generate('a question', { maxTokens: 20, priority });
      // There was a lane for each: the question is read alone, and each token of its answer computed alone.
      const parts = lanesOf(before);
      const came = parts.findIndex((part) => part.includes(10));
      expect(parts.slice(came, came + 20)).toEqual([
        [10],
        ...Array.from({ length: 19 }, () => [1]),
      ]);
      expect((await working).text).toBe(alone.text);
    },
  );

  it('reads its prompt a few tokens at a time, so that nobody waits for more', async () => {
    const { recipe, passes, lanesOf } = await load();
    await using _ = recipe;
    const start = passes();
    await recipe.generate('x'.repeat(100), { ...idle, maxTokens: 1 });
    expect(lanesOf(start).flat()).toEqual([...Array.from({ length: 12 }, () => 8), 4]);
  });

  it('gives up its lanes where there are no others, and goes on when it is alone again', async () => {
    const { recipe, passes } = await load();
    await using _ = recipe;
    const alone = await recipe.generate('work', idle);
    const start = passes();
    const working = [1, 2].map((n) => recipe.generate('work', { ...idle, owner: `other ${n}` }));
    await untilTurn(() => passes() > start + 5);
    const leaving = new AbortController();
    const person = recipe.generate('question', { maxTokens: 50, signal: leaving.signal });
    await untilTurn(() => passes() > start + 20);
    leaving.abort(new Error('gone'));
    await expect(person).rejects.toThrow('gone');
    for (const { text } of await Promise.all(working)) expect(text).toBe(alone.text);
  });
});
