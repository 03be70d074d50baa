import { didYouMean } from '../faults/index.ts';
import { ModelNotFoundError } from '../spec/index.ts';

/** What is known of a recipe by its name. @throws ModelNotFoundError */
export function requireRecipe<Value>(byName: ReadonlyMap<string, Value>, name: string): Value {
  const found = byName.get(name);
  if (found !== undefined) return found;
  const names = [...byName.keys()];
  const remedy =
    names.length === 0
      ? ' None is served.'
      : didYouMean(name, names) || ` There are ${names.join(', ')}.`;
  throw new ModelNotFoundError(`There is no recipe ${JSON.stringify(name)}.${remedy}`);
}
