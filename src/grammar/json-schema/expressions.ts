import type { CodePointRange, Expression } from '../grammar.ts';

export function text(value: string): Expression {
  return { kind: 'text', text: value };
}

/** One code point of the inclusive ranges, ascending and disjoint. */
export function characterIn(...ranges: readonly CodePointRange[]): Expression {
  return { kind: 'class', ranges };
}

export function sequence(...items: readonly Expression[]): Expression {
  return items.length === 1 ? items[0]! : { kind: 'sequence', items };
}

/** @param options - At least one. */
export function choice(options: readonly Expression[]): Expression {
  return options.length === 1 ? options[0]! : { kind: 'choice', options };
}

export function repeat(item: Expression, min: number, max: number): Expression {
  return { kind: 'repeat', item, min, max };
}

export function optional(item: Expression): Expression {
  return repeat(item, 0, 1);
}

/** @param items - At least one. */
export function both(items: readonly Expression[]): Expression {
  return items.length === 1 ? items[0]! : { kind: 'both', items };
}

export function rule(name: string): Extract<Expression, { kind: 'rule' }> {
  return { kind: 'rule', name };
}
