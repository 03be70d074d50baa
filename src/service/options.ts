import type { EngineOptions, LoadProgress } from '../engine/index.ts';
import type { Recipe } from '../recipe/index.ts';
import type { StartTimer } from '../waiting/index.ts';

export interface ServiceOptions {
  /** Paths of recipes, or recipes; their names must differ. */
  readonly recipes: readonly (string | Recipe)[];
  readonly engineOptions?: Pick<
    EngineOptions,
    'allowModules' | 'maxQueue' | 'memoryLimitBytes' | 'states'
  >;
  /** Unloads a recipe that nobody has used for so long; `undefined` keeps what is loaded. */
  readonly idleUnloadMs?: number | undefined;
}

export interface LocalServiceOptions extends ServiceOptions {
  readonly engineOptions?: EngineOptions;
  /** Called while files load, for a progress bar. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Called with what is not as a loaded recipe asked; by default it becomes a warning of the process. */
  readonly onWarning?: (warning: string) => void;
  /** Called whenever a recipe's state has changed. */
  readonly onChange?: () => void;
  /** Waits out `idleUnloadMs`. */
  readonly startTimer?: StartTimer;
}
