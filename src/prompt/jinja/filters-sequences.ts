import { getAttribute } from './access.ts';
import { getter, lowered, type Getter } from './attribute-path.ts';
import { indexOf, take } from './arguments.ts';
import { compare, isEqual, sorted } from './compare.ts';
import { failure } from './error.ts';
import { itemsOf } from './methods.ts';
import { addValues } from './operators.ts';
import { isTrue, iterate, lengthOf, toList } from './protocols.ts';
import type { Filter, Runtime } from './runtime.ts';
import { toText } from './show.ts';
import { joinText } from './string-methods.ts';
import {
  Dict,
  hash,
  lazily,
  Thing,
  Tuple,
  typeName,
  Undefined,
  type Arguments,
  type Value,
} from './values.ts';

type NamedFilter = readonly [string, Filter];

export const sequenceFilters: readonly NamedFilter[] = [
  ['length', length],
  ['count', length],
  ['list', (runtime, value) => [...toList(value, runtime)]],
  [
    'first',
    (runtime, value) => firstOf(iterate(value, runtime), 'No first item, sequence was empty.'),
  ],
  [
    'last',
    (runtime, value) => firstOf(backwards(runtime, value), 'No last item, sequence was empty.'),
  ],
  ['reverse', reverse],
  ['join', join],
  ['sort', sort],
  ['unique', (runtime, value, args) => lazily(unique(runtime, value, args))],
  ['min', extreme('min', -1)],
  ['max', extreme('max', 1)],
  ['sum', sum],
  ['batch', (runtime, value, args) => lazily(batch(runtime, value, args))],
  ['slice', (runtime, value, args) => lazily(slice(runtime, value, args))],
  ['groupby', groupBy],
  ['dictsort', dictSort],
  ['items', pairs],
  [
    'attr',
    (runtime, value, args) => {
      const [name] = take('attr', args, ['name'], 1);
      if (!(value instanceof Dict))
        return getAttribute(runtime, value, toText(name!, runtime.budget));
      return new Undefined(`'dict object' has no attribute '${toText(name!, runtime.budget)}'`);
    },
  ],
  ['default', defaultFilter],
  ['d', defaultFilter],
];

function defaultFilter(_: Runtime, value: Value, args: Arguments): Value {
  const [otherwise = '', boolean = false] = take('default', args, ['default_value', 'boolean']);
  const isMissing = value instanceof Undefined || (isTrue(boolean) && !isTrue(value));
  return isMissing ? otherwise : value;
}

function length(runtime: Runtime, value: Value): number {
  const count = lengthOf(value, runtime);
  if (count === undefined) throw failure(`object of type '${typeName(value)}' has no len()`);
  return count;
}

function firstOf(iterator: Iterator<Value>, message: string): Value {
  const first = iterator.next();
  return first.done === true ? new Undefined(message) : first.value;
}

/** Python's `reversed`: generators have none. @throws JinjaError */
function backwards(runtime: Runtime, value: Value): Iterator<Value> {
  if (value instanceof Undefined) throw failure(value.message);
  if (value instanceof Thing && value.can.item === undefined && value.can.contains === undefined) {
    throw failure(`'${value.typeName}' object is not reversible`);
  }
  const all = toList(value, runtime);
  runtime.budget.cells(all.length);
  return all.toReversed().values();
}

function reverse(runtime: Runtime, value: Value): Value {
  const all = toList(value, runtime).toReversed();
  runtime.budget.cells(all.length);
  if (typeof value === 'string') return joinText(runtime.budget, '', all as readonly string[]);
  return lazily(all.values());
}

function join(runtime: Runtime, value: Value, args: Arguments): string {
  const [separator = '', attribute = null] = take('join', args, ['d', 'attribute']);
  const look = getter(runtime, attribute);
  const { budget } = runtime;
  const parts = toList(value, runtime).map((item) => toText(look(item), budget));
  budget.cells(parts.length);
  return joinText(budget, toText(separator, budget), parts);
}

const no = false;

function sort(runtime: Runtime, value: Value, args: Arguments): Value {
  const [reversed = no, caseSensitive = no, attribute = null] = take('sort', args, [
    'reverse',
    'case_sensitive',
    'attribute',
  ]);
  const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const getters = paths.map((path) =>
    getter(runtime, path, { ignoresCase: !isTrue(caseSensitive) }),
  );
  const keyOf = (item: Value): Value => getters.map((look) => look(item));
  return sorted(toList(value, runtime), keyOf, isTrue(reversed), runtime.budget);
}

function* unique(runtime: Runtime, value: Value, args: Arguments): Generator<Value, void> {
  const keyOf = byCase('unique', runtime, args);
  const seen = new Set<unknown>();
  for (const item of iterate(value, runtime)) {
    const key = hash(keyOf(item));
    if (seen.has(key)) continue;
    seen.add(key);
    runtime.budget.cells(1);
    yield item;
  }
}

