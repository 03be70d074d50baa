import { indexOf, isInteger } from './arguments.ts';
import { characterCount, characters } from './characters.ts';
import { isEqual } from './compare.ts';
import { failure } from './error.ts';
import type { Runtime } from './runtime.ts';
import {
  Dict,
  Float,
  isList,
  Slice,
  Thing,
  Tuple,
  typeName,
  Undefined,
  type Arguments,
  type Value,
} from './values.ts';

/** Python's `bool(value)`. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === 'string' || isList(value)) return value.length > 0;
  if (typeof value === 'number' || typeof value === 'bigint') return value !== 0;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Thing) return value.can.length?.() !== 0;
  return true;
}

/** Python's `iter(value)`, `undefined` where it has none. Each item takes a step. */
export function iteratorOf(value: Value, { budget }: Runtime): Iterator<Value> | undefined {
  const items = (): Iterator<Value> | undefined => {
    if (typeof value === 'string') return characters(value, budget).values();
    if (isList(value)) return value.values();
    if (value instanceof Tuple) return value.items.values();
    if (value instanceof Dict) return value.keys().values();
    if (value instanceof Undefined) return [].values();
    return value instanceof Thing ? value.can.iterate?.() : undefined;
  };
  const iterator = items();
  if (iterator === undefined) return undefined;
  return {
    next() {
      budget.step();
      return iterator.next();
    },
  };
}

/** @throws JinjaError where it cannot be iterated over */
export function* iterate(value: Value, runtime: Runtime): Generator<Value, void> {
  const iterator = iteratorOf(value, runtime);
  if (iterator === undefined) throw failure(`'${typeName(value)}' object is not iterable`);
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}

/** Python's `list(value)`. @throws JinjaError */
export function toList(value: Value, runtime: Runtime): readonly Value[] {
  if (isList(value)) return value;
  const items: Value[] = [];
  for (const item of iterate(value, runtime)) {
    runtime.budget.cells(1);
    items.push(item);
  }
  return items;
}

/** Python's `len(value)`, `undefined` where it has none. */
export function lengthOf(value: Value, { budget }: Runtime): number | undefined {
  if (typeof value === 'string') return characterCount(value, budget);
  if (isList(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Undefined) return 0;
  return value instanceof Thing ? value.can.length?.() : undefined;
}

/** Python's `item in container`. @throws JinjaError */
export function contains(container: Value, item: Value, runtime: Runtime): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') {
      throw failure(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    runtime.budget.read(container.length);
    return container.includes(item);
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof Thing && container.can.contains !== undefined) {
    return container.can.contains(item);
  }
  const iterator = iteratorOf(container, runtime);
  if (iterator === undefined) {
    throw failure(`argument of type '${typeName(container)}' is not iterable`);
  }
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    if (next.value === item || isEqual(next.value, item, runtime.budget)) return true;
  }
  return false;
}

/** Calls what can be called. @throws JinjaError */
export function call(callee: Value, args: Arguments): Value {
  if (callee instanceof Thing && callee.can.call !== undefined) return callee.can.call(args);
  if (callee instanceof Undefined) throw failure(callee.message);
  throw failure(`'${typeName(callee)}' object is not callable`);
}

/** The places `start`, `start + step` … that a slice takes, `count` of them. */
export interface SliceRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** What a slice takes of `length` items, as Python's `slice.indices`. @throws JinjaError */
export function sliceRange(slice: Slice, length: number): SliceRange {
  const step = slice.step === null ? 1 : sliceIndex(slice.step);
  if (step === 0) throw failure('slice step cannot be zero');
  const lowest = step < 0 ? -1 : 0;
  const highest = step < 0 ? length - 1 : length;
  const bound = (value: Value, otherwise: number): number => {
    if (value === null) return otherwise;
    const index = sliceIndex(value);
    return Math.max(lowest, Math.min(highest, index < 0 ? index + length : index));
  };
  const start = bound(slice.start, step < 0 ? highest : 0);
  const stop = bound(slice.stop, step < 0 ? -1 : length);
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

function sliceIndex(value: Value): number {
  if (isInteger(value)) return indexOf(value);
  throw failure('slice indices must be integers or None or have an __index__ method');
}
