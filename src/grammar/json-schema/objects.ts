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

function followers(members: readonly Member[]): Expression[] {
  return members.map(({ expression, isRequired }) =>
    isRequired ? afterComma(expression) : optional(afterComma(expression)),
  );
}

function more(additional: Expression | undefined): Expression[] {
  return additional === undefined ? [] : [repeat(afterComma(additional), 0, Infinity)];
}
