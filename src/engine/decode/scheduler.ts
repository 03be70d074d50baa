import { QueueFullError, type EngineStats, type Extension } from '../../spec/index.ts';
import { planBatch, type BatchEntry } from './batch-plan.ts';
import type { CandidatePool } from '../cache/candidate-pool.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import { FairShare } from './fair-share.ts';
import { Pace } from './pace.ts';
import type { StartOutcome, Task } from './task.ts';

/** Tokens of an answer that go by before others, who were served less, may have its lanes. */
const sliceTokens = 64;

/** Waiting tasks that are tried in one tick: of thousands, most would have to go on waiting. */
const triesPerTick = 64;

export interface SchedulerOptions {
  /** Tasks that may wait; one more is refused. */
  readonly maxQueue: number;
  /** Milliseconds, from any origin. */
  readonly now: () => number;
}

/** What a recipe brings to the scheduler. */
export interface ScheduledPools {
  readonly pools: readonly LanePool[];
  /** Of its scalar reward models. */
  readonly candidatePools: readonly CandidatePool[];
  /** Decode its contexts at once (a GPU), or one after the other (a CPU, whose threads would fight). */
  readonly concurrent: boolean;
}

function isAborted(task: Task): boolean {
  return task.signal?.aborted === true;
}

/**
 * Runs many tasks over shared contexts. Each tick merges the pending tokens of all tasks into one
 * decode per model, folds every row as soon as its decode returns, and advances the tasks whose rows
 * are complete. Decoding tasks go first; prompts fill what room is left, in equal shares. Candidates
 * that tasks ask reward models about are decoded at the end of the tick.
 */
export class Scheduler {
  readonly #maxQueue: number;
  readonly #scheduled = new Set<ScheduledPools>();
  /** Those without lanes: new ones, and those that gave theirs up. */
  readonly #waiting = new Set<Task>();
  readonly #running = new Set<Task>();
  /** Of each task that was ever started, the tokens of its answer since it was started last. */
  readonly #stints = new Map<Task, number>();
  readonly #shares = new FairShare();
  readonly #pace: Pace;
  #isLooping = false;
  /** Whether somebody asked for a tick since the last one began. */
  #isWanted = false;
  #decodes = 0;
  #tokens = 0;

  constructor({ maxQueue, now }: SchedulerOptions) {
    this.#maxQueue = maxQueue;
    this.#pace = new Pace(now);
  }

  get stats(): Pick<EngineStats, 'decodes' | 'decodedTokens' | 'running' | 'queued'> {
    return {
      decodes: this.#decodes,
      decodedTokens: this.#tokens,
      running: this.#running.size,
      queued: this.#waiting.size,
    };
  }

  add(pools: ScheduledPools): void {
    this.#scheduled.add(pools);
  }

  /** The tasks of these pools must have ended. */
  remove(pools: ScheduledPools): void {
    this.#scheduled.delete(pools);
  }

