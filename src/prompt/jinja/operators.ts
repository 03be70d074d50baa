import { indexOf, isInteger, isNumber } from './arguments.ts';
import type { BinaryOperator, ComparisonOperator } from './ast.ts';
import type { Budget } from './budget.ts';
import { compare, isEqual } from './compare.ts';
import { failure, type JinjaError } from './error.ts';
import { arithmetic } from './numbers.ts';
import { contains } from './protocols.ts';
import type { Runtime } from './runtime.ts';
import { percentFormat } from './string-formatting.ts';
import { isList, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Python's arithmetic operators. @throws JinjaError */
export function binary(
  runtime: Runtime,
  operator: BinaryOperator,
  left: Value,
  right: Value,
): Value {
  const { budget } = runtime;
  if (operator === '+') return addValues(left, right, budget);
  // A text's own operator is not refused by what is undefined on its right: it is printed.
  if (operator === '%' && typeof left === 'string') return percentFormat(runtime, left, right);
  if (isNumber(left) && isNumber(right)) return arithmetic(operator, left, right, budget);
  if (operator === '*') {
    const repeated = isInteger(right)
      ? repeat(left, indexOf(right), budget)
      : isInteger(left)
        ? repeat(right, indexOf(left), budget)
        : undefined;
    if (repeated !== undefined) return repeated;
  }
  throw unsupported(operator, left, right);
}

/** Concatenating is cheap, whatever the length: what reads the text later pays for it. @throws JinjaError */
export function addValues(left: Value, right: Value, budget: Budget): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    budget.checkLength(left.length + right.length);
    return left + right;
  }
  if (isNumber(left) && isNumber(right)) return arithmetic('+', left, right, budget);
  if (isList(left) && isList(right)) {
    budget.cells(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof Tuple && right instanceof Tuple) {
    budget.cells(left.items.length + right.items.length);
    return new Tuple([...left.items, ...right.items]);
  }
  throw unsupported('+', left, right);
}

function unsupported(operator: string, left: Value, right: Value): JinjaError {
  for (const side of [left, right]) if (side instanceof Undefined) return failure(side.message);
  const [from, to] = [typeName(left), typeName(right)];
  if (operator === '+' && (from === 'str' || from === 'list' || from === 'tuple')) {
    return failure(`can only concatenate ${from} (not "${to}") to ${from}`);
  }
  if (operator === '*' && [from, to].some((name) => ['str', 'list', 'tuple'].includes(name))) {
    const other = ['str', 'list', 'tuple'].includes(from) ? to : from;
    return failure(`can't multiply sequence by non-int of type '${other}'`);
  }
  const name = operator === '**' ? '** or pow()' : operator;
  return failure(`unsupported operand type(s) for ${name}: '${from}' and '${to}'`);
}

function repeat(value: Value, times: number, budget: Budget): Value | undefined {
  const count = Math.max(0, times);
  if (typeof value === 'string') {
    budget.text(value.length * count);
    return value.repeat(count);
  }
  if (isList(value)) return repeatItems(value, count, budget);
  if (value instanceof Tuple) return new Tuple(repeatItems(value.items, count, budget));
  return undefined;
}

function repeatItems(items: readonly Value[], count: number, budget: Budget): Value[] {
  budget.cells(items.length * count);
  return Array.from({ length: items.length * count }, (_, i) => items[i % items.length]!);
}

/** Python's comparisons. @throws JinjaError */
export function holds(
  runtime: Runtime,
  operator: ComparisonOperator,
  left: Value,
  right: Value,
): boolean {
  const { budget } = runtime;
  if (operator === '==') return isEqual(left, right, budget);
  if (operator === '!=') return !isEqual(left, right, budget);
  if (operator === 'in') return contains(right, left, runtime);
  if (operator === 'not in') return !contains(right, left, runtime);
  const order = compare(left, right, budget, operator);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}
