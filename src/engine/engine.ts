import type { Recipe } from '../recipe/index.ts';
import type { EngineStats } from '../spec/index.ts';
import { EngineCore, type EngineOptions } from './core.ts';
import { LoadedRecipe, type LoadRecipeOptions } from './loaded-recipe.ts';

/**
 * Runs several recipes in one process: equal weights are loaded once, and one scheduler decodes for
 * all, so that their threads do not fight.
 */
export class Engine implements AsyncDisposable {
  readonly #core: EngineCore;

  constructor(options: EngineOptions = {}) {
    this.#core = new EngineCore(options);
  }

  get stats(): Omit<EngineStats, 'residentBytes'> {
    return this.#core.stats;
  }

  /** Loads a recipe; dispose of it to free what no other recipe uses. Errors as `LoadedRecipe.load`. */
  load(recipe: Recipe | string, options: LoadRecipeOptions = {}): Promise<LoadedRecipe> {
    return LoadedRecipe.loadInto(this.#core, recipe, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#core[Symbol.asyncDispose]();
  }
}
