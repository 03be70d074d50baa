import { QueueFullError, type EngineStats } from '../../spec/index.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import type { LaneUser } from '../cache/lane.ts';
import { Admission } from './admission.ts';
import type { BatchEntry } from './batch-plan.ts';
import { decodePasses } from './decode-batch.ts';
import { sendLanes } from './send-lanes.ts';
import { Pace } from './pace.ts';
import type { Task } from './task.ts';

export interface SchedulerOptions {
  /** Tasks that may wait; one more is refused. */
  readonly maxQueue: number;
  /** Milliseconds, from any origin. */
  readonly now: () => number;
}

/** What a recipe brings to the scheduler. */
export interface ScheduledPools {
  /** Of the models that give rows. */
  readonly pools: readonly LanePool[];
  /** Of its scalar reward models: what they are asked comes of those rows. */
  readonly rewardPools: readonly LanePool[];
  /** Of models that compute elsewhere: each lane is asked by itself, and nobody waits for it but who uses it. */
  readonly elsewhere: readonly LanePool[];
  /** Decode its contexts at once (a GPU), or one after the other (a CPU, whose threads would fight). */
  readonly concurrent: boolean;
}

/**
 * Runs many tasks over shared contexts. Each tick merges what all lanes of a context have been asked for into
 * one decode, folds every row as soon as its decode returns, and advances the tasks whose rows are complete.
 * What they then ask reward models about is decoded at the end of the tick.
 */
export class Scheduler {
  readonly #maxQueue: number;
  readonly #scheduled = new Set<ScheduledPools>();
  readonly #tasks = new Admission();
  readonly #taskOf = new Map<LaneUser, Task>();
  readonly #now: () => number;
  readonly #pace: Pace;
  #isLooping = false;
  /** Whether somebody asked for a tick since the last one began. */
  #isWanted = false;
  #decodes = 0;
  #tokens = 0;

  constructor({ maxQueue, now }: SchedulerOptions) {
    this.#maxQueue = maxQueue;
    this.#now = now;
    this.#pace = new Pace(now);
  }

  get stats(): Pick<EngineStats, 'decodes' | 'decodedTokens' | 'running' | 'queued'> {
    return {
      decodes: this.#decodes,
      decodedTokens: this.#tokens,
      running: this.#tasks.running.size,
      queued: this.#tasks.waiting.size,
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
    const { queued } = this.#tasks;
    if (queued >= this.#maxQueue) {
      throw new QueueFullError(
        `${queued} requests are waiting and the queue holds ${this.#maxQueue}. Try again later.`,
        this.#pace.secondsFor(queued),
      );
    }
    this.#tasks.enter(task);
    this.#taskOf.set(task.lanes, task);
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

  /** @returns Whether there was anything to do. */
  async #tick(): Promise<boolean> {
    this.#dropAborted();
    this.#tasks.admit((task, error) => this.#end(task, error));
    let isBusy = this.#advance(); // those whose rewards have come
    for (const { elsewhere } of this.#scheduled) {
      for (const pool of elsewhere) isBusy = this.#send(pool) || isBusy;
    }
    for (const { pools, concurrent } of this.#scheduled) {
      isBusy = (await this.#decode(withoutChecks(pools), concurrent)) || isBusy;
    }
    isBusy = this.#advance() || isBusy;
    for (const { rewardPools } of this.#scheduled) {
      isBusy = (await this.#decode(rewardPools, false)) || isBusy;
    }
    return isBusy;
  }

  #dropAborted(): void {
    for (const task of [...this.#tasks.running, ...this.#tasks.waiting]) {
      if (task.signal?.aborted === true) this.#end(task, task.signal.reason);
    }
  }

  /** @returns Whether there was anything to decode. */
  async #decode(pools: readonly LanePool[], concurrent: boolean): Promise<boolean> {
    if (concurrent) {
      const decoded = await Promise.all(pools.map((pool) => this.#decodeNext(pool)));
      return decoded.includes(true);
    }
    let isBusy = false;
    for (const pool of pools) isBusy = (await this.#decodeNext(pool)) || isBusy;
    return isBusy;
  }

  /** @returns Whether anything was asked for. */
  #send(pool: LanePool): boolean {
    const flights = sendLanes(pool);
    for (const flight of flights) {
      void this.#land(pool, flight);
    }
    return flights.length > 0;
  }

  async #land(pool: LanePool, flight: Promise<readonly BatchEntry[]>): Promise<void> {
    const began = this.#now();
    this.#count(pool, await flight, began);
    this.wake();
  }

  async #decodeNext(pool: LanePool): Promise<boolean> {
    let began = this.#now();
    let isBusy = false;
    for await (const entries of decodePasses(pool)) {
      this.#count(pool, entries, began);
      began = this.#now();
      isBusy = true;
    }
    return isBusy;
  }

  #count(pool: LanePool, entries: readonly BatchEntry[], began: number): void {
    if (entries.length > 0) this.#decodes++;
    const decoded = entries.reduce((sum, { tokens }) => sum + tokens.length, 0);
    pool.costs.record(decoded, this.#now() - began);
    for (const { user, tokens } of entries) {
      this.#tokens += tokens.length;
      const task = this.#taskOf.get(user);
      if (task !== undefined) this.#tasks.serve(task, tokens.length);
    }
  }

  /** @returns Whether any task went on. */
  #advance(): boolean {
    let isBusy = false;
    for (const task of this.#tasks.running) {
      const { failure, isIdle } = task.lanes;
      if (failure === undefined && (task.isWaiting || !isIdle)) continue;
      isBusy = true;
      this.#tasks.countStep(task);
      try {
        if (failure !== undefined) throw failure.error;
        if (task.advance()) this.#end(task);
      } catch (error) {
        this.#end(task, error);
      }
    }
    return isBusy;
  }

  #end(task: Task, error?: unknown): void {
    const { wasThere, wasStarted } = this.#tasks.leave(task);
    if (!wasThere) return;
    this.#taskOf.delete(task.lanes);
    this.wake(); // idle work may go on now
    if (wasStarted) this.#pace.count();
    task.release();
    if (error !== undefined) task.fail(error);
  }
}

/**
 * While somebody drafts, the contexts where somebody drafts or reads a prompt: others wait, so that one pass checks what
 * all have drafted. Who waits there begins no draft meanwhile.
 */
function withoutChecks(pools: readonly LanePool[]): readonly LanePool[] {
  if (!pools.some((pool) => isAsked(pool, (user) => user.isDrafting === true))) return pools;
  return pools.filter((pool) =>
    isAsked(pool, (user) => user.isDrafting === true || !user.isDecoding),
  );
}

/** Whether a context has something to compute for somebody of a kind. */
function isAsked({ lanes }: LanePool, isOfKind: (user: LaneUser) => boolean): boolean {
  return lanes.some(
    ({ user, pending }) => user !== null && pending.length > 0 && user.isReady && isOfKind(user),
  );
}
