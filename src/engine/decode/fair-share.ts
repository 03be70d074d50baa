import type { Priority } from '../../spec/index.ts';
import type { Task } from './task.ts';

/** Who comes first. */
const ranks: Readonly<Record<Priority, number>> = { interactive: 0, background: 1, idle: 2 };

/** One owner, one request of an owner, or all of them: who shares what is above them. */
class Share {
  /** Tokens computed for it; at least what an equal share would have had when it came. */
  served = 0;
  /** Tasks of it that have lanes, and those that are there at all. */
  running = 0;
  present = 0;
  readonly parts = new Map<unknown, Share>();
  /** Parts that are present. */
  #count = 0;
  /** What an equal share among the parts that were there has been served by now. */
  #clock = 0;

  enter(key: unknown): Share {
    const part = this.parts.get(key) ?? new Share();
    // Nobody saves up by staying away.
    if (part.present === 0) {
      part.served = Math.max(part.served, this.#clock);
      this.#count++;
    }
    this.parts.set(key, part);
    part.present++;
    return part;
  }

  /** Forgets the parts that have gone, but those that would come back ahead of the others. */
  leave(part: Share): void {
    part.present--;
    if (part.present > 0) return;
    this.#count--;
    for (const [key, { present, served }] of this.parts) {
      const isForgotten = this.#count === 0 || served <= this.#clock;
      if (present === 0 && isForgotten) this.parts.delete(key);
    }
  }

  serve(part: Share, tokens: number): void {
    part.served += tokens;
    this.#clock += tokens / this.#count;
  }
}

function compareService(a: Share, b: Share): number {
  return a.running - b.running || a.served - b.served;
}

/** Where a task belongs. */
interface Place {
  readonly owner: Share;
  readonly request: Share;
  /** Order of arrival. */
  readonly number: number;
}

/**
 * Shares the lanes first between people and background work, which has what they leave; then among owners,
 * then among an owner's requests, whatever number of answers a request has: who has fewer lanes comes first, and of those who have equally many, whoever has been
 * served fewer tokens since it came.
 * @see Sheng et al. 2024, "Fairness in Serving Large Language Models", arXiv:2401.00588
 */
export class FairShare {
  readonly #all = new Share();
  readonly #places = new Map<Task, Place>();
  #arrivals = 0;

  /** A task has come. */
  enter(task: Task): void {
    const owner = this.#all.enter(task.share.owner);
    const request = owner.enter(task.share.request);
    this.#places.set(task, { owner, request, number: this.#arrivals++ });
  }

  /** It has ended. */
  leave(task: Task): void {
    const place = this.#places.get(task);
    if (place === undefined) return;
    this.#places.delete(task);
    place.owner.leave(place.request);
    this.#all.leave(place.owner);
  }

  /** It has got its lanes (1), or has none any more (-1). */
  countRunning(task: Task, change: 1 | -1): void {
    const { owner, request } = this.#places.get(task)!;
    owner.running += change;
    request.running += change;
  }

  /** Tokens were computed for it. */
  serve(task: Task, tokens: number): void {
    const { owner, request } = this.#places.get(task)!;
    this.#all.serve(owner, tokens);
    owner.serve(request, tokens);
  }

  /** Whose turn it is: negative if `a` comes before `b`, as it does within a request if it came first. */
  compare(a: Task, b: Task): number {
    return this.compareShares(a, b) || this.#places.get(a)!.number - this.#places.get(b)!.number;
  }

  /** Negative if `a` is for people and `b` background work, or that and `b` idle work; 0 for two of a kind. */
  comparePriority({ share: a }: Task, { share: b }: Task): number {
    return ranks[a.priority] - ranks[b.priority];
  }

  /** As `compare`, but 0 for two tasks of one request. */
  compareShares(a: Task, b: Task): number {
    const order = this.comparePriority(a, b);
    if (order !== 0) return order;
    const [left, right] = [this.#places.get(a)!, this.#places.get(b)!];
    return compareService(left.owner, right.owner) || compareService(left.request, right.request);
  }

  /**
   * Whether lanes of `running` belong to `waiting`: taking them leaves its owner, or its request, at
   * least as many as the other then has.
   */
  owes(running: Task, waiting: Task): boolean {
    const [from, to] = this.#unequal(running, waiting);
    return from.running > to.running + 1;
  }

  /** Whether `running` has been served more than `waiting`, and has no fewer lanes without its own. */
  isAhead(running: Task, waiting: Task): boolean {
    const [from, to] = this.#unequal(running, waiting);
    return from.running > to.running && from.served > to.served;
  }

  /** What tells two tasks apart: their owners, or of the same owner their requests. */
  #unequal(a: Task, b: Task): readonly [Share, Share] {
    const [left, right] = [this.#places.get(a)!, this.#places.get(b)!];
    if (left.owner !== right.owner) return [left.owner, right.owner];
    return [left.request, right.request];
  }
}
