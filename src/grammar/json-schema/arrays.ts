import type { Expression } from '../grammar.ts';
import type { Conjunction } from './conjunction.ts';
import { optional, repeat, sequence, text } from './expressions.ts';
import { afterComma, space } from './json-value.ts';

/** An array's items, as far as it can be filled. */
export interface ArrayLayout {
  /** Its first items, each with schemas of its own. */
  readonly prefix: readonly Conjunction[];
  /** Any further one; none if items past the prefix have no values. */
  readonly rest?: Conjunction | undefined;
  readonly min: number;
  /** At most the prefix's length if there is no rest. */
  readonly max: number;
}

export function arrayExpression(
  { prefix, rest, min, max }: ArrayLayout,
  valueOf: (conjunction: Conjunction) => Expression,
): Expression {
  const items = prefix.slice(0, max).map(valueOf);
  let tail: Expression[] = [];
  if (rest !== undefined && max > prefix.length) {
    const [atLeast, atMost] = [Math.max(min - prefix.length, 0), max - prefix.length];
    if (prefix.length > 0) tail = [repeat(afterComma(valueOf(rest)), atLeast, atMost)];
    else {
      const others = repeat(afterComma(valueOf(rest)), Math.max(min - 1, 0), max - 1);
      tail = [valueOf(rest), others];
    }
  }
  for (let i = items.length - 1; i >= 0; i--) {
    const item = i === 0 ? items[i]! : afterComma(items[i]!);
    tail = i > 0 && i >= min ? [optional(sequence(item, ...tail))] : [item, ...tail];
  }
  if (tail.length === 0) return sequence(text('['), space, text(']'));
  const filled = sequence(...tail, space);
  return sequence(text('['), space, min === 0 ? optional(filled) : filled, text(']'));
}
