import { noArgs, take } from './arguments.ts';
import { isEqual } from './compare.ts';
import { failure } from './error.ts';
import { iterate } from './protocols.ts';
import type { PythonMethod, Runtime } from './runtime.ts';
import { toRepr } from './show.ts';
import { formattingMethods } from './string-formatting.ts';
import { stringMethods } from './string-methods.ts';
import { Dict, Float, isList, Thing, Tuple, typeName, type Value } from './values.ts';

/** The method `name` bound to `value`, if there is one. */
export function methodOf(runtime: Runtime, value: Value, name: string): Thing | undefined {
  const bind = <T>(table: ReadonlyMap<string, PythonMethod<T>>, self: T): Thing | undefined => {
    const method = table.get(name);
    if (method === undefined) return undefined;
    return new Thing('builtin_function_or_method', {
      call: (args) => method(runtime, self, args),
      show: () => `<built-in method ${name} of ${typeName(value)} object>`,
    });
  };
  if (typeof value === 'string')
    return bind(stringMethods, value) ?? bind(formattingMethods, value);
  if (value instanceof Dict) return bind(dictMethods, value);
  if (isList(value)) return bind(listMethods, value);
  if (value instanceof Tuple) return bind(listMethods, value.items);
  if (value instanceof Float) return bind(floatMethods, value);
  return undefined;
}

/** A live look at a dictionary: it prints with its name, and has no items of its own. */
function view(name: string, dict: Dict, items: readonly Value[], runtime: Runtime): Thing {
  return new Thing(`dict_${name}`, {
    iterate: () => items.values(),
    length: () => dict.size,
    contains: (value) => items.some((item) => isEqual(item, value, runtime.budget)),
    show: () => `dict_${name}(${toRepr(items, runtime.budget)})`,
  });
}

const dictMethods: ReadonlyMap<string, PythonMethod<Dict>> = new Map<string, PythonMethod<Dict>>([
  [
    'get',
    (_, self, args) => {
      const [key, otherwise] = take('get', args, ['key', 'default'], 1);
      const found = self.get(key!);
      return found === undefined ? (otherwise ?? null) : found;
    },
  ],
  [
    'keys',
    (runtime, self) => {
      runtime.budget.cells(self.size);
      return view('keys', self, self.keys(), runtime);
    },
  ],
  [
    'values',
    (runtime, self) => {
      runtime.budget.cells(self.size);
      return view('values', self, self.values(), runtime);
    },
  ],
  ['items', (runtime, self) => view('items', self, itemsOf(self, runtime), runtime)],
  ['copy', (_, self) => self],
]);

/** The entries of a dictionary, as tuples. */
export function itemsOf(dict: Dict, { budget }: Runtime): Tuple[] {
  budget.cells(dict.size * 2);
  return dict.entries().map((entry) => new Tuple(entry));
}

const listMethods: ReadonlyMap<string, PythonMethod<readonly Value[]>> = new Map<
  string,
  PythonMethod<readonly Value[]>
>([
  [
    'index',
    (runtime, self, args) => {
      const [value, start] = take('index', args, ['value', 'start'], 1);
      const from = typeof start === 'number' ? start : 0;
      const at = self.findIndex((item, i) => i >= from && isEqual(item, value!, runtime.budget));
      if (at < 0) throw failure(`${toRepr(value!, runtime.budget)} is not in list`);
      return at;
    },
  ],
  [
    'count',
    (runtime, self, args) => {
      const [value] = take('count', args, ['value'], 1);
      let count = 0;
      for (const item of iterate(self, runtime)) {
        if (isEqual(item, value!, runtime.budget)) count++;
      }
      return count;
    },
  ],
  ['copy', (_, self) => self],
]);

const floatMethods: ReadonlyMap<string, PythonMethod<Float>> = new Map([
  [
    'is_integer',
    (_, self, args = noArgs) => (take('is_integer', args, []), Number.isInteger(self.value)),
  ],
]);
