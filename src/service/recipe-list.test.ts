import { describe, expect, it } from 'vitest';

import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { resolveRecipe } from '../recipe/index.ts';
import { InvalidOptionError, ModelNotFoundError, RecipeError } from '../spec/index.ts';
import { readRecipes } from './recipe-list.ts';
import { requireRecipe } from './require-recipe.ts';
import { toServedRecipe } from './served-recipe.ts';

const unloaded = { state: 'unloaded', failure: null, models: [] } as const;

describe('the recipes of a service', () => {
  it('are known by their names, in the order given', async () => {
    const given = ['b', 'a', 'c'].map((name) => fakeRecipe({ name }));
    const recipes = await readRecipes(given);
    expect([...recipes.keys()]).toEqual(['b', 'a', 'c']);
    expect([...recipes.values()]).toEqual(given);
  });

  it('have names of their own', async () => {
    const twice = readRecipes([fakeRecipe({ name: 'a' }), fakeRecipe({ name: 'a' })]);
    await expect(twice).rejects.toThrow(InvalidOptionError);
    await expect(twice).rejects.toMatchObject({
      option: 'recipes',
      message: expect.stringContaining('one given in code and one given in code') as string,
    });
  });

  it('are read from files, which must be there', async () => {
    const recipes = await readRecipes(['recipes/atlas-chat.yaml']);
    expect([...recipes.keys()]).toEqual(['atlas-chat']);
    await expect(readRecipes(['recipes/nothing.yaml'])).rejects.toThrow(RecipeError);
  });
});

describe('asking for a recipe', () => {
  const known = new Map([
    ['guide', 1],
    ['other', 2],
  ]);

  it.each([
    ['giude', known, 'There is no recipe "giude". Did you mean `guide`?'],
    ['zzzzzzzz', known, 'There is no recipe "zzzzzzzz". There are guide, other.'],
    ['guide', new Map<string, number>(), 'There is no recipe "guide". None is served.'],
  ])('%s that there is not says what there is', (name, recipes, message) => {
    expect(() => requireRecipe(recipes, name)).toThrow(new ModelNotFoundError(message));
  });

  it('finds it', () => {
    expect(requireRecipe(known, 'other')).toBe(2);
  });
});

describe('a recipe as it is reported', () => {
  it('says what its document says, and nothing of where its files are', () => {
    const recipe = resolveRecipe(
      {
        name: 'guide',
        description: 'Knows the way.',
        models: { large: 'large.gguf', small: 'small.gguf', tuned: 'tuned.gguf' },
        base: 'large',
        formula: 'large + alpha * (tuned - small)',
        params: { alpha: { default: 0.5, min: 0, max: 2, description: 'How much.' }, beta: 1 },
        rewards: { brief: { length: { target: 9 }, weight: -2 } },
        klBudget: { perToken: 1 },
        constraint: { choice: ['yes', 'no'] },
        sampling: { temperature: 0.5 },
      },
      { directory: '/secret/place' },
    );
    const served = toServedRecipe(recipe, unloaded);
    expect(served).toMatchObject({
      name: 'guide',
      description: 'Knows the way.',
      state: 'unloaded',
      failure: null,
      models: [],
      base: 'large',
      formula: 'large + alpha * (tuned - small)',
      rewards: { brief: { kind: 'length', weight: -2 } },
      guidance: { method: 'args' },
      klBudget: { perToken: 1 },
      constraint: { choice: ['yes', 'no'] },
      profile: null,
      sampling: { temperature: 0.5 },
      modelNames: ['large', 'small', 'tuned'],
    });
    expect(served.params).toMatchObject({
      alpha: { default: 0.5, min: 0, max: 2, description: 'How much.' },
      // No bounds were declared.
      beta: { default: 1, min: null, max: null, description: null },
    });
    expect(JSON.stringify(served)).not.toContain('secret');
  });

  it('names its profile’s attributes', () => {
    const recipe = fakeRecipe({
      rewards: { dear: { words: { dear: 1 }, normalization: { mean: 0, deviation: 1 } } },
      profile: {
        attributes: { warm: { reward: 'dear', high: 'Warm words', low: 'Plain words' } },
        prompts: ['Say hello.'],
      },
    });
    expect(toServedRecipe(recipe, unloaded).profile).toEqual({
      attributes: [{ name: 'warm', high: 'Warm words', low: 'Plain words' }],
    });
  });
});
