import type { ServiceOptions } from '../options.ts';
import type { StartTimer } from '../../waiting/index.ts';

/** How a child is kept. Times in milliseconds. */
export interface Supervision {
  /** The pause before a restart: this after a first crash, doubled after each that follows, … */
  readonly minRestartDelayMs: number;
  readonly maxRestartDelayMs: number;
  /** … and this again after the child has been up for so long. */
  readonly healthyMs: number;
  /** How long a recipe is refused whose loading the child did not survive twice in a row, … */
  readonly minLoadPauseMs: number;
  /** … and at most, doubled each time. */
  readonly maxLoadPauseMs: number;
  /** How long a request waits for a restart before it is refused. */
  readonly restartWaitMs: number;
  /** A child that is not ready after so long is killed. */
  readonly startMs: number;
  /** A child that has said nothing for so long hangs, and is killed: decoding does not block its event loop. */
  readonly hangMs: number;
  /** The same while it loads a recipe: creating a large context blocks it for seconds. */
  readonly loadingHangMs: number;
  /** How long a child may take to end by itself when the service is disposed of. */
  readonly stopMs: number;
  /** How often a child reports its stats. */
  readonly statusMs: number;
  /** Requests that may be open at once, over all recipes; one more is refused. */
  readonly maxRequests: number;
  /** Node options of the child, e.g. `--max-old-space-size=4096`. */
  readonly execArgv: readonly string[];
}

export const supervisionDefaults: Supervision = {
  minRestartDelayMs: 100,
  maxRestartDelayMs: 3_000,
  healthyMs: 10_000,
  minLoadPauseMs: 5_000,
  maxLoadPauseMs: 600_000,
  restartWaitMs: 30_000,
  startMs: 60_000,
  hangMs: 20_000,
  loadingHangMs: 60_000,
  stopMs: 10_000,
  statusMs: 500,
  maxRequests: 4096,
  execArgv: [],
};

export interface SupervisedServiceOptions extends ServiceOptions {
  /** Defaults: {@link supervisionDefaults}. */
  readonly supervision?: Partial<Supervision>;
  /** Called with every line that the engine's process writes to stderr or stdout. */
  readonly onEngineLog?: (line: string) => void;
  readonly startTimer?: StartTimer;
}
