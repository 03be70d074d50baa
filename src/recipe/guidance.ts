import { checkOption } from '../options/index.ts';
import { requestOptions, type Guidance, type NumberField } from '../spec/index.ts';
import type { Recipe } from './recipe.ts';

const { methods } = requestOptions.guidance.kind;

/** What is given, and the defaults of what is not. @throws InvalidOptionError, e.g. of `guidance.candidates`. */
export function toGuidance(given: unknown): Guidance {
  checkOption('guidance', given ?? null);
  const { method, ...values } = given as { readonly method: Guidance['method'] };
  const fields: Readonly<Record<string, NumberField>> = methods[method];
  const numbers = Object.entries(fields).map(([name, field]) => [
    name,
    (values as Readonly<Record<string, number | undefined>>)[name] ?? field.default,
  ]);
  return { method, ...Object.fromEntries(numbers) } as Guidance;
}

/** Where nothing is said. */
export const defaultGuidance = toGuidance({ method: 'args' });

/**
 * How a request's rewards act: as it says, with defaults for what it leaves out, or as the recipe says.
 * @throws InvalidOptionError
 */
export function resolveGuidance(
  recipe: Pick<Recipe, 'guidance'>,
  given: Guidance | undefined,
): Guidance {
  return given === undefined ? recipe.guidance : toGuidance(given);
}
