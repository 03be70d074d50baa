import type { Automaton, FiniteAutomaton, State } from './automaton.ts';
import { compileRules } from './compile-rules.ts';
import type { Grammar } from './grammar.ts';
import { refuseLeftRecursion } from './left-recursion.ts';
import { minimise } from './minimise.ts';
import { pack } from './pack.ts';
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
  return pack(minimise(trim(linked, starts.at(-1)!)));
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
