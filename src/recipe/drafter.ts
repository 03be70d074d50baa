import { didYouMean } from '../faults/index.ts';
import type { SpeculationSetting } from '../options/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { Recipe } from './recipe.ts';

/**
 * The setting with a model of the recipe where it names one: by its name, or by its role, `base` or `expert`.
 * @throws InvalidOptionError for a name that the recipe does not have.
 */
export function withDrafter(
  setting: SpeculationSetting,
  { models, base, expert }: Pick<Recipe, 'models' | 'base' | 'expert'>,
): SpeculationSetting {
  const { drafter } = setting;
  if (typeof drafter !== 'object' || models.has(drafter.model)) return setting;
  const roles: Readonly<Record<string, string | null>> = { base, expert };
  const model = Object.hasOwn(roles, drafter.model) ? roles[drafter.model] : null;
  if (model != null) return { ...setting, drafter: { model } };
  const names = ['auto', 'off', 'copies', ...models.keys()];
  throw new InvalidOptionError(
    'speculation',
    `speculation names ${JSON.stringify(drafter.model)}, which is no model of the recipe.` +
      `${didYouMean(drafter.model, names)} Who can draft: ${names.join(', ')}.`,
  );
}
