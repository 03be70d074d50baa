import { describe, expect, it } from 'vitest';

import { composedBy, formulaModels, serializeFormula } from '../compose/index.ts';
import { InvalidOptionError, RecipeError } from '../spec/index.ts';
import { parseRecipe, resolveRecipe, writeRecipe, type RecipeDocument } from './index.ts';

const document: RecipeDocument = {
  models: { large: 'large.gguf', chat: 'chat.gguf', judge: 'judge.gguf' },
  base: 'large',
  rewards: { nice: { nextToken: 'judge' } },
  params: { alpha: 1 },
};
const place = { directory: '/recipes' };
const resolve = (formula: RecipeDocument['formula']) =>
  resolveRecipe({ ...document, formula }, place);

describe('a formula that is a function', () => {
  it('sees the models that no reward names, and is called as it is', () => {
    const clipped: RecipeDocument['formula'] = (_rows, out) => void out.fill(0);
    const { formula, warnings } = resolve(clipped);
    expect(formulaModels(formula)).toEqual(['large', 'chat']);
    expect(serializeFormula(formula)).toBe('clipped(large, chat)');
    expect(formula.method!.compose).toBe(clipped);
    expect(warnings).toEqual([]);
    const { formula: unnamed } = resolveRecipe({ ...document, formula: () => {} }, place);
    expect(serializeFormula(unnamed)).toBe('compose(large, chat)');
  });

  it('by composedBy sees the models that it names', () => {
    const method = { name: 'own', models: ['chat', 'large'], compose: () => {} } as const;
    expect(serializeFormula(resolve(composedBy(method)).formula)).toBe('own(chat, large)');
    expect(() => resolve(composedBy({ ...method, models: ['chta'] }))).toThrow(
      'formula: there is no model chta. Did you mean `chat`?',
    );
  });

  it('takes no schedule', () => {
    const params = { alpha: { default: 1, schedule: { junctions: 1 } } };
    expect(() => resolveRecipe({ ...document, params, formula: () => {} }, place)).toThrow(
      'params.alpha.schedule: a schedule is of a param of a formula',
    );
  });

  it.each(['{ "compose": "(rows, out) => {}" }', '{ "name": "own", "models": ["large"] }', '3'])(
    'is no part of JSON: %s',
    (formula) => {
      const text = `{ "models": { "large": "large.gguf" }, "base": "large", "formula": ${formula} }`;
      expect(() => parseRecipe(text, place)).toThrow(RecipeError);
      expect(() => parseRecipe(text, place)).toThrow(/formula must be text/);
    },
  );

  it('cannot be written down', () => {
    const act = () => writeRecipe({ ...document, formula: () => {} }, '/recipes');
    expect(act).toThrow(InvalidOptionError);
    expect(act).toThrow('formula is no text, so it cannot be written down');
  });
});
