import { describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { functionReward } from '../../reward/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(['a', 'b', 'c', 'd'].map((piece) => Buffer.from(piece)));

/** A model whose end is its least likely token, and what a length or another reward makes of it. */
async function answer(options: GenerateOptions, judged = 'short'): Promise<string> {
  const { loader } = fakeLoader({ base: { vocabulary, logits: () => [3, 2, 1, 0, -4] } });
  const recipe = fakeRecipe({
    models: { base: { file: 'base.gguf', prompt: 'raw' } },
    formula: 'base',
    params: {},
    rewards: { short: { length: { target: 3, unit: 'tokens' }, weight: 0 } },
    guidance: { method: 'args', candidates: 2 },
  });
  const plain = functionReward({
    name: 'plain',
    scope: 'both',
    score: (texts) => texts.map((text) => -text.length),
  });
  await using trimtab = await LoadedRecipe.load(recipe, {
    loader,
    rewards: { plain: { reward: plain, weight: 0 } },
  });
  const { text } = await trimtab.generate('a', {
    maxTokens: 12,
    rewards: { [judged]: 40 },
    ...options,
  });
  return text;
}

describe('a reward that is about the end', () => {
  it('has the end among the candidates, however improbable', async () => {
    expect(await answer({})).toBe('aaa');
    expect(await answer({ rewards: { short: 10 } })).toBe('aaaa');
    expect(await answer({ rewards: { short: 0.1 } })).toBe('a'.repeat(12));
    expect(await answer({ guidance: { method: 'args', candidates: 1 } })).toBe('aaa');
  });

  it('has none where an end may not come', async () => {
    expect(await answer({ minTokens: 6 })).toBe('aaaaaa');
    const constraint = compiledHere({ choice: ['bbbbb'] }, vocabulary);
    expect(await answer({ constraint })).toBe('bbbbb');
  });

  it('is not every reward: those of others choose among the best alone', async () => {
    expect(await answer({}, 'plain')).toBe('a'.repeat(12));
  });
});
