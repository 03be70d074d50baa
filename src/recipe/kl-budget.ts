import { checkOption } from '../options/index.ts';
import type { KlBudget } from '../spec/index.ts';
import type { Recipe } from './recipe.ts';

/**
 * @param at - Its place.
 * @throws InvalidOptionError naming the limit, e.g. `klBudget.perToken`.
 */
export function toKlBudget(given: unknown, at = 'klBudget'): KlBudget {
  checkOption('klBudget', given, at);
  const limits = Object.entries(given as KlBudget).filter(([, value]) => value !== undefined);
  return Object.fromEntries(limits);
}

/** A request's budget, or the recipe's; `null` is none. @throws InvalidOptionError */
export function resolveKlBudget(
  recipe: Pick<Recipe, 'klBudget'>,
  given: KlBudget | null | undefined,
): KlBudget | null {
  if (given === undefined) return recipe.klBudget;
  return given === null ? null : toKlBudget(given);
}
