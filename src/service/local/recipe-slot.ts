import type { LoadedRecipe } from '../../engine/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { ServedRecipe } from '../../spec/index.ts';
import { toFailure, toServedRecipe } from '../served-recipe.ts';
import type { StartTimer } from '../../waiting/index.ts';
import { untilAborted } from '../../waiting/index.ts';

export interface RecipeSlotOptions {
  readonly recipe: Recipe;
  readonly load: (recipe: Recipe) => Promise<LoadedRecipe>;
  readonly onWarning: (warning: string) => void;
  readonly onChange: () => void;
  readonly idleUnloadMs: number | undefined;
  readonly startTimer: StartTimer;
}

/**
 * One recipe's life in a service: loaded when first used, once for all who ask at the same time, and
 * unloaded when nobody uses it. A load goes on when its asker has gone: the next one finds it done.
 */
export class RecipeSlot {
  readonly #options: RecipeSlotOptions;
  #loading: Promise<LoadedRecipe> | undefined;
  #trimtab: LoadedRecipe | undefined;
  #failure: ServedRecipe['failure'] = null;
  #unloading: Promise<void> | undefined;
  /** Requests that use it or wait for it to load. */
  #users = 0;
  #onUnused: (() => void) | undefined;
  #stopIdleTimer: (() => void) | undefined;
  /** `null` for good; `undefined` where nothing was said of it. */
  #keepAliveMs: number | null | undefined;

  constructor(options: RecipeSlotOptions) {
    this.#options = options;
    const { keepAliveMs } = options.recipe;
    this.#keepAliveMs = keepAliveMs === undefined ? options.idleUnloadMs : keepAliveMs;
  }

  get summary(): ServedRecipe {
    const models = this.#trimtab === undefined ? [] : this.#trimtab.models;
    const { recipe } = this.#options;
    return toServedRecipe(recipe, { state: this.#state, failure: this.#failure, models });
  }

  /**
   * Runs `work` on the loaded recipe, which stays loaded meanwhile.
   * @param keepAliveMs - From then on, when nobody uses it; `undefined` leaves what was said before.
   */
  async use<Result>(
    work: (trimtab: LoadedRecipe) => Promise<Result> | Result,
    signal?: AbortSignal,
    keepAliveMs?: number | null,
  ): Promise<Result> {
    if (keepAliveMs !== undefined) this.#keepAliveMs = keepAliveMs;
    // What is being unloaded is loaded again once it has gone: its memory is needed first.
    while (this.#unloading !== undefined) await untilAborted(this.#unloading, signal);
    this.#users++;
    this.#stopIdleTimer?.();
    try {
      return await work(await untilAborted(this.#load(), signal));
    } finally {
      this.#users--;
      if (this.#users === 0) this.#becomeUnused();
    }
  }

  /** Frees it once its requests have ended; those that come meanwhile load it again. */
  unload(): Promise<void> {
    this.#unloading ??= this.#unload().finally(() => {
      this.#unloading = undefined;
    });
    return this.#unloading;
  }

  /** Ends its requests with {@link DisposedError} and frees it. */
  async close(): Promise<void> {
    this.#stopIdleTimer?.();
    await this.#free();
  }

  get #state(): ServedRecipe['state'] {
    if (this.#trimtab !== undefined) return 'ready';
    if (this.#loading !== undefined) return 'loading';
    return this.#failure === null ? 'unloaded' : 'failed';
  }

  #load(): Promise<LoadedRecipe> {
    if (this.#trimtab !== undefined) return Promise.resolve(this.#trimtab);
    if (this.#loading === undefined) {
      this.#failure = null;
      this.#loading = this.#startLoading();
      this.#options.onChange();
    }
    return this.#loading;
  }

  async #startLoading(): Promise<LoadedRecipe> {
    try {
      this.#trimtab = await this.#options.load(this.#options.recipe);
      for (const warning of this.#trimtab.warnings) this.#options.onWarning(warning);
      return this.#trimtab;
    } catch (error) {
      this.#failure = toFailure(error);
      throw error;
    } finally {
      this.#loading = undefined;
      this.#options.onChange();
    }
  }

  async #unload(): Promise<void> {
    if (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#onUnused = resolve;
      });
    }
    await this.#free();
    this.#failure = null;
    this.#options.onChange();
  }

  async #free(): Promise<void> {
    await this.#loading?.catch(() => {}); // whoever asked for it has been told
    const trimtab = this.#trimtab;
    this.#trimtab = undefined;
    await trimtab?.[Symbol.asyncDispose]();
  }

  #becomeUnused(): void {
    this.#onUnused?.();
    this.#onUnused = undefined;
    const keepAliveMs = this.#keepAliveMs ?? null;
    if (keepAliveMs === null) return;
    this.#stopIdleTimer = this.#options.startTimer(keepAliveMs, () => void this.unload());
  }
}
