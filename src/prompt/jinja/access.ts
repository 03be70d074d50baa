import { indexOf, isInteger } from './arguments.ts';
import { characters, isPlain } from './characters.ts';
import { failure } from './error.ts';
import { sliceRange } from './protocols.ts';
import type { Runtime } from './runtime.ts';
import { toRepr } from './show.ts';
import {
  Dict,
  Float,
  isList,
  Slice,
  Thing,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** `value.name`: an attribute, else an item of that name. @throws JinjaError of what is undefined */
export function getAttribute(runtime: Runtime, value: Value, name: string): Value {
  if (value instanceof Undefined) throw failure(value.message);
  const attribute = attributeOf(runtime, value, name);
  if (attribute !== undefined) return attribute;
  const item = itemOf(runtime, value, name);
  return item === undefined ? missing(runtime, value, name) : item;
}

/** `value[key]`: an item, else an attribute of that name. @throws JinjaError of what is undefined */
export function getItem(runtime: Runtime, value: Value, key: Value): Value {
  if (value instanceof Undefined) throw failure(value.message);
  const item = itemOf(runtime, value, key);
  if (item !== undefined) return item;
  const attribute = typeof key === 'string' ? attributeOf(runtime, value, key) : undefined;
  return attribute === undefined ? missing(runtime, value, key) : attribute;
}

function missing({ budget }: Runtime, value: Value, key: Value): Undefined {
  const type = value === null ? 'None' : `${typeName(value)} object`;
  if (typeof key === 'string') return new Undefined(`'${type}' has no attribute '${key}'`);
  return new Undefined(`${type} has no element ${toRepr(key, budget)}`);
}

/** What the sandbox gives no access to. */
const inner = new Set([
  '__class__',
  '__init__',
  '__doc__',
  '__subclasses__',
  '__mro__',
  '__globals__',
]);

function attributeOf(runtime: Runtime, value: Value, name: string): Value | undefined {
  if (inner.has(name) || changing.get(typeName(value))?.has(name) === true) {
    return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`);
  }
  if (value instanceof Thing) return value.can.attribute?.(name);
  if (value instanceof Tuple && value.names.includes(name)) {
    return value.items[value.names.indexOf(name)];
  }
  if (isInteger(value) && ['real', 'numerator'].includes(name)) return indexOf(value);
  if (value instanceof Float && name === 'real') return value;
  return runtime.methodOf(runtime, value, name);
}

/** Methods that would change a value, which no template may. */
const changing: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['list', new Set(['append', 'clear', 'pop', 'reverse', 'insert', 'sort', 'extend', 'remove'])],
  ['dict', new Set(['clear', 'pop', 'popitem', 'setdefault', 'update'])],
]);

/** `undefined` where there is none, and where Python has no items at all. */
function itemOf(runtime: Runtime, value: Value, key: Value): Value | undefined {
  if (value instanceof Dict) {
    return isList(key) || key instanceof Dict ? undefined : value.get(key);
  }
  if (key instanceof Slice) return sliceOf(runtime, value, key);
  if (!isInteger(key)) return undefined;
  return at(runtime, value, indexOf(key));
}

function at(runtime: Runtime, value: Value, index: number): Value | undefined {
  if (typeof value === 'string') {
    // The first ones are asked for most.
    if (index === 0) return value === '' ? undefined : String.fromCodePoint(value.codePointAt(0)!);
    const units = isPlain(value, runtime.budget) ? value : characters(value, runtime.budget);
    return units.at(index);
  }
  if (isList(value)) return value.at(index);
  if (value instanceof Tuple) return value.items.at(index);
  return value instanceof Thing ? value.can.item?.(index) : undefined;
}

function sliceOf(runtime: Runtime, value: Value, slice: Slice): Value | undefined {
  if (typeof value === 'string') return sliceText(runtime, value, slice);
  const pick = (length: number, item: (index: number) => Value): Value[] => {
    const { start, step, count } = sliceRange(slice, length);
    runtime.budget.cells(count);
    return Array.from({ length: count }, (_, i) => item(start + i * step));
  };
  if (isList(value)) return pick(value.length, (index) => value[index]!);
  if (value instanceof Tuple) {
    return new Tuple(pick(value.items.length, (index) => value.items[index]!));
  }
  if (!(value instanceof Thing) || value.can.item === undefined) return undefined;
  return pick(value.can.length!(), (index) => value.can.item!(index)!);
}

function sliceText({ budget }: Runtime, text: string, slice: Slice): string {
  const units = isPlain(text, budget) ? text : characters(text, budget);
  const { start, step, count } = sliceRange(slice, units.length);
  if (step === 1) {
    const part = units.slice(start, start + count);
    return typeof part === 'string' ? part : part.join('');
  }
  budget.cells(count);
  return Array.from({ length: count }, (_, i) => units[start + i * step]!).join('');
}
