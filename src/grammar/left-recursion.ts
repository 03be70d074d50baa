import { ConstraintError } from '../spec/index.ts';
import type { FiniteAutomaton } from './automaton.ts';

/**
 * By state: the longest chain of calls that begins there without a byte between them; 0 without calls.
 * @param onCycle - Gets the start states of the rules that call each other before any byte.
 */
export function callDepths(
  { size, callFirsts, callees }: FiniteAutomaton,
  onCycle: (cycle: readonly number[]) => Error,
): Int32Array {
  const depths = new Int32Array(size).fill(-1);
  const path: number[] = [];
  const onPath = new Set<number>();
  const pending: number[] = [];
  for (let first = size - 1; first >= 0; first--) {
    if (callFirsts[first] === callFirsts[first + 1]) depths[first] = 0;
    else pending.push(first);
    while (pending.length > 0) {
      const state = pending.at(-1)!;
      const called =
        depths[state]! >= 0 ? [] : [...callees.subarray(callFirsts[state], callFirsts[state + 1])];
      const unknown = called.filter((callee) => depths[callee]! < 0);
      if (unknown.length === 0) {
        if (depths[state]! < 0) {
          depths[state] = called.reduce((most, callee) => Math.max(most, depths[callee]! + 1), 0);
        }
        pending.pop();
        if (onPath.delete(state)) path.pop();
        continue;
      }
      if (!onPath.has(state)) {
        onPath.add(state);
        path.push(state);
      }
      const again = unknown.find((callee) => onPath.has(callee));
      if (again !== undefined) throw onCycle(path.slice(path.indexOf(again)));
      pending.push(unknown[0]!);
    }
  }
  return depths;
}

/** @throws ConstraintError naming rules that begin with themselves, directly or through others. */
export function refuseLeftRecursion(
  automaton: FiniteAutomaton,
  names: ReadonlyMap<number, string>,
): void {
  callDepths(automaton, (cycle) => {
    const rules = cycle.map((state) => names.get(state)).filter((name) => name !== undefined);
    const way = [...rules, rules[0]].slice(0, 10).join(' → ');
    return new ConstraintError(
      '',
      `The grammar is left-recursive: ${way}. Write a rule that begins with itself as a repetition: ` +
        'list ::= item ("," item)*.',
    );
  });
}
