import type { Automaton } from './automaton.ts';
import { compileRules } from './compile-rules.ts';
import type { Grammar } from './grammar.ts';
import { refuseLeftRecursion } from './left-recursion.ts';
import { lastingStates } from './lasting-states.ts';
import { link } from './link.ts';
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
  const { automaton, starts } = link(compileRules(rules));
  refuseLeftRecursion(automaton, new Map(starts.map((start, i) => [start, rules[i]!.name])));
  const trimmed = trim(automaton, starts.at(-1)!);
  const minimal = minimise(trimmed);
  const { alike, alikeBefore } = minimal;
  return pack(minimal, lastingStates(rules, starts, trimmed.kept, alikeBefore, alike));
}
