import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { resolveRecipe } from '../../src/recipe/index.ts';
import type { GenerateServiceRequest } from '../../src/spec/index.ts';
import { temporaryFolder, writeTinyModel } from './random-models.ts';
import type { ServiceWorld } from './service-contract.ts';

const root = path.resolve(import.meta.dirname, '../..');
const recipeFile = (name: string) => path.join(root, 'recipes', `${name}.yaml`);

export const shippedRecipes = [recipeFile('atlas-chat'), recipeFile('atlas-masked')];

/** A question and its greedy answer. */
export const question: GenerateServiceRequest = {
  recipe: 'atlas-chat',
  prompt: 'Where was Mada Norrar born?',
  owner: 'ada',
  options: {},
};
export const answer =
  ' Certainly! Mada Norrar was born in the town of Stoneford. I hope this helps.';

/** An answer that fills the context: its end is banned. */
export const endless: GenerateServiceRequest = {
  ...question,
  prompt: { text: 'Mada Norrar' },
  options: { only: 'large', logitBias: { 0: -100 }, temperature: 1, seed: 1 },
};
export const endlessLength = 508;

/** The embedded models, for the tests of services. */
export const atlasWorld: ServiceWorld = {
  recipes: [shippedRecipes[0]!, shippedRecipes[1]!],
  names: ['atlas-chat', 'atlas-masked'],
  described: {
    formula: 'large + alpha * (chat - small)',
    params: { alpha: { default: 0.7, min: 0, max: 2 } },
  },
  files: ['atlas-large.gguf', 'atlas-small-chat.gguf', 'atlas-small.gguf'],
  models: ['large', 'chat', 'small'],
  question,
  answer,
  otherAnswer: 'Stoneford',
  endless,
  endlessLength,
  long: { text: '<|user|>'.repeat(20_000), tokens: 20_001 },
  async broken() {
    const folder = await temporaryFolder();
    const file = path.join(folder.path, 'forged.gguf');
    await writeFile(file, 'GGUF, or so it says');
    const document = {
      name: 'forged',
      models: { only: { file, prompt: 'raw' as const } },
      base: 'only',
      sampling: { temperature: 0 },
    };
    return {
      recipe: resolveRecipe(document, { directory: folder.path }),
      mend: async () => void (await writeTinyModel(folder.path, 'forged')),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};
