import { ConstraintError } from '../spec/index.ts';
import { AutomatonBuilder } from './automaton-builder.ts';
import type { FiniteAutomaton, ShortestTexts } from './automaton.ts';
import { shortestTexts } from './shortest.ts';

/** An automaton and the shortest texts of its states. */
export interface MeasuredAutomaton {
  readonly automaton: FiniteAutomaton;
  readonly shortest: ShortestTexts;
}

export interface TrimmedAutomaton extends MeasuredAutomaton {
  /** By state: which one it was. */
  readonly kept: readonly number[];
}

/**
 * The states that some whole text leads through, so that what is not refused can be completed. They are
 * numbered anew, with `start` as state 0.
 * @throws ConstraintError if no text matches.
 */
export function trim(automaton: FiniteAutomaton, start: number): TrimmedAutomaton {
  const { enter, rest } = shortestTexts(automaton);
  if (rest[start] === Infinity) {
    throw new ConstraintError('', 'No text satisfies the constraint.');
  }
  const ids = new Int32Array(automaton.size).fill(-1);
  const kept: number[] = [];
  const idOf = (state: number): number => {
    if (ids[state] === -1) ids[state] = kept.push(state) - 1;
    return ids[state]!;
  };
  idOf(start);
  const builder = new AutomatonBuilder();
  const { finals, byteFirsts, byteFroms, byteTos, byteTargets } = automaton;
  const { callFirsts, callees, callTargets } = automaton;
  for (let id = 0; id < kept.length; id++) {
    const state = kept[id]!;
    builder.addState(finals[state] === 1);
    for (let edge = byteFirsts[state]!; edge < byteFirsts[state + 1]!; edge++) {
      const target = byteTargets[edge]!;
      if (rest[target] === Infinity) continue;
      builder.addBytes(byteFroms[edge]!, byteTos[edge]!, idOf(target));
    }
    for (let call = callFirsts[state]!; call < callFirsts[state + 1]!; call++) {
      const [callee, target] = [callees[call]!, callTargets[call]!];
      const shortest = enter[callee]! + rest[target]!;
      if (shortest === Infinity) continue;
      builder.addCall(idOf(callee), idOf(target));
    }
  }
  const shortest = {
    enter: Float64Array.from(kept, (state) => enter[state]!),
    rest: Float64Array.from(kept, (state) => rest[state]!),
  };
  return { automaton: builder.finish(), shortest, kept };
}
