import type { Logits } from '../../spec/index.ts';
import type { Lane, LanePool } from '../cache/lane-pool.ts';

/** A lane and the models of the recipe that read its rows: those that see the same prompt. */
export interface TaskLane {
  readonly lane: Lane;
  readonly models: readonly string[];
}

/** Whether a task has its lanes, waits for room, or waits for a prefix that another is computing. */
export type StartOutcome = 'started' | 'full' | 'behind';

/** Among whom the engine's room is shared: owners, and within an owner requests. */
export interface TaskShare {
  readonly owner: string;
  /** The same for all answers of one request. */
  readonly request: unknown;
}

/** What the scheduler runs: a generation, or the scoring of given text. */
export interface Task {
  readonly share: TaskShare;
  /** Aborting it ends the task within one tick. */
  readonly signal: AbortSignal | undefined;
  /** Whether the task can take more rows now; `false` while its reader is far behind. */
  readonly isReady: boolean;
  /** Whether it is past its prompt: such tasks go before those still reading theirs. */
  readonly isDecoding: boolean;
  /** Whether it waits for something that is not a row, e.g. a reward: it calls for a tick when it goes on. */
  readonly isWaiting: boolean;
  /** The lanes it has. */
  readonly lanes: readonly TaskLane[];
  /** How many lanes it takes, by the pool that gives them. */
  readonly needs: ReadonlyMap<LanePool, number>;
  /** Takes all its lanes or none; again after a `park`. */
  start(): StartOutcome;
  /** Whether it stands where `park` is possible: no rows are known that it has not used. */
  readonly canPark: boolean;
  /** Gives its lanes to others. What they held is computed again after the next `start`. */
  park(): void;
  /** Counts one forward pass the task took part in. */
  countForward(lane: TaskLane): void;
  /** Folds a borrowed row; `index` counts the wanted rows of the lane since the last `advance`. */
  addRow(lane: TaskLane, index: number, row: Logits): void;
  /** Called when every lane has delivered all its wanted rows. Returns whether the task is done. */
  advance(): boolean;
  /** Ends the task with an error or an abort's reason. */
  fail(error: unknown): void;
  /** Gives its lanes back. Called once, whatever the end was. */
  release(): void;
}
