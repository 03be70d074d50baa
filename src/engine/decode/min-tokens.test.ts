import { describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { resolveRecipe } from '../../recipe/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(['a', 'b', 'c', 'd'].map((piece) => Buffer.from(piece)));

/** A model that would rather end at once, and else says b. */
function load(): Promise<LoadedRecipe> {
  const { loader } = fakeLoader({ base: { vocabulary, logits: () => [0, 2, 1, 0, 5] } });
  const recipe = resolveRecipe(
    {
      name: 'fake',
      models: { base: { file: 'base.gguf', prompt: 'raw' } },
      base: 'base',
      formula: 'base',
      sampling: { temperature: 0 },
      engine: { contextLength: 64 },
    },
    { directory: '/nowhere' },
  );
  return LoadedRecipe.load(recipe, { loader });
}

describe('minTokens', () => {
  it('holds the end back for so many tokens and no more', async () => {
    await using trimtab = await load();
    const texts = [];
    for (const minTokens of [0, 1, 3])
      texts.push((await trimtab.generate('a', { minTokens })).text);
    expect(texts).toEqual(['', 'b', 'bbb']);
  });

  it('leaves log-probs those of the distribution', async () => {
    await using trimtab = await load();
    const { tokens } = await trimtab.generate('a', { minTokens: 1, logprobs: true });
    // The last is a control token's.
    const sum = [0, 2, 1, 0, 5, 0].reduce((total, logit) => total + Math.exp(logit), 0);
    expect(tokens[0]!.logprob).toBeCloseTo(2 - Math.log(sum), 5);
  });

  it('looks for stop strings behind them alone', async () => {
    await using trimtab = await load();
    const options = { minTokens: 3, maxTokens: 9, logitBias: { 4: -100 } };
    const { text, stopString } = await trimtab.generate('a', { ...options, stop: 'bb' });
    expect({ text, stopString }).toEqual({ text: 'bbb', stopString: 'bb' });
    const streamed = [];
    for await (const chunk of trimtab.stream('a', { ...options, stop: ['b'] }))
      streamed.push(chunk.text);
    expect(streamed.join('')).toBe('bbb');
  });

  it('gives way to a constraint that leaves nothing but the end', async () => {
    await using trimtab = await load();
    const { text, finishReason } = await trimtab.generate('a', {
      minTokens: 5,
      constraint: compiledHere({ choice: ['c', 'cd'] }, vocabulary),
    });
    expect({ text, finishReason }).toEqual({ text: 'cd', finishReason: 'stop' });
  });

  it.each([-1, 0.5, 4])('of %d is refused where at most 3 may come', async (minTokens) => {
    await using trimtab = await load();
    await expect(trimtab.generate('a', { minTokens, maxTokens: 3 })).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'minTokens',
    });
  });
});
