import { ConstraintError, ContractError } from '../spec/index.ts';
import { byteLengthOf, targetOf, type FiniteAutomaton } from './automaton.ts';
import { BoundedCache } from './bounded-cache.ts';
import { buildNfa, type NfaContext, type Reference, type RegularCombination } from './build-nfa.ts';
import { determinise, withoutEpsilons } from './determinise.ts';
import type { Expression } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { intersect, difference } from './product.ts';
import type { Rule } from './rules.ts';

/**
 * Rules of at most so many states are copied where they are referred to, if they can be. Those that last are not: what
 * is known of their states is known to all constraints.
 */
const smallRule = 8;

/** The subset construction may grow a rule so far; beyond, it stays nondeterministic. */
const statesAllowed = (nfaStates: number): number => 1000 + 8 * nfaStates;

/** A state of a rule's automaton, where a call may begin. */
export interface EntryPoint {
  readonly rule: number;
  readonly state: number;
}

export interface CompiledRules {
  /** By rule. */
  readonly automata: readonly FiniteAutomaton[];
  /** Calls of ids behind the rules' are of these, which are not where their rules begin. */
  readonly entries: readonly EntryPoint[];
}

/** What a lasting rule compiles to: its calls are of places in the list of callees. */
interface LastingAutomaton {
  readonly automaton: FiniteAutomaton;
  readonly callees: readonly { readonly name: string; readonly state: number }[];
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
export function compileRules(rules: readonly Rule[]): CompiledRules {
  const compiler = new RuleCompiler(rules);
  const automata = rules.map((rule, id) => compiler.compile(rule, id));
  return { automata, entries: compiler.entries };
}

class RuleCompiler {
  readonly #rules: readonly Rule[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #automata: FiniteAutomaton[] = [];
  /** By rule that must be regular: its automaton without calls, deterministic. */
  readonly #regular = new Map<string, FiniteAutomaton>();
  readonly entries: EntryPoint[] = [];
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
      this.#context((reference) => this.#reference(reference)),
    );
    return determinise(nfa, statesAllowed(nfa.size)) ?? withoutEpsilons(nfa);
  }

  #lasting(rule: Rule): FiniteAutomaton {
    const known = lasting.get(rule.name);
    if (known !== undefined) {
      const ids = known.callees.map(({ name, state }) => this.#idOf(this.#ids.get(name)!, state));
      return withCallees(known.automaton, (callee) => ids[callee]!);
    }
    const automaton = this.#compileRule(rule);
    const called = [...new Set(automaton.callees)];
    lasting.set(rule.name, {
      automaton: withCallees(automaton, (callee) => called.indexOf(callee)),
      callees: called.map((callee) => {
        const { rule: id, state } = this.entries[callee - this.#rules.length] ?? {
          rule: callee,
          state: 0,
        };
        return { name: this.#rules[id]!.name, state };
      }),
    });
    return automaton;
  }

  #reference({ name, behind }: Extract<Expression, { kind: 'rule' }>): Reference {
    const callee = this.#ids.get(name)!;
    const { recursive, nullable, isLasting } = this.#rules[callee]!;
    const automaton = this.#automata[callee];
    if (automaton === undefined) {
      if (behind !== undefined) throw new ContractError(`Rule ${name} is gone on with in itself.`);
      return { kind: 'call', callee, nullable };
    }
    const start = behind === undefined ? 0 : stateBehind(automaton, behind);
    const mayBeCopied = !recursive && !isLasting && automaton.size <= smallRule;
    if (mayBeCopied) return { kind: 'copy', automaton, start };
    const isNullable = start === 0 ? nullable : automaton.finals[start] === 1;
    return { kind: 'call', callee: this.#idOf(callee, start), nullable: isNullable };
  }

  /** What calls of a rule that begin at a state are of. */
  #idOf(rule: number, state: number): number {
    if (state === 0) return rule;
    const known = this.entries.findIndex((entry) => entry.rule === rule && entry.state === state);
    const place = known >= 0 ? known : this.entries.push({ rule, state }) - 1;
    return this.#rules.length + place;
  }

  #compileRegular(expression: Expression): FiniteAutomaton {
    const resolve: NfaContext['resolve'] = ({ name, behind }) => {
      const automaton = this.#regular.get(name)!;
      return {
        kind: 'copy',
        automaton,
        start: behind === undefined ? 0 : stateBehind(automaton, behind),
      };
    };
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

/** Where a text leads in a deterministic automaton. @throws ContractError where it leads nowhere, or by calls. */
function stateBehind(automaton: FiniteAutomaton, text: string): number {
  let state = 0;
  for (const byte of new TextEncoder().encode(text)) {
    state = targetOf(automaton, state, byte);
    if (state !== -1) continue;
    throw new ContractError('A rule is gone on with behind a text that it does not begin with.');
  }
  return state;
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
