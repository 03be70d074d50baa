import { formulaModels, formulaParams } from '../compose/index.ts';
import type { Recipe } from './recipe.ts';

/** What a recipe says that has no effect. */
export function warningsOf(
  recipe: Pick<
    Recipe,
    'models' | 'base' | 'expert' | 'antiExpert' | 'formula' | 'plausibility' | 'params'
  >,
): string[] {
  const { formula, plausibility, base } = recipe;
  const usedModels = new Set([base, ...formulaModels(formula), ...(plausibility?.models ?? [])]);
  const usedParams = new Set(formulaParams(formula));
  return [
    ...unused(recipe.params.keys(), usedParams).map(
      (name) => `The param ${name} does nothing: the formula does not use it.`,
    ),
    ...unused(recipe.models.keys(), usedModels).map(
      (name) => `The model ${name} is not in the formula: it runs only when asked for alone.`,
    ),
  ];
}

function unused(names: Iterable<string>, used: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !used.has(name));
}
