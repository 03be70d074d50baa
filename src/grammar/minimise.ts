import {
  alikeBytes,
  type ByteEdge,
  type CallEdge,
  type ShortestTexts,
  type State,
} from './automaton.ts';
import { shortestTexts } from './shortest.ts';

export interface MinimalStates {
  /** State 0 is the start. */
  readonly states: readonly State[];
  /** By state: see `Automaton`. */
  readonly alike: Int32Array;
}

/**
 * Merges states that nothing tells apart, across rules, and says which ones short texts cannot tell
 * apart. Refines a partition in rounds: after round n, two states are together if no path of n edges
 * tells them apart. A state is looked at again only when one it leads to has moved, and it is the
 * smaller part of a block that moves, so that there are O(edges · log states) looks.
 * @see Hopcroft 1971, "An n log n algorithm for minimizing states in a finite automaton"
 */
export function minimise(states: readonly State[]): MinimalStates {
  const partition = new Partition(states);
  let alike = partition.blockOf;
  for (let round = 1; partition.refine(); round++) {
    if (round === alikeBytes) alike = partition.blockOf.slice();
  }
  return quotient(states, partition.blockOf, alike);
}

class Partition {
  /** By state: its block. */
  readonly blockOf: Int32Array;
  readonly #states: readonly State[];
  readonly #shortest: ShortestTexts;
  readonly #blocks: Set<number>[] = [];
  /** By state: those with an edge to it, or a call of it. */
  readonly #origins: readonly number[][];
  #moved: readonly number[];

  constructor(states: readonly State[]) {
    this.#states = states;
    this.#shortest = shortestTexts(states);
    this.blockOf = new Int32Array(states.length);
    this.#moved = [...states.keys()];
    const origins: number[][] = states.map(() => []);
    for (const [origin, { bytes, calls }] of states.entries()) {
      for (const { target } of bytes) origins[target]!.push(origin);
      for (const { callee, target } of calls) {
        origins[callee]!.push(origin);
        origins[target]!.push(origin);
      }
    }
    this.#origins = origins;
    const endings = groupBy(states.keys(), (state) =>
      states[state]!.final ? this.#shortest.enter[state]! : -1,
    );
    for (const members of endings.values()) this.#addBlock(new Set(members));
  }

  /** One round. @returns Whether there may be another. */
  refine(): boolean {
    const looked = new Set(this.#moved.flatMap((state) => this.#origins[state]!));
    const first = this.#blocks.length;
    const byBlock = groupBy(looked, (state) => this.blockOf[state]!);
    const parts = [...byBlock].map(([block, members]) => ({
      block,
      groups: [...groupBy(members, (state) => this.#signature(state)).values()],
    }));
    for (const { block, groups } of parts) this.#split(block, groups);
    this.#moved = this.#blocks.slice(first).flatMap((members) => [...members]);
    return this.#moved.length > 0;
  }

  /** Leaves the largest of `groups`, or all other members together, in the block. */
  #split(block: number, groups: readonly number[][]): void {
    const members = this.#blocks[block]!;
    const largest = groups.reduce((a, b) => (b.length > a.length ? b : a));
    if (largest.length === members.size) return;
    for (const group of groups) for (const state of group) members.delete(state);
    let staying = members;
    if (members.size < largest.length) {
      staying = new Set(largest);
      if (members.size > 0) this.#addBlock(members);
    }
    this.#blocks[block] = staying;
    for (const group of groups) {
      if (group !== largest || staying === members) this.#addBlock(new Set(group));
    }
  }

  #addBlock(members: Set<number>): void {
    for (const state of members) this.blockOf[state] = this.#blocks.length;
    this.#blocks.push(members);
  }

  /**
   * Where a state's edges lead, and how much longer than the shortest each way is: states that are told
   * apart by neither are alike in what follows and in what it costs.
   */
  #signature(state: number): string {
    const { enter, rest } = this.#shortest;
    const { bytes, calls } = this.#states[state]!;
    const parts: string[] = [];
    let last: { to: number; block: number; extra: number } | undefined;
    for (const { from, to, target } of bytes) {
      const block = this.blockOf[target]!;
      const extra = rest[target]! - enter[state]!;
      if (
        last !== undefined &&
        last.to + 1 === from &&
        last.block === block &&
        last.extra === extra
      ) {
        last.to = to;
        continue;
      }
      if (last !== undefined) parts.push(`${last.to}>${last.block}:${last.extra}`);
      last = { to, block, extra };
      parts.push(String(from));
    }
    if (last !== undefined) parts.push(`${last.to}>${last.block}:${last.extra}`);
    const called = calls.map(({ callee, target }) => {
      const extra = enter[callee]! + rest[target]! - enter[state]!;
      return `${this.blockOf[callee]}(${this.blockOf[target]}:${extra}`;
    });
    return `${parts.join(' ')} ${[...new Set(called)].toSorted().join(' ')}`;
  }
}

/** One state per block, in the order of their first members. */
function quotient(
  states: readonly State[],
  blockOf: Int32Array,
  alikeOf: Int32Array,
): MinimalStates {
  const ids = new Map<number, number>();
  const representatives: number[] = [];
  for (const state of states.keys()) {
    const block = blockOf[state]!;
    if (ids.has(block)) continue;
    ids.set(block, ids.size);
    representatives.push(state);
  }
  const rename = (state: number): number => ids.get(blockOf[state]!)!;
  return {
    states: representatives.map((state) => {
      const { final, bytes, calls } = states[state]!;
      return { final, bytes: mergeBytes(bytes, rename), calls: mergeCalls(calls, rename) };
    }),
    alike: Int32Array.from(representatives, (state) => alikeOf[state]!),
  };
}

function mergeBytes(edges: readonly ByteEdge[], rename: (state: number) => number): ByteEdge[] {
  const merged: ByteEdge[] = [];
  for (const { from, to, target } of edges) {
    const last = merged.at(-1);
    if (last !== undefined && last.to + 1 === from && last.target === rename(target)) {
      merged[merged.length - 1] = { ...last, to };
    } else {
      merged.push({ from, to, target: rename(target) });
    }
  }
  return merged;
}

function mergeCalls(edges: readonly CallEdge[], rename: (state: number) => number): CallEdge[] {
  const merged = new Map<string, CallEdge>();
  for (const edge of edges) {
    const renamed = { callee: rename(edge.callee), target: rename(edge.target) };
    merged.set(`${renamed.callee} ${renamed.target}`, renamed);
  }
  return [...merged.values()];
}

function groupBy<Key>(states: Iterable<number>, keyOf: (state: number) => Key): Map<Key, number[]> {
  const groups = new Map<Key, number[]>();
  for (const state of states) {
    const key = keyOf(state);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [state]);
    else group.push(state);
  }
  return groups;
}
