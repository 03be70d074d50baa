import { constraintLimits } from './limits.ts';
import type { Nfa } from './nfa.ts';

/** Sets of states closed under empty moves, numbered in the order in which they are met. */
export class StateSets {
  readonly #nfa: Nfa;
  /** By id: ascending states that are of use. */
  readonly #members: (readonly number[])[] = [];
  /** By hash: the set met last; and by id: the one before it with the same hash, or -1. */
  readonly #ids = new Map<number, number>();
  readonly #earlier: number[] = [];
  /** By state that was the only target: its set's id; -1 where it was none. */
  readonly #idsOfSingles: Int32Array;
  readonly #closures: (readonly number[] | undefined)[];
  /** By state: the search that has met it last. */
  readonly #met: Int32Array;
  #search = 0;
  /** Sum of the sizes of the sets met. */
  #work = 0;

  constructor(nfa: Nfa) {
    this.#nfa = nfa;
    this.#idsOfSingles = new Int32Array(nfa.size).fill(-1);
    this.#closures = Array.from({ length: nfa.size });
    this.#met = new Int32Array(nfa.size);
  }

  get count(): number {
    return this.#members.length;
  }

  /** What is found then is not used. */
  get isTooMuch(): boolean {
    return this.#work > constraintLimits.determinisationWork;
  }

  members(id: number): readonly number[] {
    return this.#members[id]!;
  }

  /** The set of what `targets`, which may repeat, lead to. */
  idOf(targets: readonly number[]): number {
    const [first] = targets;
    if (targets.length > 1) return this.#intern(this.#union(targets));
    const known = this.#idsOfSingles[first!]!;
    if (known === -1) return (this.#idsOfSingles[first!] = this.#intern(this.closureOf(first!)));
    this.#work++;
    return known;
  }

  /** Ascending states of use that empty moves lead to. */
  closureOf(start: number): readonly number[] {
    const known = this.#closures[start];
    if (known !== undefined) {
      this.#work += known.length;
      return known;
    }
    const closure = this.#findClosure(start);
    this.#closures[start] = closure;
    return closure;
  }

  #findClosure(start: number): readonly number[] {
    const { heads, nexts, targets } = this.#nfa.epsilons;
    const search = ++this.#search;
    const reached = [start];
    this.#met[start] = search;
    for (let i = 0; i < reached.length; i++) {
      for (let edge = heads[reached[i]!]!; edge !== -1; edge = nexts[edge]!) {
        const target = targets[edge]!;
        if (this.#met[target] === search) continue;
        this.#met[target] = search;
        reached.push(target);
      }
    }
    this.#work += reached.length;
    return ascending(reached.filter((state) => this.#nfa.isOfUse(state)));
  }

  #union(targets: readonly number[]): readonly number[] {
    const closures: (readonly number[])[] = [];
    for (let i = 0; i < targets.length && !this.isTooMuch; i++) {
      closures.push(this.closureOf(targets[i]!));
    }
    const search = ++this.#search;
    const union: number[] = [];
    for (const closure of closures) {
      for (let i = 0; i < closure.length; i++) {
        const state = closure[i]!;
        if (this.#met[state] === search) continue;
        this.#met[state] = search;
        union.push(state);
      }
    }
    return ascending(union);
  }

  #intern(members: readonly number[]): number {
    const hash = hashOf(members);
    const last = this.#ids.get(hash) ?? -1;
    for (let id = last; id !== -1; id = this.#earlier[id]!) {
      if (areEqual(this.#members[id]!, members)) return id;
    }
    const id = this.#members.push(members) - 1;
    this.#ids.set(hash, id);
    this.#earlier.push(last);
    return id;
  }
}

function ascending(states: number[]): readonly number[] {
  for (let i = 1; i < states.length; i++) {
    if (states[i - 1]! > states[i]!) return [...Int32Array.from(states).toSorted()];
  }
  return states;
}

function hashOf(members: readonly number[]): number {
  let hash = members.length;
  for (let i = 0; i < members.length; i++) {
    hash = Math.imul(hash ^ members[i]!, 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
