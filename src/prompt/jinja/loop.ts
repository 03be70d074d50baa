import { isEqual } from './compare.ts';
import { failure } from './error.ts';
import type { Runtime } from './runtime.ts';
import { Thing, Tuple, Undefined, type Value } from './values.ts';

/** The rounds of one `for`: an iterator that looks ahead only when a template asks, as jinja2's does. */
export class Loop {
  readonly #runtime: Runtime;
  readonly #depth: number;
  readonly #recurse: ((items: Value) => Value) | undefined;
  #source: Iterator<Value, unknown>;
  #index = -1;
  #previous: Value = null;
  #current: Value = null;
  #ahead: IteratorResult<Value, unknown> | undefined;
  #length: number | undefined;
  #compared: Tuple | undefined;

  /** `recurse` renders the loop's body for other items, where the loop is recursive. */
  constructor(
    runtime: Runtime,
    source: Iterator<Value, unknown>,
    depth: number,
    recurse: ((items: Value) => Value) | undefined,
  ) {
    this.#runtime = runtime;
    this.#source = source;
    this.#depth = depth;
    this.#recurse = recurse;
  }

  /** The next item; `undefined` at the end. */
  next(): Value | undefined {
    const { done, value } = this.#ahead ?? this.#source.next();
    this.#ahead = undefined;
    if (done === true) return undefined;
    this.#index++;
    this.#previous = this.#current;
    this.#current = value;
    return this.#current;
  }

  /** What a template knows as `loop`. */
  toValue(): Thing {
    const attributes: Readonly<Record<string, () => Value>> = {
      index: () => this.#index + 1,
      index0: () => this.#index,
      revindex: () => this.#count() - this.#index,
      revindex0: () => this.#count() - this.#index - 1,
      first: () => this.#index === 0,
      last: () => this.#peek() === undefined,
      length: () => this.#count(),
      depth: () => this.#depth + 1,
      depth0: () => this.#depth,
      previtem: () =>
        this.#index === 0 ? new Undefined('there is no previous item') : this.#previous,
      nextitem: () => {
        const ahead = this.#peek();
        return ahead === undefined ? new Undefined('there is no next item') : ahead;
      },
      cycle: () => method((items) => this.#cycle(items)),
      changed: () => method((items) => this.#changed(new Tuple(items))),
    };
    return new Thing('LoopContext', {
      attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name]!() : undefined),
      length: () => this.#count(),
      call: ({ positional: [items] }) => {
        if (this.#recurse !== undefined && items !== undefined) return this.#recurse(items);
        throw failure("The loop must have the 'recursive' marker to be called recursively.");
      },
      show: () => `<LoopContext ${this.#index + 1}/${this.#count()}>`,
    });
  }

  #peek(): Value | undefined {
    this.#ahead ??= this.#source.next();
    return this.#ahead.done === true ? undefined : this.#ahead.value;
  }

  #count(): number {
    if (this.#length !== undefined) return this.#length;
    const rest: Value[] = [];
    for (let item = this.#peek(); item !== undefined; item = this.#peek()) {
      this.#runtime.budget.cells(1);
      rest.push(item);
      this.#ahead = undefined;
    }
    this.#source = rest.values();
    this.#ahead = undefined;
    this.#length = this.#index + 1 + rest.length;
    return this.#length;
  }

  #cycle(items: readonly Value[]): Value {
    if (items.length === 0) throw failure('no items for cycling given');
    return items[this.#index % items.length]!;
  }

  #changed(values: Tuple): boolean {
    const isSame =
      this.#compared !== undefined && isEqual(this.#compared, values, this.#runtime.budget);
    this.#compared = values;
    return !isSame;
  }
}

function method(call: (items: readonly Value[]) => Value): Thing {
  return new Thing('method', { call: ({ positional }) => call(positional) });
}
