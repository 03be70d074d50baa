import { ConstraintError } from '../spec/index.ts';
import type { ShortestTexts, State } from './automaton.ts';
import { constraintLimits } from './limits.ts';

/**
 * @param states - With calls to start states.
 * @param spellable - By byte: whether a text may have it.
 * @throws ConstraintError if a text is longer than {@link constraintLimits.shortestBytes}.
 * @see Knuth 1977, "A generalization of Dijkstra's algorithm"
 */
export function shortestTexts(
  states: readonly State[],
  spellable: (from: number, to: number) => boolean = () => true,
): ShortestTexts {
  const search = new Search(states, spellable);
  search.run();
  const { enter, rest } = search; // without what the search itself took
  return { enter, rest };
}

class Search {
  readonly enter: Float64Array;
  readonly rest: Float64Array;
  readonly #states: readonly State[];
  /** By state: those with a byte's edge to it. */
  readonly #byteOrigins: readonly number[][];
  /** By state: calls that call it, or return to it. */
  readonly #calls: readonly Call[][];
  /** By length: states that may have a text of that length. */
  readonly #queue: (number[] | undefined)[] = [];
  #isTooLong = false;

  constructor(states: readonly State[], spellable: (from: number, to: number) => boolean) {
    this.#states = states;
    this.enter = new Float64Array(states.length).fill(Infinity);
    this.rest = Float64Array.from(states, ({ final }) => (final ? 0 : Infinity));
    const byteOrigins: number[][] = states.map(() => []);
    const calls: Call[][] = states.map(() => []);
    for (const [origin, state] of states.entries()) {
      for (const { from, to, target } of state.bytes) {
        if (spellable(from, to)) byteOrigins[target]!.push(origin);
      }
      for (const { callee, target } of state.calls) {
        const call = { origin, callee, target };
        calls[callee]!.push(call);
        calls[target]!.push(call);
      }
    }
    this.#byteOrigins = byteOrigins;
    this.#calls = calls;
  }

  run(): void {
    for (const [state, { final }] of this.#states.entries()) {
      if (final) for (const origin of this.#byteOrigins[state]!) this.#offer(origin, 1);
    }
    for (let length = 0; length < this.#queue.length; length++) {
      for (const state of this.#queue[length] ?? []) this.#settle(state, length);
      this.#queue[length] = undefined;
    }
    if (this.#isTooLong && this.rest.includes(Infinity)) {
      throw new ConstraintError(
        '',
        `A part of the constraint has no text of ${constraintLimits.shortestBytes} bytes or less.`,
      );
    }
  }

  #offer(state: number, length: number): void {
    if (this.enter[state] !== Infinity) return;
    if (length > constraintLimits.shortestBytes) this.#isTooLong = true;
    else (this.#queue[length] ??= []).push(state);
  }

  /** Lengths come in ascending order, so the first is the shortest. */
  #settle(state: number, length: number): void {
    if (this.enter[state] !== Infinity) return;
    this.enter[state] = length;
    if (!this.#states[state]!.final) {
      this.rest[state] = length;
      for (const origin of this.#byteOrigins[state]!) this.#offer(origin, length + 1);
    }
    for (const { origin, callee, target } of this.#calls[state]!) {
      const sum = this.enter[callee]! + this.rest[target]!;
      if (sum !== Infinity) this.#offer(origin, sum);
    }
  }
}

interface Call {
  readonly origin: number;
  readonly callee: number;
  readonly target: number;
}
