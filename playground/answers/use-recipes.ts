import { useCallback, useEffect, useState } from 'preact/hooks';

import { fetchRecipes } from '../api/client.ts';
import { ApiError, toApiError } from '../api/errors.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';

export interface Recipes {
  readonly all: readonly ServedRecipe[];
  readonly error: ApiError | null;
  readonly reload: () => void;
}

/** The recipes the server serves. */
export function useRecipes(): Recipes {
  const [all, setAll] = useState<readonly ServedRecipe[]>([]);
  const [error, setError] = useState<ApiError | null>(null);
  const reload = useCallback(() => {
    void load(setAll, setError);
  }, []);
  useEffect(reload, [reload]);
  return { all, error, reload };
}

async function load(
  setAll: (recipes: readonly ServedRecipe[]) => void,
  setError: (error: ApiError | null) => void,
): Promise<void> {
  try {
    const recipes = await fetchRecipes();
    setAll(recipes);
    const none = new ApiError('The server has no recipe.', 404, 'no_recipe');
    setError(recipes.length === 0 ? none : null);
  } catch (reason) {
    setError(toApiError(reason));
  }
}
