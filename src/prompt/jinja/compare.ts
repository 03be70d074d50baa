import { isNumber } from './arguments.ts';
import type { Budget } from './budget.ts';
import { compareText } from './characters.ts';
import { failure } from './error.ts';
import { compareNumbers } from './numbers.ts';
import { Dict, isList, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Python's `==`. */
export function isEqual(left: Value, right: Value, budget: Budget): boolean {
  budget.step();
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length !== right.length) return false;
    budget.read(left.length);
    return left === right;
  }
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  if (isList(left) && isList(right)) return areEqual(left, right, budget);
  if (left instanceof Tuple && right instanceof Tuple) {
    return areEqual(left.items, right.items, budget);
  }
  if (left instanceof Dict && right instanceof Dict) return areEqualDicts(left, right, budget);
  if (left instanceof Undefined && right instanceof Undefined) return true;
  return left === right;
}

function areEqual(left: readonly Value[], right: readonly Value[], budget: Budget): boolean {
  if (left.length !== right.length) return false;
  return left.every((item, i) => isEqual(item, right[i]!, budget));
}

function areEqualDicts(left: Dict, right: Dict, budget: Budget): boolean {
  if (left.size !== right.size) return false;
  return left.entries().every(([key, value]) => {
    const other = right.get(key);
    return other !== undefined && isEqual(value, other, budget);
  });
}

/** Negative, zero or positive; `NaN` where neither is the greater. @throws JinjaError */
export function compare(left: Value, right: Value, budget: Budget, operator = '<'): number {
  budget.step();
  if (typeof left === 'string' && typeof right === 'string') {
    return compareText(left, right, budget);
  }
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right);
  if (isList(left) && isList(right)) return compareItems(left, right, budget, operator);
  if (left instanceof Tuple && right instanceof Tuple) {
    return compareItems(left.items, right.items, budget, operator);
  }
  for (const side of [left, right]) if (side instanceof Undefined) throw failure(side.message);
  throw failure(
    `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function compareItems(
  left: readonly Value[],
  right: readonly Value[],
  budget: Budget,
  operator: string,
): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (!isEqual(left[i]!, right[i]!, budget)) {
      return compare(left[i]!, right[i]!, budget, operator);
    }
  }
  return left.length - right.length;
}

/** A sorted copy; equal ones stay in their order, also in reverse. @throws JinjaError */
export function sorted<T>(
  items: readonly T[],
  keyOf: (item: T) => Value,
  isReverse: boolean,
  budget: Budget,
): T[] {
  budget.cells(items.length);
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  const sign = isReverse ? -1 : 1;
  keyed.sort((a, b) => {
    const order = compare(a.key, b.key, budget);
    return Number.isNaN(order) ? 0 : sign * order;
  });
  return keyed.map(({ item }) => item);
}
