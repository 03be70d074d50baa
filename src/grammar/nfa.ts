import { ConstraintError } from '../spec/index.ts';
import type { FiniteAutomaton } from './automaton.ts';
import { constraintLimits } from './limits.ts';

/** Lists of edges, one list a state, each edge before those that were added to its state earlier. */
export class EdgeLists {
  /** By edge: its bytes, both included, or the rule that it calls, twice. */
  readonly froms: number[] = [];
  readonly tos: number[] = [];
  readonly targets: number[] = [];
  /** By edge: the next of its state; -1 behind the last. */
  readonly nexts: number[] = [];
  /** By state: its first edge; -1 if it has none. */
  readonly heads: number[] = [];

  add(state: number, from: number, to: number, target: number): void {
    this.nexts.push(this.heads[state]!);
    this.heads[state] = this.targets.length;
    this.froms.push(from);
    this.tos.push(to);
    this.targets.push(target);
  }
}

/** A nondeterministic automaton with empty moves; state 0 is its start. */
export class Nfa {
  readonly bytes = new EdgeLists();
  readonly calls = new EdgeLists();
  readonly epsilons = new EdgeLists();
  /** The one state where it ends. */
  end = 0;

  constructor() {
    this.addState();
  }

  /** States. */
  get size(): number {
    return this.bytes.heads.length;
  }

  /** @throws ConstraintError beyond {@link constraintLimits.nfaStates} */
  addState(): number {
    const state = this.size;
    if (state === constraintLimits.nfaStates) throw tooManyNfaStates();
    for (const { heads } of [this.bytes, this.calls, this.epsilons]) heads.push(-1);
    return state;
  }

  addBytes(state: number, from: number, to: number, target: number): void {
    this.bytes.add(state, from, to, target);
  }

  addCall(state: number, callee: number, target: number): void {
    this.calls.add(state, callee, callee, target);
  }

  addEpsilon(from: number, to: number): void {
    this.epsilons.add(from, 0, 0, to);
  }

  /** Whether a state does more than move on by empty moves. */
  isOfUse(state: number): boolean {
    return this.bytes.heads[state] !== -1 || this.calls.heads[state] !== -1 || state === this.end;
  }

  /** Copies an automaton so that its state `start` is at `from`; returns the state where it has ended. */
  insert(automaton: FiniteAutomaton, from: number, start = 0): number {
    const { size, finals, byteFirsts, byteFroms, byteTos, byteTargets } = automaton;
    const { callFirsts, callees, callTargets } = automaton;
    const first = this.size;
    for (let i = 0; i < size; i++) this.addState();
    const end = this.addState();
    this.addEpsilon(from, first + start);
    for (let i = 0; i < size; i++) {
      for (let edge = byteFirsts[i]!; edge < byteFirsts[i + 1]!; edge++) {
        this.addBytes(first + i, byteFroms[edge]!, byteTos[edge]!, first + byteTargets[edge]!);
      }
      for (let call = callFirsts[i]!; call < callFirsts[i + 1]!; call++) {
        this.addCall(first + i, callees[call]!, first + callTargets[call]!);
      }
      if (finals[i] === 1) this.addEpsilon(first + i, end);
    }
    return end;
  }
}

export function tooManyNfaStates(): ConstraintError {
  return new ConstraintError(
    '',
    `The constraint needs more than ${constraintLimits.nfaStates} states in one rule. Repeat less, or without an ` +
      'upper bound.',
  );
}
