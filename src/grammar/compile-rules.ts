import { ConstraintError } from '../spec/index.ts';
import { byteLengthOf, type FiniteAutomaton } from './automaton.ts';
import { BoundedCache } from './bounded-cache.ts';
import { buildNfa, type NfaContext, type Reference, type RegularCombination } from './build-nfa.ts';
import { determinise, withoutEpsilons } from './determinise.ts';
import type { Expression } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { intersect, difference } from './product.ts';
import type { Rule } from './rules.ts';

/** Rules of at most so many states are copied where they are referred to, if they can be. */
const smallRule = 8;

/** The subset construction may grow a rule so far; beyond, it stays nondeterministic. */
const statesAllowed = (nfaStates: number): number => 1000 + 8 * nfaStates;

/** What a lasting rule compiles to: its calls are of places in the list of rules' names. */
interface LastingAutomaton {
  readonly automaton: FiniteAutomaton;
  readonly callees: readonly string[];
}

/** By name. */
const lasting = new BoundedCache<string, LastingAutomaton>(
  constraintLimits.lastingBytes,
  ({ automaton }) => byteLengthOf(automaton),
);

/**
 * The finite automata of `rules`, in their order. Calls name rules by their positions.
 * @param rules - Callees before their callers.
 * @throws ConstraintError if one is too large.
 */
export function compileRules(rules: readonly Rule[]): readonly FiniteAutomaton[] {
  const compiler = new RuleCompiler(rules);
  return rules.map((rule, id) => compiler.compile(rule, id));
}

class RuleCompiler {
  readonly #rules: readonly Rule[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #automata: FiniteAutomaton[] = [];
  /** By rule that must be regular: its automaton without calls, deterministic. */
  readonly #regular = new Map<string, FiniteAutomaton>();
  #states = 0;

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    this.#ids = new Map(rules.map(({ name }, id) => [name, id]));
  }

  /** To be called for every rule in turn. */
  compile(rule: Rule, id: number): FiniteAutomaton {
    if (rule.mustBeRegular) this.#regular.set(rule.name, this.#compileRegular(rule.expression));
    const automaton = rule.isLasting ? this.#lasting(rule) : this.#compileRule(rule);
    this.#automata[id] = automaton;
    this.#states += automaton.size;
    if (this.#states > constraintLimits.states) throw tooManyStates();
    return automaton;
  }

  #compileRule({ expression }: Rule): FiniteAutomaton {
    const nfa = buildNfa(
      expression,
      this.#context((name) => this.#reference(name)),
    );
    return determinise(nfa, statesAllowed(nfa.size)) ?? withoutEpsilons(nfa);
  }

  #lasting(rule: Rule): FiniteAutomaton {
    const known = lasting.get(rule.name);
    if (known !== undefined) {
      const ids = known.callees.map((name) => this.#ids.get(name)!);
      return withCallees(known.automaton, (callee) => ids[callee]!);
    }
    const automaton = this.#compileRule(rule);
    const called = [...new Set(automaton.callees)];
    lasting.set(rule.name, {
      automaton: withCallees(automaton, (callee) => called.indexOf(callee)),
      callees: called.map((callee) => this.#rules[callee]!.name),
    });
    return automaton;
  }

  #reference(name: string): Reference {
    const callee = this.#ids.get(name)!;
    const { recursive, nullable } = this.#rules[callee]!;
    const automaton = this.#automata[callee];
    return recursive || automaton === undefined || automaton.size > smallRule
      ? { kind: 'call', callee, nullable }
      : { kind: 'copy', automaton };
  }

  #compileRegular(expression: Expression): FiniteAutomaton {
    const resolve = (name: string): Reference => ({
      kind: 'copy',
      automaton: this.#regular.get(name)!,
    });
    const automaton = determinise(
      buildNfa(expression, this.#context(resolve)),
      constraintLimits.states,
    );
    if (automaton === undefined) throw tooLargeToCombine();
    return automaton;
  }

  #context(resolve: NfaContext['resolve']): NfaContext {
    return { resolve, combine: (combination) => this.#combine(combination) };
  }

  #combine(combination: RegularCombination): FiniteAutomaton {
    if (combination.kind === 'except') {
      const { item, excluded } = combination;
      return difference(this.#compileRegular(item), this.#compileRegular(excluded));
    }
    const [first, ...rest] = combination.items.map((item) => this.#compileRegular(item));
    if (first === undefined) throw new ConstraintError('', 'An intersection has no parts.');
    return rest.reduce(intersect, first);
  }
}

function withCallees(
  automaton: FiniteAutomaton,
  rename: (callee: number) => number,
): FiniteAutomaton {
  return { ...automaton, callees: automaton.callees.map(rename) };
}

function tooLargeToCombine(): ConstraintError {
  return new ConstraintError(
    '',
    `A part of an intersection or exclusion is too ambiguous, or needs more than ${constraintLimits.states} states.`,
  );
}

function tooManyStates(): ConstraintError {
  return new ConstraintError(
    '',
    `The constraint needs more than ${constraintLimits.states} states. Repeat less, or without an upper bound.`,
  );
}
