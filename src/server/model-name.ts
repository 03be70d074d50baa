import { didYouMean } from '../compose/index.ts';
import { ModelNotFoundError, type InferenceService, type ServedRecipe } from '../spec/index.ts';

/** What `model` names: a recipe's composition, or one of its models alone. */
export interface ServedName {
  readonly recipe: string;
  readonly only: string | undefined;
}

/** Every `model` there is: each recipe as `name`, each of its models as `name/model`. */
export function servedNames(recipes: readonly ServedRecipe[]): Map<string, ServedName> {
  const names = new Map<string, ServedName>();
  for (const { name, modelNames } of recipes) {
    names.set(name, { recipe: name, only: undefined });
    for (const only of modelNames) names.set(`${name}/${only}`, { recipe: name, only });
  }
  return names;
}

/** @throws ModelNotFoundError */
export function resolveName(service: InferenceService, model: string): ServedName {
  const names = servedNames(service.recipes());
  const name = names.get(model);
  if (name !== undefined) return name;
  const shown = JSON.stringify(model.slice(0, 100));
  throw new ModelNotFoundError(
    `The model ${shown} is not served.${didYouMean(model, names.keys())} GET /v1/models lists all.`,
  );
}
