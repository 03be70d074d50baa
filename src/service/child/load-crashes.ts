import { EngineUnavailableError, type ServedRecipe } from '../../spec/index.ts';
import { createBackoff } from '../../waiting/index.ts';
import { toFailure } from '../served-recipe.ts';
import type { StartTimer } from '../../waiting/index.ts';

interface Suspect {
  readonly pauses: ReturnType<typeof createBackoff>;
  crashes: number;
  /** Why it is not loaded now; `undefined` when it may be. */
  refusal: EngineUnavailableError | undefined;
  stopTimer: () => void;
}

export interface LoadCrashesOptions {
  readonly minMs: number;
  readonly maxMs: number;
  readonly startTimer: StartTimer;
}

/**
 * Recipes whose loading the engine's process did not survive. One death may have another reason; from
 * the second in a row on, the recipe is refused for a while, ever longer, so that asking for it again
 * and again does not end everybody's requests again and again.
 */
export class LoadCrashes {
  readonly #options: LoadCrashesOptions;
  readonly #suspects = new Map<string, Suspect>();

  constructor(options: LoadCrashesOptions) {
    this.#options = options;
  }

  /** The process died while `recipe` was loading. */
  blame(recipe: string): void {
    const suspect = this.#suspects.get(recipe) ?? {
      pauses: createBackoff(this.#options),
      crashes: 0,
      refusal: undefined,
      stopTimer: () => {},
    };
    this.#suspects.set(recipe, suspect);
    suspect.crashes++;
    if (suspect.crashes === 1) return;
    const pauseMs = suspect.pauses.next();
    suspect.refusal = refuse(recipe, suspect.crashes, pauseMs);
    suspect.stopTimer();
    suspect.stopTimer = this.#options.startTimer(pauseMs, () => {
      suspect.refusal = undefined;
    });
  }

  /** It has loaded, or is to be tried again at once. */
  clear(recipe: string): void {
    this.#suspects.get(recipe)?.stopTimer();
    this.#suspects.delete(recipe);
  }

  clearAll(): void {
    for (const recipe of this.#suspects.keys()) this.clear(recipe);
  }

  /** @throws EngineUnavailableError while it is not to be loaded. */
  check(recipe: string): void {
    const refusal = this.#suspects.get(recipe)?.refusal;
    if (refusal !== undefined) throw new EngineUnavailableError(refusal.message);
  }

  /** The recipe as reported: failed, while it is not to be loaded. */
  mark(served: ServedRecipe): ServedRecipe {
    const refusal = this.#suspects.get(served.name)?.refusal;
    if (refusal === undefined) return served;
    return { ...served, state: 'failed', failure: toFailure(refusal) };
  }
}

function refuse(recipe: string, crashes: number, pauseMs: number): EngineUnavailableError {
  return new EngineUnavailableError(
    `The engine's process died ${crashes} times in a row while it loaded ${recipe}. It is not loaded for ${Math.ceil(pauseMs / 1000)} s. Check its files; unloading it lets it be tried at once.`,
  );
}
