import { didYouMean } from '../../faults/index.ts';
import {
  InvalidOptionError,
  ModelNotFoundError,
  type InferenceService,
  type ServedRecipe,
} from '../../spec/index.ts';

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

/** What a request asks for, and what its answer calls it. */
export interface RequestedName extends ServedName {
  /** The `model` of the answer. */
  readonly model: string;
}

/**
 * What a request's `model` names. Where one recipe is served, no name means it, and so does a name that is
 * like none here: clients send one of their own, such as `gpt-4o`. One that is nearly right is refused.
 * @throws ModelNotFoundError
 * @throws InvalidOptionError where there is no name and more than one recipe.
 */
export function resolveRequested(
  service: InferenceService,
  model: string | null | undefined,
): RequestedName {
  const recipes = service.recipes();
  const [only] = recipes;
  if (only !== undefined && recipes.length === 1 && (model == null || !isMeant(only, model))) {
    return { recipe: only.name, only: undefined, model: only.name };
  }
  if (model != null) return { ...resolveName(service, model), model };
  throw new InvalidOptionError(
    'model',
    `model is missing, and ${recipes.length} recipes are served: name one of GET /v1/models, or serve one alone.`,
  );
}

/** Whether a name is the recipe's or that of one of its models, or was meant to be. */
function isMeant(recipe: ServedRecipe, model: string): boolean {
  const names = servedNames([recipe]);
  const isNamed = names.has(model) || model.startsWith(`${recipe.name}/`);
  return isNamed || didYouMean(model, names.keys()) !== '';
}
