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
  const left = {
    leadsTo: (state: number) => rest[state] !== Infinity,
    calls: (state: number) => enter[state] !== Infinity,
  };
  for (let id = 0; id < kept.length; id++) builder.copyState(automaton, kept[id]!, idOf, left);
  const shortest = {
    enter: Float64Array.from(kept, (state) => enter[state]!),
    rest: Float64Array.from(kept, (state) => rest[state]!),
  };
  return { automaton: builder.finish(), shortest, kept };
}
