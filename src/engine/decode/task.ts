import type { TaskShare } from '../cache/lane.ts';
import type { StartOutcome, TaskLanes } from './task-lanes.ts';

/** What the scheduler runs: a generation, or the scoring of given text. */
export interface Task {
  readonly share: TaskShare;
  /** Aborting it ends the task within one tick. */
  readonly signal: AbortSignal | undefined;
  /** Whether the task can take more rows now; `false` while its reader is far behind. */
  readonly isReady: boolean;
  /** Whether it waits for something that is not a row, e.g. a reward: it calls for a tick when it goes on. */
  readonly isWaiting: boolean;
  /** What computes its rows. */
  readonly lanes: TaskLanes;
  /** Takes all its lanes or none; again after a `park`. */
  start(): StartOutcome;
  /** Whether it stands where `park` is possible: no rows are known that it has not used. */
  readonly canPark: boolean;
  /** Gives its lanes to others. What they held is computed again after the next `start`. */
  park(): void;
  /** Called when every lane has computed all it was asked for. Returns whether the task is done. */
  advance(): boolean;
  /** Ends the task with an error or an abort's reason. */
  fail(error: unknown): void;
  /** Gives its lanes back. Called once, whatever the end was. */
  release(): void;
}
