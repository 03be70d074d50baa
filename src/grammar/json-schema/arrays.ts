import { ConstraintError } from '../../spec/index.ts';
import type { Expression } from '../grammar.ts';
import type { Conjunction } from './conjunction.ts';
import { choice, optional, repeat, sequence, text } from './expressions.ts';
import type { JsonValue } from './json.ts';
import { afterComma, literal, space } from './json-value.ts';
import { schemaLimits } from './limits.ts';

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

/** Items of which so many fit more than the others need to. */
export interface Content {
  readonly conjunction: Conjunction;
  readonly min: number;
}

/**
 * Arrays that contain something: the place of the last item that is needed is one of those there are, and what is
 * before and behind it are any items.
 * @throws ConstraintError beside a prefix, for more than one kind of content, or for long arrays.
 */
export function containingExpression(
  { prefix, rest, min, max }: ArrayLayout,
  content: readonly Content[],
  valueOf: (conjunction: Conjunction) => Expression,
  pointer: string,
): Expression {
  const [needed] = content as [Content];
  const longest = max === Infinity ? min : max;
  if (prefix.length > 0 || content.length > 1 || rest === undefined) {
    throw new ConstraintError(
      pointer,
      `contains at ${pointer} is supported once for an array, and not beside prefixItems.`,
    );
  }
  if (longest > schemaLimits.containing || needed.min > schemaLimits.containing) {
    throw new ConstraintError(
      pointer,
      `contains at ${pointer} is supported for at most ${schemaLimits.containing} items: lower minItems, maxItems ` +
        'and minContains, or leave maxItems out.',
    );
  }
  const [any, wanted] = [valueOf(rest), valueOf(needed.conjunction)];
  // Each is one that is needed, among any number of others before it; the last one is written by itself.
  const others = (from: number, to: number): Expression => repeat(beforeComma(any), from, to);
  const before = Array.from({ length: needed.min - 1 }, () =>
    sequence(others(0, Infinity), beforeComma(wanted)),
  );
  const after = (from: number, to: number): Expression =>
    repeat(sequence(text(','), space, any), from, to);
  if (max === Infinity && min <= needed.min) {
    return filledArray([sequence(...before, others(0, Infinity), wanted, after(0, Infinity))]);
  }
  if (needed.min > 1) {
    throw new ConstraintError(
      pointer,
      `minContains at ${pointer} is supported without minItems and maxItems.`,
    );
  }
  const last = Math.max(min, 1) - 1;
  const places = Array.from({ length: max === Infinity ? last : max }, (_, place) =>
    sequence(others(place, place), wanted, after(Math.max(0, min - 1 - place), max - 1 - place)),
  );
  const beyond = sequence(others(last, Infinity), wanted, after(0, Infinity));
  return filledArray(max === Infinity ? [...places, beyond] : places);
}

function beforeComma(item: Expression): Expression {
  return sequence(item, text(','), space);
}

function filledArray(ways: readonly Expression[]): Expression {
  return sequence(text('['), space, choice(ways), space, text(']'));
}

/**
 * Arrays of listed values, none twice: a rule for each set of those that are left.
 * @param mayEnd - Whether an array may have just these items, which are not too few.
 * @param define - Names a rule of this array, and writes it once.
 * @throws ConstraintError where any values may be items, or too many.
 */
export function distinctExpression(
  { prefix, min, max }: ArrayLayout,
  values: readonly JsonValue[] | undefined,
  mayEnd: (items: readonly JsonValue[]) => boolean,
  define: (name: string, write: () => Expression) => Expression,
  pointer: string,
): Expression {
  if (values === undefined || prefix.length > 0) {
    throw new ConstraintError(
      pointer,
      `uniqueItems at ${pointer} is supported for items of listed values (enum): others would have to be remembered. ` +
        'Leave it out, or list the values.',
    );
  }
  if (values.length > schemaLimits.uniqueValues) {
    throw new ConstraintError(
      pointer,
      `uniqueItems at ${pointer} is supported for at most ${schemaLimits.uniqueValues} values, not ${values.length}.`,
    );
  }
  const most = Math.min(max, values.length);
  /** What may follow items, `left` being those that were not among them. */
  const following = (left: number): Expression =>
    define(`items of ${left.toString(2)}`, () => {
      const count = values.length - bitsOf(left);
      const items = values.filter((_, i) => (left & (1 << i)) === 0);
      const ends = count >= min && mayEnd(items) ? [text('')] : [];
      return choice([...ends, ...(count < most ? nexts(left, count) : [])]);
    });
  const nexts = (left: number, count: number): Expression[] =>
    values.flatMap((value, i) => {
      if ((left & (1 << i)) === 0) return [];
      const item = count === 0 ? literal(value) : afterComma(literal(value));
      return sequence(item, following(left & ~(1 << i)));
    });
  const all = 2 ** values.length - 1;
  const items = sequence(choice(nexts(all, 0)), space);
  const mayBeEmpty = min === 0 && mayEnd([]);
  return sequence(text('['), space, mayBeEmpty ? optional(items) : items, text(']'));
}

function bitsOf(set: number): number {
  return set.toString(2).replaceAll('0', '').length;
}
