import { describe, expect, it } from 'vitest';

import { resolveRecipe, type RecipeDocument } from '../../recipe/index.ts';
import { modelUses, rewardModels } from './model-uses.ts';

const models = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, `${name}.gguf`]));

function usesOf(given: Partial<RecipeDocument>) {
  const recipe = resolveRecipe({ models, base: 'a', ...given }, { directory: '/' });
  const { scalar, withRows } = modelUses(recipe);
  return { scalar: [...scalar], withRows: [...withRows], rewards: [...rewardModels(recipe)] };
}

const head = { head: 'h', headFile: 'h.json' };

describe('what a recipe’s models are for', () => {
  it('is rows, also of one that is only there to be asked alone', () => {
    expect(usesOf({ formula: 'a + b' })).toEqual({
      scalar: [],
      withRows: ['a', 'b', 'c', 'd'],
      rewards: [],
    });
  });

  it('is a reward’s hidden states and nothing else', () => {
    expect(usesOf({ rewards: { r: { model: 'c', ...head } } })).toEqual({
      scalar: ['c'],
      withRows: ['a', 'b', 'd'],
      rewards: ['c'],
    });
  });

  it.each<[string, Partial<RecipeDocument>]>([
    ['the base', { rewards: { r: { model: 'a', ...head } } }],
    ['in the formula', { formula: 'a + c', rewards: { r: { model: 'c', ...head } } }],
    ['a one-call reward', { rewards: { r: { model: 'c', ...head }, s: { nextToken: 'c' } } }],
    [
      'what tells which tokens are plausible',
      {
        formula: 'a + b',
        plausibility: { minP: 0.1, models: ['c'] },
        rewards: { r: { model: 'c', ...head } },
      },
    ],
  ])('is both where it is %s, too', (_, given) => {
    const { scalar, withRows } = usesOf(given);
    expect(scalar).toHaveLength(1);
    expect(withRows).toContain(scalar[0]);
  });

  it('is two views of an attribute', () => {
    const views = { high: { file: 'x.gguf' }, low: { file: 'x.gguf' }, a: 'a.gguf' };
    const rewards = { r: { attribute: 'high', neutral: 'low' } };
    expect(usesOf({ models: views, rewards })).toEqual({
      scalar: [],
      withRows: ['high', 'low', 'a'],
      rewards: ['high', 'low'],
    });
  });
});
