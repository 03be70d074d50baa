import { ConstraintError } from '../spec/index.ts';
import type { ByteEdge, CallEdge, FiniteAutomaton } from './automaton.ts';
import { constraintLimits } from './limits.ts';

export interface NfaState {
  readonly epsilons: number[];
  readonly bytes: ByteEdge[];
  readonly calls: CallEdge[];
}

/** A nondeterministic automaton with empty moves; state 0 is its start. */
export class Nfa {
  readonly states: NfaState[] = [{ epsilons: [], bytes: [], calls: [] }];
  /** The one state where it ends. */
  end = 0;

  /** @throws ConstraintError beyond {@link constraintLimits.nfaStates} */
  addState(): number {
    if (this.states.length === constraintLimits.nfaStates) {
      throw tooManyNfaStates();
    }
    return this.states.push({ epsilons: [], bytes: [], calls: [] }) - 1;
  }

  addEpsilon(from: number, to: number): void {
    this.states[from]!.epsilons.push(to);
  }

  /** Copies an automaton so that it begins at `from`; returns the state where it has ended. */
  insert(automaton: FiniteAutomaton, from: number): number {
    const first = this.states.length;
    for (let i = 0; i < automaton.length; i++) this.addState();
    const end = this.addState();
    this.addEpsilon(from, first);
    for (const [i, { final, bytes, calls }] of automaton.entries()) {
      const state = this.states[first + i]!;
      for (const edge of bytes) state.bytes.push({ ...edge, target: first + edge.target });
      for (const edge of calls) state.calls.push({ ...edge, target: first + edge.target });
      if (final) state.epsilons.push(end);
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
