import { AutomatonBuilder } from './automaton-builder.ts';
import { alikeBytes, type FiniteAutomaton, type ShortestTexts } from './automaton.ts';
import { groupByTarget } from './origins.ts';
import { Partition } from './partition.ts';
import { Signatures } from './signatures.ts';
import type { MeasuredAutomaton } from './trim.ts';

export interface MinimalAutomaton extends MeasuredAutomaton {
  /** By state: see `Automaton`. */
  readonly alike: Int32Array;
  /** By state as they were before: the same. */
  readonly alikeBefore: Int32Array;
}

/**
 * Merges states that nothing tells apart, across rules, and says which ones short texts cannot tell
 * apart. Refines a partition in rounds: after round n, two states are together if no path of n edges
 * tells them apart. A state is looked at again only when one it leads to has moved, and it is the
 * smaller part of a block that moves, so that there are O(edges · log states) looks.
 * @see Hopcroft 1971, "An n log n algorithm for minimizing states in a finite automaton"
 */
export function minimise({ automaton, shortest }: MeasuredAutomaton): MinimalAutomaton {
  const refinement = new Refinement(automaton, shortest);
  let alike = refinement.blockOf;
  for (let round = 1; refinement.refine(); round++) {
    if (round === alikeBytes) alike = refinement.blockOf.slice();
  }
  return quotient(automaton, shortest, refinement.blockOf, alike);
}

class Refinement {
  readonly #partition: Partition;
  readonly #signatures: Signatures;
  readonly #origins: ReturnType<typeof groupByTarget>;
  #moved: readonly number[];
  /** By state: the round that has looked at it last. */
  readonly #looked: Int32Array;
  #round = 0;

  constructor(automaton: FiniteAutomaton, shortest: ShortestTexts) {
    const { size, finals } = automaton;
    this.#partition = new Partition(size, (state) =>
      finals[state] === 1 ? shortest.enter[state]! : -1,
    );
    this.#signatures = new Signatures(automaton, shortest, this.#partition.blockOf);
    this.#origins = groupByTarget(automaton);
    this.#looked = new Int32Array(size);
    this.#moved = Array.from({ length: size }, (_, state) => state);
  }

  /** By state: its block. */
  get blockOf(): Int32Array {
    return this.#partition.blockOf;
  }

  /** One round. @returns Whether there may be another. */
  refine(): boolean {
    const groups = this.#signatures.group(this.#statesBefore(this.#moved));
    this.#moved = this.#partition.split(groups);
    return this.#moved.length > 0;
  }

  /** Those with an edge to one of `targets`, or a call of it. */
  #statesBefore(targets: readonly number[]): readonly number[] {
    this.#round++;
    const states: number[] = [];
    const { byteFirsts, byteStates, callFirsts, callStates } = this.#origins;
    for (let i = 0; i < targets.length; i++) {
      this.#look(byteFirsts, byteStates, targets[i]!, states);
      this.#look(callFirsts, callStates, targets[i]!, states);
    }
    return states;
  }

  #look(firsts: Int32Array, origins: Int32Array, target: number, states: number[]): void {
    for (let i = firsts[target]!; i < firsts[target + 1]!; i++) {
      const state = origins[i]!;
      if (this.#looked[state] === this.#round) continue;
      this.#looked[state] = this.#round;
      states.push(state);
    }
  }
}

/** One state per block, in the order of their first members. */
function quotient(
  automaton: FiniteAutomaton,
  { enter, rest }: ShortestTexts,
  blockOf: Int32Array,
  alikeBefore: Int32Array,
): MinimalAutomaton {
  const ids = new Int32Array(automaton.size).fill(-1); // by block
  const representatives: number[] = [];
  for (const [state, block] of blockOf.entries()) {
    if (ids[block] === -1) ids[block] = representatives.push(state) - 1;
  }
  const rename = (state: number): number => ids[blockOf[state]!]!;
  const builder = new AutomatonBuilder();
  for (const state of representatives) builder.copyState(automaton, state, rename);
  // States of a block have the same texts, and so shortest ones of the same length.
  const shortest = {
    enter: Float64Array.from(representatives, (state) => enter[state]!),
    rest: Float64Array.from(representatives, (state) => rest[state]!),
  };
  const alike = Int32Array.from(representatives, (state) => alikeBefore[state]!);
  return { automaton: builder.finish(), shortest, alike, alikeBefore };
}
