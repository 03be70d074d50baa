import { didYouMean } from '../faults/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { ParamDeclaration, Recipe } from './recipe.ts';

/**
 * A value for every param of the recipe: the given ones over the defaults.
 * @throws InvalidOptionError (`params.alpha`) for a param that the recipe does not declare, and for a
 *   value that is not finite or out of its range.
 */
export function resolveParams(
  recipe: Pick<Recipe, 'name' | 'params'>,
  given: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const values = new Map([...recipe.params].map(([name, param]) => [name, param.default]));
  for (const [name, value] of Object.entries(given)) {
    requireDeclared(recipe, name);
    checkParam(name, recipe.params.get(name)!, value);
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

function checkParam(name: string, { min, max }: ParamDeclaration, value: unknown): void {
  const isAllowed =
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
  if (isAllowed) return;
  throw new InvalidOptionError(
    `params.${name}`,
    `params.${name} must be ${describeRange(min, max)}, not ${String(value)}.`,
  );
}

/** `a number from 0 to 2`. */
export function describeRange(min: number, max: number): string {
  if (min !== -Infinity && max !== Infinity) return `a number from ${min} to ${max}`;
  if (min !== -Infinity) return `a number of at least ${min}`;
  return max === Infinity ? 'a finite number' : `a number of at most ${max}`;
}

/** @param at - Where it is named. @throws InvalidOptionError for a param that the recipe does not declare. */
export function requireDeclared(
  {
    name: recipe,
    params,
  }: { readonly name: string; readonly params: ReadonlyMap<string, unknown> },
  name: string,
  at = `params.${name}`,
): void {
  if (params.has(name)) return;
  const known = [...params.keys()];
  const remedy =
    known.length === 0
      ? ' It declares none.'
      : didYouMean(name, known) || ` It declares ${known.join(', ')}.`;
  throw new InvalidOptionError(at, `The recipe ${recipe} has no param ${name}.${remedy}`);
}
