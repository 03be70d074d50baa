import { ConstraintError } from '../spec/index.ts';
import type { ByteEdge, FiniteAutomaton, State } from './automaton.ts';
import { constraintLimits } from './limits.ts';

/** What both deterministic automata accept. @throws ConstraintError if it is too large. */
export function intersect(left: FiniteAutomaton, right: FiniteAutomaton): FiniteAutomaton {
  return product(left, right, { both: true });
}

/** What `left` accepts and `right` does not. @throws ConstraintError if it is too large. */
export function difference(left: FiniteAutomaton, right: FiniteAutomaton): FiniteAutomaton {
  return product(left, right, { both: false });
}

/** The state of the right automaton once no text of it is left. */
const dead = -1;
const noState: State = { final: false, bytes: [], calls: [] };

/** @param options.both - Whether a text must be the right one's too, or must not be. */
function product(
  left: FiniteAutomaton,
  right: FiniteAutomaton,
  { both }: { readonly both: boolean },
): FiniteAutomaton {
  const pairs: [number, number][] = [[0, 0]];
  const ids = new Map([['0 0', 0]]);
  const idOf = (pair: [number, number]): number => {
    const key = pair.join(' ');
    const known = ids.get(key);
    if (known !== undefined) return known;
    if (pairs.length === constraintLimits.states) {
      throw new ConstraintError(
        '',
        `An intersection or exclusion needs more than ${constraintLimits.states} states.`,
      );
    }
    ids.set(key, pairs.length);
    return pairs.push(pair) - 1;
  };
  const states: State[] = [];
  for (const [l, r] of pairs) {
    const a = left[l]!;
    const b = r === dead ? noState : right[r]!;
    const bytes: ByteEdge[] = [];
    for (const edge of a.bytes) {
      for (const { from, to, target } of over(edge, b.bytes)) {
        if (both && target === dead) continue;
        bytes.push({ from, to, target: idOf([edge.target, target]) });
      }
    }
    states.push({ final: a.final && b.final === both, bytes, calls: [] });
  }
  return states;
}

/** The range of `edge` cut by where the bytes lead in `edges`, to `dead` between them. */
function* over(edge: ByteEdge, edges: readonly ByteEdge[]): Generator<ByteEdge> {
  let next = edge.from;
  for (const { from, to, target } of edges) {
    if (to < next) continue;
    if (from > edge.to) break;
    if (next < from) yield { from: next, to: from - 1, target: dead };
    const last = Math.min(to, edge.to);
    yield { from: Math.max(from, next), to: last, target };
    next = last + 1;
  }
  if (next <= edge.to) yield { from: next, to: edge.to, target: dead };
}
