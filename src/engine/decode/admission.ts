import type { LanePool } from '../cache/lane-pool.ts';
import { FairShare } from './fair-share.ts';
import type { Task } from './task.ts';

/** Tokens of an answer that go by before others, who were served less, may have its lanes. */
const sliceTokens = 64;

/** Waiting tasks that are tried in one tick: of thousands, most would have to go on waiting. */
const triesPerTick = 64;

/** Who has lanes, and who waits for some. */
export class Admission {
  /** Those without lanes: new ones, and those that gave theirs up. */
  readonly #waiting = new Set<Task>();
  readonly #running = new Set<Task>();
  /** Of each task that was ever started, the tokens of its answer since it was started last. */
  readonly #stints = new Map<Task, number>();
  readonly #shares = new FairShare();
  /** Idle work, and how many tasks there are beside it. */
  readonly #idle = new Set<Task>();
  #others = 0;

  get running(): ReadonlySet<Task> {
    return this.#running;
  }

  get waiting(): ReadonlySet<Task> {
    return this.#waiting;
  }

  /** Tasks that have had no lanes yet. */
  get queued(): number {
    return [...this.#waiting].filter((task) => !this.#stints.has(task)).length;
  }

  enter(task: Task): void {
    this.#shares.enter(task);
    this.#waiting.add(task);
    if (isIdle(task)) this.#idle.add(task);
    else this.#others++;
    this.#holdIdle();
  }

  /** @returns Whether it was there, and whether it had been started. */
  leave(task: Task): { readonly wasThere: boolean; readonly wasStarted: boolean } {
    const wasRunning = this.#running.delete(task);
    if (wasRunning) this.#shares.countRunning(task, -1);
    const wasThere = wasRunning || this.#waiting.delete(task);
    this.#shares.leave(task);
    if (wasThere && !this.#idle.delete(task)) this.#others--;
    this.#holdIdle();
    return { wasThere, wasStarted: this.#stints.delete(task) };
  }

  /** Tokens were computed for it. */
  serve(task: Task, tokens: number): void {
    this.#shares.serve(task, tokens);
  }

  /** It is about to go on by a token, or more. */
  countStep(task: Task): void {
    this.#stints.set(task, this.#stints.get(task)! + 1);
  }

  /**
   * Starts waiting tasks, whose turn it is first. One that waits for room keeps later ones from taking
   * it, or a task of many lanes would never start; one that waits for a prefix lets them pass. Tasks
   * whose readers are behind want no lanes.
   * @param onError - Told of a task that cannot start; it must leave.
   */
  admit(onError: (task: Task, error: unknown) => void): void {
    let waiting = [...this.#waiting].filter(({ isReady, lanes }) => isReady && !lanes.isHeld);
    for (let tries = 0; waiting.length > 0 && tries < triesPerTick; tries++) {
      const task = waiting.reduce((a, b) => (this.#shares.compare(a, b) < 0 ? a : b));
      let isFull = false;
      try {
        isFull = !this.#start(task) && !this.#startInPlaceOfOthers(task);
      } catch (error) {
        onError(task, error);
      }
      waiting = waiting.filter(
        (other) => other !== task && !(isFull && [...other.lanes.needs.keys()].some(isOf(task))),
      );
    }
  }

  /** Idle work goes on while there is nothing else. */
  #holdIdle(): void {
    for (const { lanes } of this.#idle) lanes.isHeld = this.#others > 0;
  }

  /** @returns Whether there was room, or none is wanted yet. */
  #start(task: Task): boolean {
    const outcome = task.start();
    if (outcome !== 'started') return outcome !== 'full';
    this.#waiting.delete(task);
    this.#running.add(task);
    this.#stints.set(task, 0);
    this.#shares.countRunning(task, 1);
    return true;
  }

  /** @returns Whether others had to give up lanes, and did. */
  #startInPlaceOfOthers(task: Task): boolean {
    const victims = this.#victims(task);
    for (const victim of victims) this.#park(victim);
    return victims.length > 0 && this.#start(task);
  }

  /** Those that must give up their lanes so that `task` can start; none if that is unfair. */
  #victims(task: Task): readonly Task[] {
    const lacking = new Map<LanePool, number>();
    for (const [pool, count] of task.lanes.needs) {
      if (count > pool.available) lacking.set(pool, count - pool.available);
    }
    const victims: Task[] = [];
    for (const other of this.#parkable(task)) {
      const helps = [...other.lanes.needs].filter(([pool]) => lacking.has(pool));
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
    const idle = parkable.filter(
      (other) => !other.isReady && this.#shares.comparePriority(task, other) <= 0,
    );
    const busy = parkable
      .filter((other) => other.isReady && this.#mustYield(other, task))
      .toSorted(
        (a, b) => this.#shares.compareShares(b, a) || a.lanes.cachedTokens - b.lanes.cachedTokens,
      );
    return [...idle, ...busy];
  }

  #mustYield(running: Task, waiting: Task): boolean {
    const order = this.#shares.comparePriority(waiting, running);
    if (order !== 0) return order < 0;
    return (
      this.#shares.owes(running, waiting) ||
      (this.#shares.isAhead(running, waiting) && this.#hadItsSlice(running))
    );
  }

  /** Whether it has had its lanes for long enough that computing them again is little beside it. */
  #hadItsSlice(task: Task): boolean {
    return this.#stints.get(task)! >= Math.max(sliceTokens, task.lanes.cachedTokens / 2);
  }

  #park(task: Task): void {
    task.park();
    this.#running.delete(task);
    this.#shares.countRunning(task, -1);
    this.#waiting.add(task);
  }
}

function isIdle({ share }: Task): boolean {
  return share.priority === 'idle';
}

function isOf({ lanes }: Task): (pool: LanePool) => boolean {
  return (pool) => lanes.needs.has(pool);
}
