import { ConstraintError } from '../spec/index.ts';
import type { State } from './automaton.ts';
import { shortestTexts } from './shortest.ts';

/** States numbered anew, with `start` as state 0. */
export type TrimmedStates = readonly State[];

/**
 * The states that some whole text leads through, so that what is not refused can be completed.
 * @throws ConstraintError if no text matches.
 */
export function trim(states: readonly State[], start: number): TrimmedStates {
  const { enter, rest } = shortestTexts(states);
  if (rest[start] === Infinity) {
    throw new ConstraintError('', 'No text satisfies the constraint.');
  }
  const ids = new Map([[start, 0]]);
  const idOf = (state: number): number => {
    const known = ids.get(state);
    if (known !== undefined) return known;
    ids.set(state, ids.size);
    return ids.size - 1;
  };
  const trimmed: State[] = [];
  for (const state of ids.keys()) {
    const { final, bytes, calls } = states[state]!;
    trimmed.push({
      final,
      bytes: bytes
        .filter(({ target }) => rest[target] !== Infinity)
        .map((edge) => ({ ...edge, target: idOf(edge.target) })),
      calls: calls
        .filter(({ callee, target }) => enter[callee]! + rest[target]! !== Infinity)
        .map(({ callee, target }) => ({ callee: idOf(callee), target: idOf(target) })),
    });
  }
  return trimmed;
}