/** What items are told apart by: `case_sensitive` and `attribute`. */
function byCase(name: string, runtime: Runtime, args: Arguments): Getter {
  const [caseSensitive = no, attribute = null] = take(name, args, ['case_sensitive', 'attribute']);
  return getter(runtime, attribute, { ignoresCase: !isTrue(caseSensitive) });
}

function extreme(name: string, sign: number): Filter {
  return (runtime, value, args) => {
    const keyOf = byCase(name, runtime, args);
    let best: { item: Value; key: Value } | undefined;
    for (const item of iterate(value, runtime)) {
      const key = keyOf(item);
      if (best === undefined || sign * compare(key, best.key, runtime.budget) > 0) {
        best = { item, key };
      }
    }
    return best === undefined
      ? new Undefined('No aggregated item, sequence was empty.')
      : best.item;
  };
}

function sum(runtime: Runtime, value: Value, args: Arguments): Value {
  const [attribute = null, start = 0] = take('sum', args, ['attribute', 'start']);
  const look = getter(runtime, attribute);
  if (typeof start === 'string') {
    throw failure("sum() can't sum strings [use ''.join(seq) instead]");
  }
  let total: Value = start;
  for (const item of iterate(value, runtime)) total = addValues(total, look(item), runtime.budget);
  return total;
}

function* batch(runtime: Runtime, value: Value, args: Arguments): Generator<Value, void> {
  const [size, fill = null] = take('batch', args, ['linecount', 'fill_with'], 1);
  const count = indexOf(size!);
  let row: Value[] = [];
  for (const item of iterate(value, runtime)) {
    if (row.length === count) {
      yield row;
      row = [];
    }
    runtime.budget.cells(1);
    row.push(item);
  }
  if (row.length === 0) return;
  const missing = fill === null ? 0 : Math.max(0, count - row.length);
  runtime.budget.cells(missing);
  yield [...row, ...Array.from({ length: missing }, () => fill)];
}

function* slice(runtime: Runtime, value: Value, args: Arguments): Generator<Value, void> {
  const [slices, fill = null] = take('slice', args, ['slices', 'fill_with'], 1);
  const all = toList(value, runtime);
  const count = indexOf(slices!);
  if (count === 0) throw failure('integer division or modulo by zero');
  const size = Math.floor(all.length / count);
  const longer = all.length % count;
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = start + size + (i < longer ? 1 : 0);
    runtime.budget.cells(1 + end - start);
    const part = all.slice(start, end);
    yield fill !== null && i >= longer ? [...part, fill] : part;
    start = end;
  }
}

function groupBy(runtime: Runtime, value: Value, args: Arguments): Value {
  const [attribute, otherwise = null, caseSensitive = no] = take(
    'groupby',
    args,
    ['attribute', 'default', 'case_sensitive'],
    1,
  );
  const look = getter(runtime, attribute!, { otherwise });
  const keyOf = (item: Value): Value =>
    isTrue(caseSensitive) ? look(item) : lowered(runtime, look(item));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(toList(value, runtime), keyOf, false, runtime.budget)) {
    const key = keyOf(item);
    const last = groups.at(-1);
    if (last !== undefined && isEqual(last.key, key, runtime.budget)) last.items.push(item);
    else groups.push({ key, items: [item] });
  }
  runtime.budget.cells(groups.length * 2);
  return groups.map(
    ({ items: members }) => new Tuple([look(members[0]!), members], ['grouper', 'list']),
  );
}

function dictSort(runtime: Runtime, value: Value, args: Arguments): Value {
  const [caseSensitive = no, by = 'key', reversed = no] = take('dictsort', args, [
    'case_sensitive',
    'by',
    'reverse',
  ]);
  if (by !== 'key' && by !== 'value') throw failure('You can only sort by either "key" or "value"');
  if (!(value instanceof Dict)) {
    throw failure(
      value instanceof Undefined
        ? value.message
        : `'${typeName(value)}' object has no attribute 'items'`,
    );
  }
  const keyOf = ({ items: [key, item] }: Tuple): Value => {
    const part = (by === 'key' ? key : item)!;
    return isTrue(caseSensitive) ? part : lowered(runtime, part);
  };
  return sorted(itemsOf(value, runtime), keyOf, isTrue(reversed), runtime.budget);
}

function pairs(runtime: Runtime, value: Value): Value {
  if (value instanceof Undefined) return lazily([].values());
  if (!(value instanceof Dict)) throw failure('Can only get item pairs from a mapping.');
  return lazily(itemsOf(value, runtime).values());
}