  /** @throws QueueFullError */
  submit(task: Task): void {
    const queued = [...this.#waiting].filter((each) => !this.#stints.has(each)).length;
    if (queued >= this.#maxQueue) {
      throw new QueueFullError(
        `${queued} requests are waiting and the queue holds ${this.#maxQueue}. Try again later.`,
        this.#pace.secondsFor(queued),
      );
    }
    this.#shares.enter(task);
    this.#waiting.add(task);
    this.wake();
  }

  /** Goes on if it had nothing to do, e.g. because all readers were behind, or on an abort. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isLooping) return;
    this.#isLooping = true;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    do {
      // The event loop turns between two tokens: aborts, readers and timers are served, and tasks
      // submitted together start together.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      this.#isWanted = false;
    } while ((await this.#tick()) || this.#isWanted);
    this.#isLooping = false;
  }

  /** @returns Whether there was anything to decode. */
  async #tick(): Promise<boolean> {
    this.#dropAborted();
    this.#admit();
    let isBusy = this.#advance(); // those whose rewards have come
    for (const { pools, concurrent } of this.#scheduled) {
      if (concurrent) {
        const decoded = await Promise.all(pools.map((pool) => this.#decodeNext(pool)));
        isBusy ||= decoded.includes(true);
      } else {
        for (const pool of pools) isBusy = (await this.#decodeNext(pool)) || isBusy;
      }
    }
    isBusy = this.#advance() || isBusy;
    return (await this.#decodeCandidates()) || isBusy;
  }

  /** @returns Whether any reward model had anything to decode. */
  async #decodeCandidates(): Promise<boolean> {
    let isBusy = false;
    for (const { candidatePools } of this.#scheduled) {
      for (const pool of candidatePools) {
        const tokens = await pool.decodeNext();
        if (tokens === 0) continue;
        isBusy = true;
        this.#decodes++;
        this.#tokens += tokens;
      }
    }
    return isBusy;
  }

  #dropAborted(): void {
    for (const tasks of [this.#running, this.#waiting]) {
      for (const task of tasks) if (isAborted(task)) this.#end(task, task.signal!.reason);
    }
  }

  /**
   * Starts waiting tasks, whose turn it is first. One that waits for room keeps later ones from taking
   * it, or a task of many lanes would never start; one that waits for a prefix lets them pass. Tasks
   * whose readers are behind want no lanes.
   */
  #admit(): void {
    let waiting = [...this.#waiting].filter(({ isReady }) => isReady);
    for (let tries = 0; waiting.length > 0 && tries < triesPerTick; tries++) {
      const task = waiting.reduce((a, b) => (this.#shares.compare(a, b) < 0 ? a : b));
      const isFull = this.#start(task) === 'full' && !this.#startInPlaceOfOthers(task);
      waiting = waiting.filter(
        (other) => other !== task && !(isFull && [...other.needs.keys()].some(isOf(task))),
      );
    }
  }

  /** @returns Whether others had to give up lanes, and did. */
  #startInPlaceOfOthers(task: Task): boolean {
    const victims = this.#victims(task);
    for (const victim of victims) this.#park(victim);
    return victims.length > 0 && this.#start(task) !== 'full';
  }

  #start(task: Task): StartOutcome {
    try {
      const outcome = task.start();
      if (outcome !== 'started') return outcome;
      this.#waiting.delete(task);
      this.#running.add(task);
      this.#stints.set(task, 0);
      this.#shares.countRunning(task, 1);
    } catch (error) {
      this.#end(task, error);
    }
    return 'started';
  }

  /** Those that must give up their lanes so that `task` can start; none if that is unfair. */
  #victims(task: Task): readonly Task[] {
    const lacking = new Map<LanePool, number>();
    for (const [pool, count] of task.needs) {
      if (count > pool.available) lacking.set(pool, count - pool.available);
    }
    const victims: Task[] = [];
    for (const other of this.#parkable(task)) {
      const helps = [...other.needs].filter(([pool]) => lacking.has(pool));
      if (helps.length === 0) continue;
      victims.push(other);
      for (const [pool, count] of helps) {
        const rest = lacking.get(pool)! - count;
        if (rest > 0) lacking.set(pool, rest);
        else lacking.delete(pool);
      }
      if (lacking.size === 0) return victims;
    }
    return [];
  }

  /** Who may be asked to give up lanes for `task`: first those that cannot use them. */
  #parkable(task: Task): readonly Task[] {
    const parkable = [...this.#running].filter(({ canPark }) => canPark);
    const idle = parkable.filter(({ isReady }) => !isReady);
    const busy = parkable
      .filter(
        (other) =>
          other.isReady &&
          (this.#shares.owes(other, task) ||
            (this.#shares.isAhead(other, task) && this.#hadItsSlice(other))),
      )
      .toSorted((a, b) => this.#shares.compareShares(b, a) || cachedTokens(a) - cachedTokens(b));
    return [...idle, ...busy];
  }

  /** Whether it has had its lanes for long enough that computing them again is little beside it. */
  #hadItsSlice(task: Task): boolean {
    return this.#stints.get(task)! >= Math.max(sliceTokens, cachedTokens(task) / 2);
  }

  #park(task: Task): void {
    task.park();
    this.#running.delete(task);
    this.#shares.countRunning(task, -1);
    this.#waiting.add(task);
  }

  /** @returns Whether there was anything to decode. */
  async #decodeNext(pool: LanePool): Promise<boolean> {
    const entries = planBatch(pool, this.#running);
    if (entries.length === 0) return false;
    const extensions: Extension[] = entries.map(({ use, tokens, rows }) => ({
      sequence: use.lane.sequence,
      tokens,
      rows,
    }));
    try {
      const results = await pool.context.extend(extensions);
      this.#decodes++;
      for (let i = 0; i < entries.length; i++) {
        this.#tokens += entries[i]!.tokens.length;
        this.#deliver(entries[i]!, results[i]!.rows);
      }
    } catch (error) {
      // Nothing was appended; whose fault it is cannot be told, so all who took part are told.
      for (const { task } of entries) this.#end(task, error);
    }
    return true;
  }

  #deliver({ task, use, tokens, firstRow }: BatchEntry, rows: readonly Float32Array[]): void {
    use.lane.advance(tokens);
    if (!this.#running.has(task)) return;
    this.#shares.serve(task, tokens.length);
    task.countForward(use);
    try {
      for (let i = 0; i < rows.length; i++) task.addRow(use, firstRow + i, rows[i]!);
    } catch (error) {
      this.#end(task, error);
    }
  }

  /** @returns Whether any task went on. */
  #advance(): boolean {
    let isBusy = false;
    for (const task of this.#running) {
      if (task.isWaiting || task.lanes.some(({ lane }) => lane.pending.length > 0)) continue;
      isBusy = true;
      this.#stints.set(task, this.#stints.get(task)! + 1);
      try {
        if (task.advance()) this.#end(task);
      } catch (error) {
        this.#end(task, error);
      }
    }
    return isBusy;
  }

  #end(task: Task, error?: unknown): void {
    if (this.#running.delete(task)) this.#shares.countRunning(task, -1);
    else if (!this.#waiting.delete(task)) return;
    if (this.#stints.delete(task)) this.#pace.count();
    this.#shares.leave(task);
    task.release();
    if (error !== undefined) task.fail(error);
  }
}

/** Tokens that would have to be computed again if it gave up its lanes. */
function cachedTokens({ lanes }: Task): number {
  return lanes.reduce((most, { lane }) => Math.max(most, lane.tokens.length), 0);
}

function isOf({ needs }: Task): (pool: LanePool) => boolean {
  return (pool) => needs.has(pool);
}
