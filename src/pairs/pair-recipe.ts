import path from 'node:path';

import {
  loadRecipe,
  recipeOfModels,
  toRecipeName,
  writeRecipe,
  type PlaceOptions,
  type Recipe,
  type RecipeDocument,
} from '../recipe/index.ts';
import { isThere, replaceFile } from '../files/index.ts';
import type { PairFolder } from './pair-folder.ts';

/** What a pair is made of: files, or names of the hub. */
export interface PairModels {
  /** The small model that is tuned, and that stays as it is beside the expert. */
  readonly model: string;
  /** The large one that the pair shall steer; without one, the small model is its own base. */
  readonly base?: string | undefined;
}

/** The strongest steering that a recipe of a pair allows. */
export const mostAlpha = 2.5;

/** How many answers it decodes at once, if it is not said otherwise. */
const maxSequences = 4;

/** The names of a pair's models in its recipe. */
export const pairRoles = { base: 'base', expert: 'expert', twin: 'antiExpert' } as const;

/** The recipe before there is an adapter: its expert is the twin. */
export async function untunedRecipe(
  { model, base = model }: PairModels,
  options: PlaceOptions,
): Promise<{ readonly recipe: Recipe; readonly document: RecipeDocument }> {
  const given = { base, expert: model, antiExpert: model, alpha: 1 };
  const { recipe, document } = await recipeOfModels(given, { directory: '.', ...options });
  return { recipe: { ...recipe, engine: { ...recipe.engine, maxSequences } }, document };
}

/** The recipe of the pair, read as a user would: written unless it is there, as it may have been changed. */
export async function openPairRecipe(
  document: RecipeDocument,
  folder: PairFolder,
  options: PlaceOptions,
): Promise<Recipe> {
  if (!(await isThere(folder.recipe))) await writePairRecipe(document, folder);
  return loadRecipe(folder.recipe, options);
}

async function writePairRecipe(document: RecipeDocument, folder: PairFolder): Promise<void> {
  const { expert } = document.models;
  const tuned = typeof expert === 'string' ? { file: expert } : expert!;
  const whole: RecipeDocument = {
    ...document,
    name: toRecipeName(path.basename(folder.path)),
    models: {
      ...document.models,
      expert: { ...tuned, adapters: [{ file: path.basename(folder.adapter) }] },
    },
    params: { alpha: { default: 1, min: 0, max: mostAlpha } },
    engine: { maxSequences },
  };
  await replaceFile(folder.recipe, about + writeRecipe(whole, folder.path));
}

const about = `# A pair made by trimtab pair make: the expert is the small model with an adapter, its twin the same without.
# pair.json says what it was made of, evaluation/report.html what it is worth.
`;
