import { isInteger, isNumber, take } from './arguments.ts';
import type { ComparisonOperator } from './ast.ts';
import { isEqual } from './compare.ts';
import { binary, holds } from './operators.ts';
import { iteratorOf } from './protocols.ts';
import type { Runtime, Test } from './runtime.ts';
import { toText } from './show.ts';
import { isLower, isUpper } from './string-case.ts';
import {
  Dict,
  Float,
  isList,
  Thing,
  Tuple,
  Undefined,
  type Arguments,
  type Value,
} from './values.ts';

type NamedTest = readonly [string, Test];

/** Tests of the value alone. */
const kinds: Readonly<Record<string, (value: Value) => boolean>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  integer: (value) => isInteger(value) && typeof value !== 'boolean',
  float: (value) => value instanceof Float,
  number: isNumber,
  string: (value) => typeof value === 'string',
  mapping: (value) => value instanceof Dict,
  sequence: isSequence,
  // As in Python, where the class of what is undefined has a `__call__`.
  callable: (value) =>
    value instanceof Undefined || (value instanceof Thing && value.can.call !== undefined),
  escaped: () => false,
};

function isSequence(value: Value): boolean {
  if (typeof value === 'string' || isList(value)) return true;
  if (value instanceof Tuple || value instanceof Dict || value instanceof Undefined) return true;
  return value instanceof Thing && value.can.item !== undefined;
}

function compared(operator: ComparisonOperator): Test {
  return (runtime, value, args) => {
    const [other] = take(operator, args, ['other'], 1);
    return holds(runtime, operator, value, other!);
  };
}

const comparisons: readonly NamedTest[] = (
  [
    ['==', ['==', 'eq', 'equalto']],
    ['!=', ['!=', 'ne']],
    ['>', ['>', 'gt', 'greaterthan']],
    ['>=', ['>=', 'ge']],
    ['<', ['<', 'lt', 'lessthan']],
    ['<=', ['<=', 'le']],
    ['in', ['in']],
  ] as const
).flatMap(([operator, names]) => names.map((name) => [name, compared(operator)] as const));

/** jinja2's tests. */
export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ...Object.entries(kinds).map(([name, test]): NamedTest => [name, (_, value) => test(value)]),
  ...comparisons,
  ['iterable', (runtime, value) => iteratorOf(value, runtime) !== undefined],
  ['odd', (runtime, value) => rest(runtime, value, 2, 1)],
  ['even', (runtime, value) => rest(runtime, value, 2, 0)],
  [
    'divisibleby',
    (runtime, value, args: Arguments) => {
      const [divisor] = take('divisibleby', args, ['num'], 1);
      return rest(runtime, value, divisor!, 0);
    },
  ],
  ['lower', ({ budget }, value) => isLower(toText(value, budget), budget)],
  ['upper', ({ budget }, value) => isUpper(toText(value, budget), budget)],
  [
    'sameas',
    (_, value, args) => {
      const [other] = take('sameas', args, ['other'], 1);
      return value === other;
    },
  ],
  ['filter', ({ filters }, value) => typeof value === 'string' && filters.has(value)],
  ['test', (runtime, value) => typeof value === 'string' && runtime.tests.has(value)],
]);

function rest(runtime: Runtime, value: Value, divisor: Value, wanted: number): boolean {
  return isEqual(binary(runtime, '%', value, divisor), wanted, runtime.budget);
}
