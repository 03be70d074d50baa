/** Ends that the pace is measured over. */
const remembered = 32;

/** Seconds that anybody is told to wait, at least and at most. */
const [shortest, longest] = [1, 60];

/** How fast tasks end, of late. */
export class Pace {
  readonly #now: () => number;
  readonly #ends: number[] = [];

  /** @param now - Milliseconds, from any origin. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One has ended. */
  count(): void {
    this.#ends.push(this.#now());
    if (this.#ends.length > remembered) this.#ends.shift();
  }

  /** Seconds until `tasks` more will have ended, from 1 to 60; 1 while nothing is known. */
  secondsFor(tasks: number): number {
    const [first] = this.#ends;
    if (this.#ends.length < 2) return shortest;
    const secondsEach = (this.#now() - first!) / 1000 / (this.#ends.length - 1);
    return Math.min(longest, Math.max(shortest, Math.ceil(secondsEach * tasks)));
  }
}
