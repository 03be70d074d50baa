import { ConstraintError } from '../../spec/index.ts';
import type { Expression } from '../grammar.ts';
import { choice, optional, repeat, sequence, text } from './expressions.ts';
import { afterComma, space } from './json-value.ts';
import { schemaLimits } from './limits.ts';

/** One property, as it is written: `"name": value`. */
export interface Member {
  readonly expression: Expression;
  readonly isRequired: boolean;
}

/** @throws ConstraintError if an object has more optional properties than can be written in any choice. */
export function checkOptionalProperties(count: number, pointer: string): void {
  if (count <= schemaLimits.optionalProperties) return;
  throw new ConstraintError(
    pointer,
    `The object at ${pointer} has ${count} optional properties; at most ` +
      `${schemaLimits.optionalProperties} are allowed. Require some of them, or group them in objects.`,
  );
}

/** Members in their order, then any number of `additional` ones if there are such. */
export function objectExpression(
  members: readonly Member[],
  additional: Expression | undefined,
): Expression {
  const firstRequired = members.findIndex(({ isRequired }) => isRequired);
  if (firstRequired < 0) {
    const some = someOf(members, additional);
    const filled = some === undefined ? [] : [optional(sequence(some, space))];
    return sequence(text('{'), space, ...filled, text('}'));
  }
  const before = members
    .slice(0, firstRequired)
    .map(({ expression }) => optional(sequence(expression, text(','), space)));
  return sequence(
    text('{'),
    space,
    ...before,
    members[firstRequired]!.expression,
    ...followers(members.slice(firstRequired + 1)),
    ...more(additional),
    space,
    text('}'),
  );
}

/**
 * At least one of optional members, in order. Some of the first half then maybe some of the second,
 * or some of the second: the size is O(n log n), where one option for every first member takes O(n²).
 */
function someOf(
  members: readonly Member[],
  additional: Expression | undefined,
): Expression | undefined {
  if (members.length === 0) {
    return additional && sequence(additional, repeat(afterComma(additional), 0, Infinity));
  }
  const [{ expression }] = members as [Member];
  if (members.length === 1 && additional === undefined) return expression;
  if (members.length === 1) {
    return choice([sequence(expression, ...more(additional)), someOf([], additional)!]);
  }
  const middle = Math.ceil(members.length / 2);
  const [first, second] = [members.slice(0, middle), members.slice(middle)];
  return choice([
    sequence(someOf(first, undefined)!, ...followers(second), ...more(additional)),
    someOf(second, additional)!,
  ]);
}

/** How many properties an object has. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

/**
 * As {@link objectExpression}, with so many properties: a rule for each member and number of those before it. Additional
 * ones may be written twice, and are one property then: towards `min` they count as one.
 * @param define - Names a rule of this object, and writes it once.
 * @throws ConstraintError if there are too many.
 */
export function countedObject(
  members: readonly Member[],
  additional: Expression | undefined,
  { min, max }: Count,
  define: (name: string, write: () => Expression) => Expression,
  pointer: string,
): Expression {
  const longest = Math.min(members.length, max) + 1;
  if (members.length * longest > schemaLimits.countedProperties) {
    throw new ConstraintError(
      pointer,
      `minProperties and maxProperties at ${pointer}: ${members.length} properties cannot be counted, at most ` +
        `${Math.floor(Math.sqrt(schemaLimits.countedProperties))} can. Leave them out.`,
    );
  }
  const after = (count: number, item: Expression): Expression =>
    count === 0 ? item : afterComma(item);
  /** What may follow, behind so many properties, from the member at an index on; `null` if nothing fits. */
  const known = new Map<string, Expression | null>();
  const from = (index: number, count: number): Expression | null => {
    const key = `${index} after ${count}`;
    const written = known.get(key);
    if (written !== undefined) return written;
    const options = optionsFrom(index, count);
    const expression = options.length === 0 ? null : define(key, () => choice(options));
    known.set(key, expression);
    return expression;
  };
  const optionsFrom = (index: number, count: number): Expression[] => {
    const member = members[index];
    if (member === undefined) return restAfter(count);
    const skipped = member.isRequired ? null : from(index + 1, count);
    const taken = count < max ? from(index + 1, count + 1) : null;
    return [
      ...(taken === null ? [] : [sequence(after(count, member.expression), taken)]),
      ...(skipped === null ? [] : [skipped]),
    ];
  };
  const restAfter = (count: number): Expression[] => {
    const ends = count >= Math.max(min, 1) ? [text('')] : [];
    if (additional === undefined || count >= max || count + 1 < min) return ends;
    const others = repeat(afterComma(additional), 0, max - count - 1);
    return [...ends, sequence(after(count, additional), others)];
  };
  const filled = from(0, 0);
  const isOptional = min === 0 && members.every(({ isRequired }) => !isRequired);
  if (filled === null) {
    return isOptional ? sequence(text('{'), space, text('}')) : { kind: 'choice', options: [] };
  }
  const content = sequence(filled, space);
  return sequence(text('{'), space, isOptional ? optional(content) : content, text('}'));
}

function followers(members: readonly Member[]): Expression[] {
  return members.map(({ expression, isRequired }) =>
    isRequired ? afterComma(expression) : optional(afterComma(expression)),
  );
}

function more(additional: Expression | undefined): Expression[] {
  return additional === undefined ? [] : [repeat(afterComma(additional), 0, Infinity)];
}
