import { QueueFullError, type EngineStats, type Extension } from '../spec/index.ts';
import { planBatch, type BatchEntry } from './batch-plan.ts';
import type { CandidatePool } from './candidate-pool.ts';
import type { LanePool } from './lane-pool.ts';
import type { Task } from './task.ts';

/** What a refused request is told to wait: a few answers are done by then. */
const retryAfterSeconds = 1;

export interface SchedulerOptions {
  /** Tasks that may wait; one more is refused. */
  readonly maxQueue: number;
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
  readonly #queue: Task[] = [];
  readonly #running = new Set<Task>();
  #isLooping = false;
  /** Whether somebody asked for a tick since the last one began. */
  #isWanted = false;
  #decodes = 0;
  #tokens = 0;

  constructor({ maxQueue }: SchedulerOptions) {
    this.#maxQueue = maxQueue;
  }

  get stats(): Pick<EngineStats, 'decodes' | 'decodedTokens' | 'running' | 'queued'> {
    return {
      decodes: this.#decodes,
      decodedTokens: this.#tokens,
      running: this.#running.size,
      queued: this.#queue.length,
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
    if (this.#queue.length >= this.#maxQueue) {
      throw new QueueFullError(
        `${this.#queue.length} requests are waiting and the queue holds ${this.#maxQueue}. Try again later.`,
        retryAfterSeconds,
      );
    }
    this.#queue.push(task);
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
    for (const task of this.#running) if (isAborted(task)) this.#end(task, task.signal!.reason);
    if (this.#queue.length === 0) return;
    for (const task of this.#queue.filter(isAborted)) {
      this.#queue.splice(this.#queue.indexOf(task), 1);
      task.fail(task.signal!.reason);
    }
  }

  /**
   * Starts queued tasks in order. One that waits for room keeps later ones from taking it, or a task of
   * many lanes would never start; one that waits for a prefix lets them pass.
   */
  #admit(): void {
    if (this.#queue.length === 0) return;
    const full = new Set<LanePool>();
    for (const task of this.#queue.slice()) {
      if (task.pools.some((pool) => full.has(pool))) continue;
      try {
        const outcome = task.start();
        if (outcome === 'full') for (const pool of task.pools) full.add(pool);
        if (outcome !== 'started') continue;
        this.#running.add(task);
      } catch (error) {
        task.fail(error);
      }
      this.#queue.splice(this.#queue.indexOf(task), 1);
    }
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
      try {
        if (task.advance()) this.#end(task);
      } catch (error) {
        this.#end(task, error);
      }
    }
    return isBusy;
  }

  #end(task: Task, error?: unknown): void {
    if (!this.#running.delete(task)) return;
    task.release();
    if (error !== undefined) task.fail(error);
  }
}
