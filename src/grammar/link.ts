import type { FiniteAutomaton } from './automaton.ts';
import type { CompiledRules } from './compile-rules.ts';

/** All automata in one, and where each begins there. Their calls, of ids, become calls of states. */
export function link({ automata, entries }: CompiledRules): {
  readonly automaton: FiniteAutomaton;
  readonly starts: readonly number[];
} {
  const states = offsets(automata, ({ size }) => size);
  const edges = offsets(automata, ({ byteFroms }) => byteFroms.length);
  const calls = offsets(automata, ({ callees }) => callees.length);
  const [size, edgeCount, callCount] = [states, edges, calls].map((list) => list.at(-1)!) as [
    number,
    number,
    number,
  ];
  const linked = {
    size,
    finals: new Uint8Array(size),
    byteFirsts: new Int32Array(size + 1),
    byteFroms: new Uint8Array(edgeCount),
    byteTos: new Uint8Array(edgeCount),
    byteTargets: new Int32Array(edgeCount),
    callFirsts: new Int32Array(size + 1),
    callees: new Int32Array(callCount),
    callTargets: new Int32Array(callCount),
  };
  const starts = states.slice(0, -1);
  const callable = [...starts, ...entries.map(({ rule, state }) => starts[rule]! + state)];
  for (const [i, automaton] of automata.entries()) {
    const [state, edge, call] = [states[i]!, edges[i]!, calls[i]!];
    linked.finals.set(automaton.finals, state);
    linked.byteFroms.set(automaton.byteFroms, edge);
    linked.byteTos.set(automaton.byteTos, edge);
    linked.byteFirsts.set(
      automaton.byteFirsts.map((first) => first + edge),
      state,
    );
    linked.byteTargets.set(
      automaton.byteTargets.map((target) => target + state),
      edge,
    );
    linked.callFirsts.set(
      automaton.callFirsts.map((first) => first + call),
      state,
    );
    linked.callees.set(
      automaton.callees.map((callee) => callable[callee]!),
      call,
    );
    linked.callTargets.set(
      automaton.callTargets.map((target) => target + state),
      call,
    );
  }
  return { automaton: linked, starts };
}

/** Where each one's part begins, and at last where all end. */
function offsets(
  automata: readonly FiniteAutomaton[],
  countOf: (automaton: FiniteAutomaton) => number,
): number[] {
  const list = [0];
  for (const automaton of automata) list.push(list.at(-1)! + countOf(automaton));
  return list;
}
