import { ConstraintError } from '../spec/index.ts';
import type { ByteEdge, CallEdge, FiniteAutomaton, State } from './automaton.ts';
import { constraintLimits } from './limits.ts';
import type { Nfa } from './nfa.ts';

/**
 * The subset construction, over bytes and calls: at most one edge per byte, one per callee.
 * @returns `undefined` if it has more than `maxStates` states, or takes too long.
 * @see Rabin and Scott 1959, "Finite automata and their decision problems"
 */
export function determinise(nfa: Nfa, maxStates: number): FiniteAutomaton | undefined {
  const subsets = new Subsets(nfa);
  const states: State[] = [];
  subsets.idOf([0]);
  while (states.length < subsets.count) {
    if (subsets.count > maxStates || subsets.isTooMuch) return undefined;
    states.push(stateOf(states.length, subsets, nfa));
  }
  return subsets.isTooMuch ? undefined : states;
}

/**
 * The same automaton without empty moves and as nondeterministic as it was, for where the subset
 * construction explodes: as many states at most, but several edges for one byte.
 * @throws ConstraintError if it has too many edges.
 */
export function withoutEpsilons(nfa: Nfa): FiniteAutomaton {
  const subsets = new Subsets(nfa);
  const ids = new Map([[0, 0]]);
  const idOf = (target: number): number => {
    const known = ids.get(target);
    if (known !== undefined) return known;
    ids.set(target, ids.size);
    return ids.size - 1;
  };
  const states: State[] = [];
  let count = 0;
  for (const origin of ids.keys()) {
    const members = subsets.closureOf(origin);
    const edges = members.map((member) => nfa.states[member]!);
    count += members.length;
    if (count > constraintLimits.nondeterministicEdges) throw tooAmbiguous();
    const rename = <Edge extends { target: number }>(edge: Edge): Edge => ({
      ...edge,
      target: idOf(edge.target),
    });
    states.push({
      final: members.includes(nfa.end),
      bytes: edges
        .flatMap(({ bytes }) => bytes)
        .map(rename)
        .toSorted((a, b) => a.from - b.from),
      calls: edges.flatMap(({ calls }) => calls).map(rename),
    });
  }
  return states;
}

/** Sets of states closed under empty moves, numbered in the order in which they are met. */
class Subsets {
  /** By id: ascending states that have edges, or are the end. */
  readonly members: (readonly number[])[] = [];
  readonly #ids = new Map<string, number>();
  readonly #closures = new Map<number, readonly number[]>();
  readonly #nfa: Nfa;
  /** Sum of the sizes of the sets met. */
  #work = 0;

  constructor(nfa: Nfa) {
    this.#nfa = nfa;
  }

  get count(): number {
    return this.members.length;
  }

  get isTooMuch(): boolean {
    return this.#work > constraintLimits.determinisationWork;
  }

  idOf(targets: readonly number[]): number {
    const members = targets.length === 1 ? this.closureOf(targets[0]!) : this.#union(targets);
    const key = members.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.members.length);
    return this.members.push(members) - 1;
  }

  closureOf(start: number): readonly number[] {
    const known = this.#closures.get(start);
    if (known !== undefined) {
      this.#work += known.length;
      return known;
    }
    const visited = new Set([start]);
    for (const state of visited) {
      for (const next of this.#nfa.states[state]!.epsilons) visited.add(next);
    }
    this.#work += visited.size;
    const closure = [...visited]
      .filter((state) => {
        const { bytes, calls } = this.#nfa.states[state]!;
        return bytes.length > 0 || calls.length > 0 || state === this.#nfa.end;
      })
      .toSorted((a, b) => a - b);
    this.#closures.set(start, closure);
    return closure;
  }

  /** Stops early when it takes too long: what it gives then is not used. */
  #union(targets: readonly number[]): number[] {
    const union = new Set<number>();
    for (const target of targets) {
      for (const state of this.closureOf(target)) union.add(state);
      if (this.isTooMuch) break;
    }
    return [...union].toSorted((a, b) => a - b);
  }
}

function tooAmbiguous(): ConstraintError {
  return new ConstraintError(
    '',
    'The constraint has a rule that is too ambiguous to compile. Repeat less, and nothing that may be ' +
      'empty.',
  );
}

function stateOf(id: number, subsets: Subsets, nfa: Nfa): State {
  const members = subsets.members[id]!;
  const edges = members.flatMap((member) => nfa.states[member]!.bytes);
  const calls = members.flatMap((member) => nfa.states[member]!.calls);
  return {
    final: members.includes(nfa.end),
    bytes: joinBytes(edges, (targets) => subsets.idOf(targets)),
    calls: joinCalls(calls, (targets) => subsets.idOf(targets)),
  };
}

/** One edge per byte, to the union of where the byte led. */
function joinBytes(
  edges: readonly ByteEdge[],
  idOf: (targets: readonly number[]) => number,
): ByteEdge[] {
  const cuts = new Set<number>();
  for (const { from, to } of edges) cuts.add(from).add(to + 1);
  const bounds = [...cuts].toSorted((a, b) => a - b);
  const positions = new Map(bounds.map((bound, i) => [bound, i]));
  const targets: number[][] = bounds.map(() => []);
  for (const { from, to, target } of edges) {
    const last = positions.get(to + 1)!;
    for (let i = positions.get(from)!; i < last; i++) targets[i]!.push(target);
  }
  const joined: ByteEdge[] = [];
  for (const [i, set] of targets.entries()) {
    if (set.length === 0) continue;
    const edge = { from: bounds[i]!, to: bounds[i + 1]! - 1, target: idOf(set) };
    const previous = joined.at(-1);
    if (
      previous !== undefined &&
      previous.target === edge.target &&
      previous.to + 1 === edge.from
    ) {
      joined[joined.length - 1] = { ...previous, to: edge.to };
    } else {
      joined.push(edge);
    }
  }
  return joined;
}

function joinCalls(
  calls: readonly CallEdge[],
  idOf: (targets: readonly number[]) => number,
): CallEdge[] {
  const targets = new Map<number, number[]>();
  for (const { callee, target } of calls) {
    const known = targets.get(callee);
    if (known === undefined) targets.set(callee, [target]);
    else known.push(target);
  }
  return [...targets].map(([callee, states]) => ({ callee, target: idOf(states) }));
}
