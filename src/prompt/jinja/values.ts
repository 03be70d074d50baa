import type { Budget } from './budget.ts';
import { failure } from './error.ts';

/**
 * Python's values. `null` is `None`; a number is an `int` (a bigint where it is not safe); an array is
 * a `list`. Lists and dictionaries are never changed once made, as in jinja2's immutable sandbox.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | readonly Value[]
  | Tuple
  | Dict
  | Undefined
  | Slice
  | Thing;

export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  /** Of a named tuple, such as `groupby` gives. */
  readonly names: readonly string[];

  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** What a name, an attribute or an item is that does not exist. */
export class Undefined {
  /** Said where anything but printing, iterating and testing is tried. */
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** `start:stop:step` between brackets. */
export class Slice {
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;

  constructor(start: Value, stop: Value, step: Value) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

export class Dict {
  readonly #entries = new Map<unknown, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hash(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hash(key));
  }

  /** Only while it is made. An equal key stays as it was written first, as in Python. */
  set(key: Value, value: Value): this {
    const at = hash(key);
    this.#entries.set(at, [this.#entries.get(at)?.[0] ?? key, value]);
    return this;
  }

  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }

  entries(): (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }
}

/** What a function is called with. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

interface Abilities {
  attribute?(name: string): Value | undefined;
  /** To be called by `call` alone. */
  call?(args: Arguments): Value;
  iterate?(): Iterator<Value>;
  length?(): number;
  item?(index: number): Value | undefined;
  contains?(value: Value): boolean;
  /** Its `repr`. */
  show?(): string;
}

/** Functions, iterators, ranges, views, loops, namespaces: whatever has a behaviour of its own. */
export class Thing {
  /** As Python's messages call its type. */
  readonly typeName: string;
  readonly can: Abilities;

  constructor(type: string, can: Abilities) {
    this.typeName = type;
    this.can = can;
  }
}

export class Namespace extends Thing {
  readonly attributes: Map<string, Value>;

  constructor(attributes: Map<string, Value>, show: (attributes: Dict) => string) {
    super('Namespace', {
      attribute: (name) => attributes.get(name),
      show: () => `<Namespace ${show(new Dict(attributes))}>`,
    });
    this.attributes = attributes;
  }
}

/** An iterator that can be gone through once, e.g. what `map` gives. */
export function lazily(iterator: Iterator<Value>): Thing {
  return new Thing('generator', { iterate: () => iterator });
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Float) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Slice) return 'slice';
  return (value as Thing).typeName;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** What equal keys of a dictionary share: `1`, `1.0` and `true` are one key. @throws JinjaError */
export function hash(value: Value): unknown {
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Float) return value.value;
  if (value instanceof Tuple) return `\0tuple:${value.items.map(hashText).join('')}`;
  if (value instanceof Undefined) return Undefined;
  if (isList(value) || value instanceof Dict || value instanceof Slice) {
    throw failure(`unhashable type: '${typeName(value)}'`);
  }
  return value;
}

function hashText(item: Value): string {
  const key = hash(item);
  const text = String(typeof key === 'object' && key !== null ? '' : key);
  return `${typeof key}:${text.length}:${text}`;
}

/** Plain data, as JSON has it: whole numbers are ints, also bigints, and a {@link Float} is one. @throws JinjaError beyond the budget */
export function fromPlain(data: unknown, budget: Budget): Value {
  budget.step();
  if (typeof data === 'number') return Number.isSafeInteger(data) ? data : new Float(data);
  if (data === undefined) return null;
  if (typeof data !== 'object' || data === null || data instanceof Float) return data as Value;
  if (Array.isArray(data)) {
    budget.cells(data.length);
    return data.map((item) => fromPlain(item, budget));
  }
  const entries = Object.entries(data);
  budget.cells(entries.length);
  return new Dict(entries.map(([key, value]) => [key, fromPlain(value, budget)]));
}
