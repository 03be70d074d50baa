/** A byte from `from` to `to`, both included, leads to the state `target`. */
export interface ByteEdge {
  readonly from: number;
  readonly to: number;
  readonly target: number;
}

/**
 * A text of another rule, not the empty one, leads to the state `target`. `callee` is the rule's id
 * while rules are compiled one by one, and the rule's start state in the finished automaton.
 */
export interface CallEdge {
  readonly callee: number;
  readonly target: number;
}

export interface State {
  /** Whether the rule may end here. */
  readonly final: boolean;
  /** Ascending by `from`. */
  readonly bytes: readonly ByteEdge[];
  readonly calls: readonly CallEdge[];
}

/** A finite automaton over bytes and calls; state 0 is its start. */
export type FiniteAutomaton = readonly State[];

/** The automata of all rules in one: a pushdown automaton that pushes the target of a call. */
export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  /**
   * By state: equal for states that tokens of up to {@link alikeBytes} bytes cannot tell apart, neither
   * by what is allowed nor by how much longer the shortest completion becomes.
   */
  readonly alike: Int32Array;
  /** By state: the longest chain of calls that begins there without a byte between them. */
  readonly callDepths: Int32Array;
  /** By byte: bytes of one class lead to the same states everywhere. */
  readonly byteClasses: Uint8Array;
  readonly byteClassCount: number;
}

/** Nearly all tokens of a vocabulary are shorter; runs of spaces and dashes may be longer. */
export const alikeBytes = 32;
