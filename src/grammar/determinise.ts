import { ConstraintError } from '../spec/index.ts';
import { AutomatonBuilder } from './automaton-builder.ts';
import type { FiniteAutomaton } from './automaton.ts';
import { ByteRanges } from './byte-ranges.ts';
import { constraintLimits } from './limits.ts';
import type { EdgeLists, Nfa } from './nfa.ts';
import { StateSets } from './state-sets.ts';

/**
 * The subset construction, over bytes and calls: at most one edge per byte, one per callee.
 * @returns `undefined` if it has more than `maxStates` states, or takes too long.
 * @see Rabin and Scott 1959, "Finite automata and their decision problems"
 */
export function determinise(nfa: Nfa, maxStates: number): FiniteAutomaton | undefined {
  const sets = new StateSets(nfa);
  const builder = new AutomatonBuilder();
  const ranges = new ByteRanges();
  sets.idOf([0]);
  for (let id = 0; id < sets.count; id++) {
    if (sets.count > maxStates || sets.isTooMuch) return undefined;
    const members = sets.members(id);
    builder.addState(members.includes(nfa.end));
    addBytes(members, nfa, ranges, sets, builder);
    addCalls(members, nfa.calls, sets, builder);
  }
  return sets.isTooMuch ? undefined : builder.finish();
}

/** One edge per byte, to the union of where the byte led. */
function addBytes(
  members: readonly number[],
  { bytes }: Nfa,
  ranges: ByteRanges,
  sets: StateSets,
  builder: AutomatonBuilder,
): void {
  ranges.clear();
  for (let i = 0; i < members.length; i++) {
    for (let edge = bytes.heads[members[i]!]!; edge !== -1; edge = bytes.nexts[edge]!) {
      ranges.add(bytes.froms[edge]!, bytes.tos[edge]!, bytes.targets[edge]!);
    }
  }
  ranges.forEach((from, to, targets) => builder.addBytes(from, to, sets.idOf(targets)));
}

function addCalls(
  members: readonly number[],
  calls: EdgeLists,
  sets: StateSets,
  builder: AutomatonBuilder,
): void {
  const targetsOf = new Map<number, number[]>();
  for (let i = 0; i < members.length; i++) {
    for (let call = calls.heads[members[i]!]!; call !== -1; call = calls.nexts[call]!) {
      const targets = targetsOf.get(calls.froms[call]!);
      if (targets === undefined) targetsOf.set(calls.froms[call]!, [calls.targets[call]!]);
      else targets.push(calls.targets[call]!);
    }
  }
  for (const [callee, targets] of targetsOf) builder.addCall(callee, sets.idOf(targets));
}

/**
 * The same automaton without empty moves and as nondeterministic as it was, for where the subset
 * construction explodes: as many states at most, but several edges for one byte.
 * @throws ConstraintError if it has too many edges.
 */
export function withoutEpsilons(nfa: Nfa): FiniteAutomaton {
  const sets = new StateSets(nfa);
  const builder = new AutomatonBuilder();
  const origins = [0];
  const ids = new Map([[0, 0]]);
  const idOf = (target: number): number => {
    const known = ids.get(target);
    if (known !== undefined) return known;
    ids.set(target, ids.size);
    return origins.push(target) - 1;
  };
  const { bytes, calls } = nfa;
  let count = 0;
  for (const origin of origins) {
    const members = sets.closureOf(origin);
    count += members.length;
    if (count > constraintLimits.nondeterministicEdges) throw tooAmbiguous();
    builder.addState(members.includes(nfa.end));
    const edges = members.flatMap((member) => edgesOf(bytes, member));
    for (const edge of edges.toSorted((a, b) => bytes.froms[a]! - bytes.froms[b]!)) {
      builder.addBytes(bytes.froms[edge]!, bytes.tos[edge]!, idOf(bytes.targets[edge]!));
    }
    for (const call of members.flatMap((member) => edgesOf(calls, member))) {
      builder.addCall(calls.froms[call]!, idOf(calls.targets[call]!));
    }
  }
  return builder.finish();
}

function edgesOf({ heads, nexts }: EdgeLists, state: number): number[] {
  const edges: number[] = [];
  for (let edge = heads[state]!; edge !== -1; edge = nexts[edge]!) edges.push(edge);
  return edges;
}

function tooAmbiguous(): ConstraintError {
  return new ConstraintError(
    '',
    'The constraint has a rule that is too ambiguous to compile. Repeat less, and nothing that may be ' +
      'empty.',
  );
}
