import type { Automaton, FiniteAutomaton, State } from './automaton.ts';
import { compileRules } from './compile-rules.ts';
import type { Grammar } from './grammar.ts';
import { callDepths, refuseLeftRecursion } from './left-recursion.ts';
import { minimise } from './minimise.ts';
import { analyseRules } from './rules.ts';
import { trim } from './trim.ts';

/**
 * The pushdown automaton of a grammar over UTF-8 bytes: every rule a minimal finite automaton, whose
 * calls of other rules push where to return to.
 * @throws ConstraintError if a rule is missing, begins with itself, or is too large, or if no text
 *   matches.
 */
export function compileGrammar(grammar: Grammar): Automaton {
  const rules = analyseRules(grammar);
  const { states: linked, starts } = link(compileRules(rules));
  refuseLeftRecursion(linked, new Map(starts.map((start, i) => [start, rules[i]!.name])));
  const { states, alike } = minimise(trim(linked, starts.at(-1)!));
  return {
    states,
    start: 0,
    alike,
    callDepths: callDepths(states, () => new Error('Minimising made a rule begin with itself.')),
    ...classifyBytes(states),
  };
}

/** All automata in one list of states. */
function link(automata: readonly FiniteAutomaton[]): { states: State[]; starts: number[] } {
  const starts: number[] = [];
  let count = 0;
  for (const { length } of automata) {
    starts.push(count);
    count += length;
  }
  const states = automata.flatMap((automaton, rule) => {
    const shift = starts[rule]!;
    return automaton.map(({ final, bytes, calls }) => ({
      final,
      bytes: bytes.map((edge) => ({ ...edge, target: shift + edge.target })),
      calls: calls.map(({ callee, target }) => ({
        callee: starts[callee]!,
        target: shift + target,
      })),
    }));
  });
  return { states, starts };
}

function classifyBytes(
  states: readonly State[],
): Pick<Automaton, 'byteClasses' | 'byteClassCount'> {
  const isCut = new Uint8Array(257);
  for (const { bytes } of states) {
    for (const { from, to } of bytes) {
      isCut[from] = 1;
      isCut[to + 1] = 1;
    }
  }
  const byteClasses = new Uint8Array(256);
  let last = 0;
  for (let byte = 1; byte < 256; byte++) byteClasses[byte] = isCut[byte] === 1 ? ++last : last;
  return { byteClasses, byteClassCount: last + 1 };
}
