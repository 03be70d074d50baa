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

/** A property that may be one of those that are counted. */
export interface CountedMember {
  /** As it is written where it is counted, and where it is not; `null` where it cannot be. */
  readonly counted: Expression | null;
  readonly plain: Expression | null;
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
  if (members.length === 0 && additional === undefined)
    return sequence(text('{'), space, text('}'));
  const items = members.map(({ expression, isRequired }) => ({
    expression,
    isOptional: !isRequired,
  }));
  const list: Expression = { kind: 'list', items, others: additional, separator: comma };
  const filled = sequence(list, space);
  const mayBeEmpty = members.every(({ isRequired }) => !isRequired);
  return sequence(text('{'), space, mayBeEmpty ? optional(filled) : filled, text('}'));
}

const comma = sequence(text(','), space);

/** How many properties an object has that are counted. */
export interface Count {
  readonly min: number;
  readonly max: number;
}

/**
 * As {@link objectExpression}, with so many counted properties: a rule for each member and number of those before it.
 * Additional ones may be written twice, and are one property then: towards `min` they count as one.
 * @param additional - Any further property; its parts are `null` where there is none.
 * @param define - Names a rule of this object, and writes it once.
 * @throws ConstraintError if there are too many.
 */
export function countedObject(
  members: readonly CountedMember[],
  additional: Omit<CountedMember, 'isRequired'>,
  { min, max }: Count,
  define: (name: string, write: () => Expression) => Expression,
  pointer: string,
): Expression {
  const longest = Math.min(members.length, max === Infinity ? min : max) + 1;
  if (members.length * longest > schemaLimits.countedProperties) {
    throw new ConstraintError(
      pointer,
      `minProperties and maxProperties at ${pointer}: ${members.length} properties cannot be counted, at most ` +
        `${Math.floor(Math.sqrt(schemaLimits.countedProperties))} can. Leave them out.`,
    );
  }
  const countable = max === Infinity ? min : max;
  const written = new Map<string, Expression | null>();
  /** What may follow from the member at an index on; `null` if nothing fits. */
  const from = (index: number, count: number, isFirst: boolean): Expression | null => {
    const name = `${isFirst ? 'members' : 'more'} from ${index} after ${count}`;
    const known = written.get(name);
    if (known !== undefined) return known;
    const options = optionsFrom(index, count, isFirst);
    const expression = options.length === 0 ? null : define(name, () => choice(options));
    written.set(name, expression);
    return expression;
  };
  const optionsFrom = (index: number, count: number, isFirst: boolean): Expression[] => {
    const member = members[index];
    if (member === undefined) return restAfter(count, isFirst);
    const after = (item: Expression | null, added: number): Expression[] => {
      if (item === null || count + added > max) return [];
      const rest = from(index + 1, Math.min(count + added, countable), false);
      return rest === null ? [] : [sequence(nextMember(isFirst, item), rest)];
    };
    const skipped = member.isRequired ? null : from(index + 1, count, isFirst);
    return [
      ...after(member.counted, 1),
      ...after(member.plain, 0),
      ...(skipped === null ? [] : [skipped]),
    ];
  };
  const restAfter = (count: number, isFirst: boolean): Expression[] => {
    const { counted, plain } = additional;
    const missing = Math.max(0, min - count);
    const ends = missing === 0 && !isFirst ? [text('')] : [];
    if (missing > 1) return ends;
    const any = [counted, plain].filter((each) => each !== null);
    if (any.length === 0) return ends;
    const item = choice(any);
    // All are counted where there is a bound above.
    const most = max === Infinity ? Infinity : max - count - 1;
    if (most < 0) return ends;
    if (missing === 0) return [...ends, sequence(nextMember(isFirst, item), others(item, 0, most))];
    if (counted === null) return ends;
    const before =
      plain === null ? [] : [sequence(nextMember(isFirst, plain), others(plain, 0, Infinity))];
    return [
      sequence(nextMember(isFirst, counted), others(item, 0, most)),
      ...before.map((some) => sequence(some, afterComma(counted), others(item, 0, most))),
    ];
  };
  const filled = from(0, 0, true);
  const mayBeEmpty = min === 0 && members.every(({ isRequired }) => !isRequired);
  if (filled === null) {
    return mayBeEmpty ? sequence(text('{'), space, text('}')) : { kind: 'choice', options: [] };
  }
  const content = sequence(filled, space);
  return sequence(text('{'), space, mayBeEmpty ? optional(content) : content, text('}'));
}

function nextMember(isFirst: boolean, item: Expression): Expression {
  return isFirst ? item : afterComma(item);
}

function others(item: Expression, min: number, max: number): Expression {
  return repeat(afterComma(item), min, max);
}
