import { resolveRecipe, type Recipe, type RecipeDocument } from '../../../src/recipe/index.ts';

/**
 * A recipe over fakes named `base` and `expert`: their sum, greedy, in a short context, where nobody drafts, so that
 * passes can be counted; or what is given instead.
 */
export function fakeRecipe(given: Partial<RecipeDocument> = {}): Recipe {
  return resolveRecipe(
    {
      name: 'fake',
      models: {
        base: { file: 'base.gguf', prompt: 'raw' },
        expert: { file: 'expert.gguf', prompt: 'raw' },
      },
      base: 'base',
      formula: 'base + alpha * expert',
      params: { alpha: 1 },
      sampling: { temperature: 0 },
      engine: { contextLength: 64 },
      speculation: 'off',
      ...given,
    },
    { directory: '/nowhere' },
  );
}
