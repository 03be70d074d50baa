import { z } from 'zod';

import { InvalidOptionError, type KlBudget } from '../spec/index.ts';
import { requireNumber } from './number-range.ts';
import { requireMapping } from './option-mapping.ts';
import type { Recipe } from './recipe.ts';

export const klBudgetSchema = z
  .strictObject({
    perToken: z.number().optional().describe('Nats of KL(steered ‖ base) at each token.'),
    perAnswer: z.number().optional().describe('Nats over the tokens of one answer.'),
  })
  .describe(
    'How far an answer may leave the base: the whole shift, formula and rewards, is scaled down to fit.',
  );

const nats = { min: 0, max: Infinity };

/**
 * @param at - Its place.
 * @throws InvalidOptionError naming the limit, e.g. `klBudget.perToken`.
 */
export function toKlBudget(given: unknown, at = 'klBudget'): KlBudget {
  const names = ['perToken', 'perAnswer'];
  const limits = Object.entries(requireMapping(at, given, names))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, requireNumber(`${at}.${name}`, value, nats)]);
  if (limits.length > 0) return Object.fromEntries(limits) as KlBudget;
  throw new InvalidOptionError(
    at,
    `${at} says neither perToken nor perAnswer: give one or both, in nats.`,
  );
}

/** A request's budget, or the recipe's; `null` is none. @throws InvalidOptionError */
export function resolveKlBudget(
  recipe: Pick<Recipe, 'klBudget'>,
  given: KlBudget | null | undefined,
): KlBudget | null {
  if (given === undefined) return recipe.klBudget;
  return given === null ? null : toKlBudget(given);
}
