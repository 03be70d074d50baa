import type { Recipe } from '../recipe/index.ts';
import type { EngineStats } from '../spec/index.ts';
import { EngineCore, type EngineOptions } from './core.ts';
import { Trimtab, type LoadRecipeOptions } from './trimtab.ts';

/**
 * Runs several recipes in one process: equal weights are loaded once, and one scheduler decodes for
 * all, so that their threads do not fight.
 */
export class Engine implements AsyncDisposable {
  readonly #core: EngineCore;
  readonly #recipes = new Set<Trimtab>();

  constructor(options: EngineOptions = {}) {
    this.#core = new EngineCore(options);
  }

  get stats(): Omit<EngineStats, 'residentBytes'> {
    return this.#core.stats;
  }

  /** Loads a recipe; dispose of it to free what no other recipe uses. Errors as `Trimtab.load`. */
  async load(recipe: Recipe | string, options: LoadRecipeOptions = {}): Promise<Trimtab> {
    const trimtab = await Trimtab.loadInto(this.#core, recipe, options);
    this.#recipes.add(trimtab);
    return trimtab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#recipes].map((recipe) => recipe[Symbol.asyncDispose]()));
    await this.#core[Symbol.asyncDispose]();
  }
}
