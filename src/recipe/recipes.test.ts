import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import {
  classifierFreeGuidance,
  formulaParams,
  type Method,
  proxyTuning,
  serializeFormula,
} from '../compose/index.ts';
import {
  loadRecipe,
  modelPath,
  parseRecipe,
  type Recipe,
  resolveParams,
  resolveRecipe,
  type RecipeDocument,
  writeRewardScales,
} from './index.ts';

const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
const load = (name: string): Promise<Recipe> => loadRecipe(`${folder}${name}.yaml`);

describe('the recipes that ship', async () => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));

  it.each(files)('%s loads without a warning, under its own name', async (file) => {
    const recipe = await loadRecipe(`${folder}${file}`);
    expect(`${recipe.name}.yaml`).toBe(file);
    expect(recipe.description).not.toBeNull();
    expect(recipe.warnings).toEqual([]);
    const used = new Set([...formulaParams(recipe.formula), ...recipe.skills.keys()]);
    if (recipe.rewards.size > 0) used.add('rewardWeight');
    expect(new Set(Object.keys(resolveParams(recipe)))).toEqual(used);
  });

  it('are the methods they say', async () => {
    const formulaOf = (method: Method): string => serializeFormula(method.formula);
    const proxy = formulaOf(proxyTuning({ base: 'large', expert: 'chat', antiExpert: 'small' }));
    expect(serializeFormula((await load('atlas-chat')).formula)).toBe(proxy);
    const masked = await load('atlas-masked');
    expect(serializeFormula(masked.formula)).toBe(proxy);
    expect(masked.plausibility).toEqual({ minP: 0.1, models: ['large', 'chat'] });
    expect(serializeFormula((await load('atlas-guidance')).formula)).toBe(
      formulaOf(classifierFreeGuidance({ prompted: 'asked', negative: 'plain' })),
    );
  });
});

describe('the recipe of prompts for a model of your own', async () => {
  const text = await readFile(
    new URL('../../examples/prompted-profile.yaml', import.meta.url),
    'utf8',
  );
  const attributes = ['cheerful', 'formal', 'brief', 'detailed', 'playful'];

  it('says that it is to be calibrated first', () => {
    const parse = () => parseRecipe(text, { directory: '/' });
    expect(parse).toThrow('`trimtab calibrate RECIPE --rewards` estimates it');
  });

  it('is sound once it is, and names its model once', () => {
    const scale = { mean: -0.1, deviation: 0.2, answerTokens: 50 };
    const scales = Object.fromEntries(attributes.map((name) => [name, scale]));
    const written = writeRewardScales(text, scales).replace('model.gguf', 'other.gguf');
    const { models, profile, rewards, warnings } = parseRecipe(written, { directory: '/' });
    expect(new Set([...models.values()].map(({ source }) => modelPath(source)))).toEqual(
      new Set(['/other.gguf']),
    );
    expect(profile!.attributes.map(({ name }) => name)).toEqual(attributes);
    expect(profile!.attributes.every(({ isPerToken }) => isPerToken)).toBe(true);
    expect([...rewards.values()].every(({ weight }) => weight === 0)).toBe(true);
    expect(warnings).toEqual([]);
  });
});

it('takes a method spread into a recipe given in code', () => {
  const document: RecipeDocument = {
    models: { large: 'l.gguf', chat: 'c.gguf', small: 's.gguf' },
    base: 'large',
    ...proxyTuning({ base: 'large', expert: 'chat', antiExpert: 'small', alpha: 0.7 }),
  };
  const recipe = resolveRecipe(document, { directory: '/' });
  expect(resolveParams(recipe)).toEqual({ alpha: 0.7 });
  expect(recipe.warnings).toEqual([]);
});
