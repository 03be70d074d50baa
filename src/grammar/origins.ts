import type { FiniteAutomaton } from './automaton.ts';

/** What leads to the states of an automaton. */
export interface Origins {
  /** By state: where the edges to it begin in the two lists below; they end where the next state's begin. */
  readonly byteFirsts: Int32Array;
  readonly byteEdges: Int32Array;
  /** The states that the edges come from. */
  readonly byteStates: Int32Array;
  /** By state: where the calls of it, and those that return to it, begin in the two lists below. */
  readonly callFirsts: Int32Array;
  readonly callEdges: Int32Array;
  readonly callStates: Int32Array;
}

/** @param automaton - With calls to start states. */
export function groupByTarget(automaton: FiniteAutomaton): Origins {
  const { size } = automaton;
  const bytes = group(size, automaton.byteFirsts, [automaton.byteTargets]);
  const calls = group(size, automaton.callFirsts, [automaton.callees, automaton.callTargets]);
  return {
    byteFirsts: bytes.firsts,
    byteEdges: bytes.edges,
    byteStates: bytes.states,
    callFirsts: calls.firsts,
    callEdges: calls.edges,
    callStates: calls.states,
  };
}

/** @param ends - By edge: states that it is listed for, each in a list of its own. */
function group(
  size: number,
  edgeFirsts: Int32Array,
  ends: readonly Int32Array[],
): { firsts: Int32Array; edges: Int32Array; states: Int32Array } {
  const firsts = new Int32Array(size + 1);
  for (const targets of ends) for (const target of targets) firsts[target + 1]!++;
  for (let state = 0; state < size; state++) firsts[state + 1]! += firsts[state]!;
  const next = firsts.slice();
  const [edges, states] = [new Int32Array(firsts[size]!), new Int32Array(firsts[size]!)];
  for (let state = 0; state < size; state++) {
    for (let edge = edgeFirsts[state]!; edge < edgeFirsts[state + 1]!; edge++) {
      for (const targets of ends) {
        const place = next[targets[edge]!]!++;
        edges[place] = edge;
        states[place] = state;
      }
    }
  }
  return { firsts, edges, states };
}
