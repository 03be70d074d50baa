import { ConstraintError } from '../spec/index.ts';
import type { FiniteAutomaton, ShortestTexts } from './automaton.ts';
import { groupByTarget, type Origins } from './origins.ts';
import { constraintLimits } from './limits.ts';

/**
 * @param automaton - With calls to start states.
 * @param spellable - By byte: whether a text may have it.
 * @throws ConstraintError if a text is longer than {@link constraintLimits.shortestBytes}.
 * @see Knuth 1977, "A generalization of Dijkstra's algorithm"
 */
export function shortestTexts(
  automaton: FiniteAutomaton,
  spellable: (from: number, to: number) => boolean = () => true,
): ShortestTexts {
  const search = new Search(automaton, spellable);
  search.run();
  const { enter, rest } = search; // without what the search itself took
  return { enter, rest };
}

class Search {
  readonly enter: Float64Array;
  readonly rest: Float64Array;
  readonly #automaton: FiniteAutomaton;
  readonly #spellable: (from: number, to: number) => boolean;
  readonly #origins: Origins;
  /** By length: states that may have a text of that length. */
  readonly #queue: (number[] | undefined)[] = [];
  #isTooLong = false;

  constructor(automaton: FiniteAutomaton, spellable: (from: number, to: number) => boolean) {
    this.#automaton = automaton;
    this.#spellable = spellable;
    this.#origins = groupByTarget(automaton);
    this.enter = new Float64Array(automaton.size).fill(Infinity);
    this.rest = Float64Array.from(automaton.finals, (final) => (final === 1 ? 0 : Infinity));
  }

  run(): void {
    const { finals, size } = this.#automaton;
    for (let state = 0; state < size; state++) {
      if (finals[state] === 1) this.#offerOrigins(state, 1);
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

  #offerOrigins(target: number, length: number): void {
    const { byteFroms, byteTos } = this.#automaton;
    const { byteFirsts, byteEdges, byteStates } = this.#origins;
    for (let i = byteFirsts[target]!; i < byteFirsts[target + 1]!; i++) {
      const edge = byteEdges[i]!;
      if (this.#spellable(byteFroms[edge]!, byteTos[edge]!)) this.#offer(byteStates[i]!, length);
    }
  }

  /** Lengths come in ascending order, so the first is the shortest. */
  #settle(state: number, length: number): void {
    if (this.enter[state] !== Infinity) return;
    this.enter[state] = length;
    if (this.#automaton.finals[state] === 0) {
      this.rest[state] = length;
      this.#offerOrigins(state, length + 1);
    }
    const { callees, callTargets } = this.#automaton;
    const { callFirsts, callEdges, callStates } = this.#origins;
    for (let i = callFirsts[state]!; i < callFirsts[state + 1]!; i++) {
      const call = callEdges[i]!;
      const sum = this.enter[callees[call]!]! + this.rest[callTargets[call]!]!;
      if (sum !== Infinity) this.#offer(callStates[i]!, sum);
    }
  }
}
