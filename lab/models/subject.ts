import path from 'node:path';

import { readGgufHeader } from '../../src/gguf/index.ts';
import { LoadedRecipe, resolveRecipe, type Recipe } from '../../src/index.ts';

/** One file, as the base of a recipe with an attribute of two prompts. */
export interface Subject extends AsyncDisposable {
  readonly file: string;
  /** For what is written down. */
  readonly folder: string;
  readonly longPrompt: number;
  readonly hasTemplate: boolean;
  readonly recipe: Recipe;
  readonly loaded: LoadedRecipe;
}

export async function openSubject(
  file: string,
  folder: string,
  longPrompt: number,
): Promise<Subject> {
  const { metadata } = await readGgufHeader(file);
  const hasTemplate = metadata.get('tokenizer.chat_template') !== undefined;
  const recipe = recipeOf(file, hasTemplate);
  const loaded = await LoadedRecipe.load(recipe);
  return {
    file,
    folder,
    longPrompt,
    hasTemplate,
    recipe,
    loaded,
    [Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
  };
}

function recipeOf(file: string, hasTemplate: boolean): Recipe {
  const alone = { name: 'subject', base: 'base', formula: 'base' };
  if (!hasTemplate) {
    const models = { base: { file, prompt: 'raw' as const } };
    return resolveRecipe({ ...alone, models }, { directory: path.dirname(file) });
  }
  return resolveRecipe(
    {
      ...alone,
      models: {
        base: file,
        warm: { file, system: 'You are warm and cheerful. You love to encourage people.' },
        dry: { file, system: 'You are dry and matter-of-fact. You never show feelings.' },
      },
      rewards: {
        cheer: {
          attribute: 'warm',
          neutral: 'dry',
          weight: 0,
          normalization: { mean: 0, deviation: 1 },
        },
      },
      guidance: { method: 'args', candidates: 10 },
      profile: {
        attributes: { cheerful: { reward: 'cheer', high: 'warm answers', low: 'sober answers' } },
        prompts: ['Write one sentence about a garden.', 'Write one sentence about a bridge.'],
      },
    },
    { directory: path.dirname(file) },
  );
}
