import type { LastingStates } from './lasting-states.ts';

/** A finite automaton over bytes and calls, as flat arrays; state 0 is its start. */
export interface FiniteAutomaton {
  /** States. */
  readonly size: number;
  /** By state: 1 where its rule may end. */
  readonly finals: Uint8Array;
  /** By state: where its edges begin in the three lists below; they end where the next state's begin. */
  readonly byteFirsts: Int32Array;
  /** By edge: its bytes, both included, ascending within a state, and where they lead. */
  readonly byteFroms: Uint8Array;
  readonly byteTos: Uint8Array;
  readonly byteTargets: Int32Array;
  /** By state: where its calls begin in the two lists below. */
  readonly callFirsts: Int32Array;
  /**
   * A text of another rule, not the empty one, leads to the target. The callee is the rule's id while rules
   * are compiled one by one, and the rule's start state once they are linked.
   */
  readonly callees: Int32Array;
  readonly callTargets: Int32Array;
}

/** Bytes of shortest texts, by state; `Infinity` where there is none. */
export interface ShortestTexts {
  /** From the state to its rule's end, by a text that is not empty. */
  readonly enter: Float64Array;
  /** From the state to its rule's end; 0 if it is final. */
  readonly rest: Float64Array;
}

/**
 * The automata of all rules in one: a pushdown automaton that pushes the target of a call. It is flat arrays
 * alone: small, and sent between threads as it is.
 */
export interface Automaton extends FiniteAutomaton {
  /**
   * By state: equal for states that tokens of up to {@link alikeBytes} bytes cannot tell apart, neither
   * by what is allowed nor by how much longer the shortest completion becomes.
   */
  readonly alike: Int32Array;
  readonly lasting: LastingStates;
  /** By state: the longest chain of calls that begins there without a byte between them. */
  readonly callDepths: Int32Array;
  /** By byte: bytes of one class lead to the same states everywhere. */
  readonly byteClasses: Uint8Array;
  readonly byteClassCount: number;
  /** Of texts of any bytes. */
  readonly shortest: ShortestTexts;
}

/** Nearly all tokens of a vocabulary are shorter; runs of spaces and dashes may be longer. */
export const alikeBytes = 32;

/** Whether nothing can be done in a state but return. */
export function isEnd({ finals, byteFirsts, callFirsts }: FiniteAutomaton, state: number): boolean {
  return (
    finals[state] === 1 &&
    byteFirsts[state] === byteFirsts[state + 1] &&
    callFirsts[state] === callFirsts[state + 1]
  );
}

/** Where a byte leads from a state of a deterministic automaton, calls aside; -1 if it is not allowed. */
export function targetOf(automaton: FiniteAutomaton, state: number, byte: number): number {
  const { byteFirsts, byteFroms, byteTos, byteTargets } = automaton;
  const end = byteFirsts[state + 1]!;
  let edge = byteFirsts[state]!;
  while (edge < end && byteTos[edge]! < byte) edge++;
  return edge < end && byteFroms[edge]! <= byte ? byteTargets[edge]! : -1;
}

/** What an automaton takes in memory. */
export function byteLengthOf(automaton: FiniteAutomaton): number {
  let bytes = 0;
  for (const part of Object.values(automaton)) {
    if (ArrayBuffer.isView(part)) bytes += part.byteLength;
  }
  return bytes;
}

/** What a finished automaton takes in memory. */
export function totalByteLengthOf(automaton: Automaton): number {
  const { shortest, lasting } = automaton;
  const parts = [shortest.enter, shortest.rest, lasting.ruleOf, lasting.stateOf];
  return parts.reduce((sum, { byteLength }) => sum + byteLength, byteLengthOf(automaton));
}
