import { ConstraintError } from '../spec/index.ts';
import { isWellFormed } from './code-points.ts';
import type { FiniteAutomaton } from './automaton.ts';
import type { CodePointRange, Expression } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { Nfa, tooManyNfaStates } from './nfa.ts';
import { expandedSize } from './expanded-size.ts';
import { tooDeep } from './rules.ts';
import { controlPiece } from './control-piece.ts';
import { toByteSequences } from './utf8.ts';

/** How a reference to a rule is compiled. */
export type Reference =
  /** By a call. `nullable`: the empty text is one of the rule's. */
  | { readonly kind: 'call'; readonly callee: number; readonly nullable: boolean }
  /** By a copy of the rule's automaton, begun at its state `start`. */
  | { readonly kind: 'copy'; readonly automaton: FiniteAutomaton; readonly start: number };

export interface NfaContext {
  readonly resolve: (reference: Extract<Expression, { kind: 'rule' }>) => Reference;
  /** Compiles `both` and `except` of expressions that are regular. */
  readonly combine: (expression: RegularCombination) => FiniteAutomaton;
}

export type RegularCombination = Extract<Expression, { kind: 'both' | 'except' }>;

/**
 * The automaton of an expression over UTF-8 bytes and calls.
 * @throws ConstraintError if it is too large.
 * @see Thompson 1968, "Regular expression search algorithm"
 */
export function buildNfa(expression: Expression, context: NfaContext): Nfa {
  if (expandedSize(expression) > constraintLimits.nfaStates) throw tooManyNfaStates();
  const builder = new NfaBuilder(context);
  builder.nfa.end = builder.append(expression, 0, 0);
  return builder.nfa;
}

const encoder = new TextEncoder();

class NfaBuilder {
  readonly nfa = new Nfa();
  readonly #context: NfaContext;

  constructor(context: NfaContext) {
    this.#context = context;
  }

  /**
   * Adds the expression behind the state `from`, to which no edge leads back.
   * @returns The state where the expression has ended.
   */
  append(expression: Expression, from: number, depth: number): number {
    if (depth > constraintLimits.expressionDepth) throw tooDeep();
    switch (expression.kind) {
      case 'text':
        return this.#text(expression.text, from);
      case 'token':
        return this.#token(expression.label, from);
      case 'class':
        return this.#class(expression.ranges, from);
      case 'sequence': {
        let state = from;
        for (const item of expression.items) state = this.append(item, state, depth + 1);
        return state;
      }
      case 'choice':
        return this.#choice(expression.options, from, depth);
      case 'repeat':
        return this.#repeat(expression, from, depth);
      case 'list':
        return this.#list(expression, from, depth);
      case 'both':
      case 'except':
        return this.nfa.insert(this.#context.combine(expression), from);
      case 'rule':
        break;
    }
    return this.#reference(expression, from);
  }

  #text(text: string, from: number): number {
    if (!isWellFormed(text)) {
      throw new ConstraintError(
        '',
        `The text ${JSON.stringify(text)} has half a surrogate pair, which no UTF-8 text has.`,
      );
    }
    let state = from;
    for (const byte of encoder.encode(text)) state = this.#bytes(state, byte, byte);
    return state;
  }

  #token(label: string, from: number): number {
    let state = from;
    for (const byte of controlPiece(label)) state = this.#bytes(state, byte, byte);
    return state;
  }

  #class(ranges: readonly CodePointRange[], from: number): number {
    const end = this.nfa.addState();
    const suffixes = new Map<string, number>(); // spellings that end alike share states
    for (const sequence of ranges.flatMap(toByteSequences)) {
      let target = end;
      for (const [first, last] of sequence.slice(1).toReversed()) {
        const key = `${first} ${last} ${target}`;
        let state = suffixes.get(key);
        if (state === undefined) {
          state = this.nfa.addState();
          suffixes.set(key, state);
          this.nfa.addBytes(state, first, last, target);
        }
        target = state;
      }
      const [first, last] = sequence[0]!;
      this.nfa.addBytes(from, first, last, target);
    }
    return end;
  }

  #choice(options: readonly Expression[], from: number, depth: number): number {
    const end = this.nfa.addState();
    for (const option of options) {
      this.nfa.addEpsilon(this.append(option, from, depth + 1), end);
    }
    return end;
  }

  #repeat(
    { item, min, max }: Extract<Expression, { kind: 'repeat' }>,
    from: number,
    depth: number,
  ): number {
    const largest = max === Infinity ? min : max;
    if (!(largest <= constraintLimits.repetitions && min >= 0 && min <= max)) {
      throw new ConstraintError(
        '',
        `A repetition of ${min} to ${max} times is not possible; at most ${constraintLimits.repetitions} are allowed.`,
      );
    }
    let state = from;
    for (let i = 0; i < min; i++) state = this.append(item, state, depth + 1);
    if (max === Infinity) return this.#loop(item, state, depth);
    const end = this.nfa.addState();
    for (let i = min; i < max; i++) {
      this.nfa.addEpsilon(state, end);
      state = this.append(item, state, depth + 1);
    }
    this.nfa.addEpsilon(state, end);
    return end;
  }

  #loop(item: Expression, from: number, depth: number): number {
    const start = this.nfa.addState();
    this.nfa.addEpsilon(from, start);
    const body = this.nfa.addState();
    this.nfa.addEpsilon(start, body);
    this.nfa.addEpsilon(this.append(item, body, depth + 1), start);
    return start;
  }

  /** Every item once: behind the start, and behind the separator where only earlier ones were written. */
  #list(
    { items, others, separator }: Extract<Expression, { kind: 'list' }>,
    from: number,
    depth: number,
  ): number {
    const end = this.nfa.addState();
    // By place: where an item from there on must come, and where one before it was the last.
    const needed = Array.from({ length: items.length + 1 }, () => this.nfa.addState());
    const written = Array.from({ length: items.length + 1 }, () => this.nfa.addState());
    this.nfa.addEpsilon(from, needed[0]!);
    for (const [i, { expression, isOptional }] of items.entries()) {
      this.nfa.addEpsilon(this.append(expression, needed[i]!, depth + 1), written[i + 1]!);
      if (isOptional) this.nfa.addEpsilon(needed[i]!, needed[i + 1]!);
    }
    if (others !== undefined) {
      const other = this.nfa.addState(); // apart from the loop that leads to it
      this.nfa.addEpsilon(needed.at(-1)!, other);
      this.nfa.addEpsilon(this.append(others, other, depth + 1), written.at(-1)!);
    }
    const mayEndAt = items.findLastIndex(({ isOptional }) => !isOptional) + 1;
    for (let i = others === undefined || items.length > 0 ? 1 : 0; i <= items.length; i++) {
      if (i >= mayEndAt) this.nfa.addEpsilon(written[i]!, end);
      if (i === items.length && others === undefined) break;
      const next = this.nfa.addState();
      this.nfa.addEpsilon(written[i]!, next);
      this.nfa.addEpsilon(this.append(separator, next, depth + 1), needed[i]!);
    }
    return end;
  }

  #reference(expression: Extract<Expression, { kind: 'rule' }>, from: number): number {
    const reference = this.#context.resolve(expression);
    if (reference.kind === 'copy') {
      return this.nfa.insert(reference.automaton, from, reference.start);
    }
    const end = this.nfa.addState();
    this.nfa.addCall(from, reference.callee, end);
    if (reference.nullable) this.nfa.addEpsilon(from, end);
    return end;
  }

  #bytes(state: number, from: number, to: number): number {
    const target = this.nfa.addState();
    this.nfa.addBytes(state, from, to, target);
    return target;
  }
}
