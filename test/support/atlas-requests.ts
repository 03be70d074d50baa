import path from 'node:path';

import type { GenerateServiceRequest } from '../../src/spec/index.ts';

const root = path.resolve(import.meta.dirname, '../..');
export const recipeFile = (name: string) => path.join(root, 'recipes', `${name}.yaml`);

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
