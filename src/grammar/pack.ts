import type { Automaton, State } from './automaton.ts';
import { callDepths } from './left-recursion.ts';
import type { MinimalStates } from './minimise.ts';
import { shortestTexts } from './shortest.ts';

/** The finished automaton, in flat arrays. @param states - No rule begins with itself. */
export function pack({ states, alike }: MinimalStates): Automaton {
  const edges = states.flatMap(({ bytes }) => bytes);
  const calls = states.flatMap((state) => state.calls);
  return {
    size: states.length,
    finals: Uint8Array.from(states, ({ final }) => Number(final)),
    byteFirsts: firstsOf(states, ({ bytes }) => bytes.length),
    byteFroms: Uint8Array.from(edges, ({ from }) => from),
    byteTos: Uint8Array.from(edges, ({ to }) => to),
    byteTargets: Int32Array.from(edges, ({ target }) => target),
    callFirsts: firstsOf(states, (state) => state.calls.length),
    callees: Int32Array.from(calls, ({ callee }) => callee),
    callTargets: Int32Array.from(calls, ({ target }) => target),
    alike,
    callDepths: callDepths(states, () => new Error('Minimising made a rule begin with itself.')),
    ...classifyBytes(states),
    shortest: shortestTexts(states),
  };
}

/** The states of a finished automaton, one by one. */
export function unpack(automaton: Automaton): State[] {
  const { byteFroms, byteTos, byteTargets, callees, callTargets } = automaton;
  return Array.from(automaton.finals, (final, state) => ({
    final: final === 1,
    bytes: edgesOf(automaton.byteFirsts, state).map((edge) => ({
      from: byteFroms[edge]!,
      to: byteTos[edge]!,
      target: byteTargets[edge]!,
    })),
    calls: edgesOf(automaton.callFirsts, state).map((edge) => ({
      callee: callees[edge]!,
      target: callTargets[edge]!,
    })),
  }));
}

function firstsOf(states: readonly State[], count: (state: State) => number): Int32Array {
  const firsts = new Int32Array(states.length + 1);
  for (const [i, state] of states.entries()) firsts[i + 1] = firsts[i]! + count(state);
  return firsts;
}

function edgesOf(firsts: Int32Array, state: number): number[] {
  const first = firsts[state]!;
  return Array.from({ length: firsts[state + 1]! - first }, (_, i) => first + i);
}

function classifyBytes(
  states: readonly State[],
): Pick<Automaton, 'byteClasses' | 'byteClassCount'> {
  const isCut = new Uint8Array(257);
  for (const { bytes } of states) {
    for (const { from, to } of bytes) {
      isCut[from] = 1;
      isCut[to + 1] = 1;
    }
  }
  const byteClasses = new Uint8Array(256);
  let last = 0;
  for (let byte = 1; byte < 256; byte++) byteClasses[byte] = isCut[byte] === 1 ? ++last : last;
  return { byteClasses, byteClassCount: last + 1 };
}
