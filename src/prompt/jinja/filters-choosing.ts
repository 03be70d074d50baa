import { getter } from './attribute-path.ts';
import { take } from './arguments.ts';
import { failure } from './error.ts';
import { isTrue, iterate } from './protocols.ts';
import type { Filter, Runtime } from './runtime.ts';
import { lazily, typeName, type Arguments, type Value } from './values.ts';

type NamedFilter = readonly [string, Filter];

/** Filters that apply a filter or a test to each item. They are lazy, as in jinja2. */
export const choosingFilters: readonly NamedFilter[] = [
  ['map', map],
  ['select', choose(true, false)],
  ['reject', choose(false, false)],
  ['selectattr', choose(true, true)],
  ['rejectattr', choose(false, true)],
];

function map(runtime: Runtime, value: Value, args: Arguments): Value {
  return lazily(mapped(runtime, value, args));
}

function* mapped(runtime: Runtime, value: Value, args: Arguments): Generator<Value, void> {
  if (!isTrue(value)) return;
  const apply = mapping(runtime, args);
  for (const item of iterate(value, runtime)) yield apply(item);
}

function mapping(runtime: Runtime, args: Arguments): (item: Value) => Value {
  const [name, ...positional] = args.positional;
  if (name === undefined && args.named.has('attribute')) {
    const [attribute, otherwise] = take('map', args, ['attribute', 'default']);
    return getter(runtime, attribute!, { otherwise: otherwise ?? null });
  }
  if (name === undefined) throw failure('map requires a filter argument');
  const filter = findFilter(runtime, name);
  return (item) => filter(runtime, item, { positional, named: args.named });
}

/** @throws JinjaError where there is no such filter */
export function findFilter({ filters }: Runtime, name: Value): Filter {
  const filter = typeof name === 'string' ? filters.get(name) : undefined;
  if (filter === undefined) throw failure(`No filter named '${nameOf(name)}'.`);
  return filter;
}

function choose(wanted: boolean, byAttribute: boolean): Filter {
  return (runtime, value, args) => lazily(chosen(runtime, value, args, wanted, byAttribute));
}

function* chosen(
  runtime: Runtime,
  value: Value,
  { positional, named }: Arguments,
  wanted: boolean,
  byAttribute: boolean,
): Generator<Value, void> {
  if (!isTrue(value)) return;
  if (byAttribute && positional.length === 0) {
    throw failure('Missing parameter for attribute name');
  }
  const look = byAttribute ? getter(runtime, positional[0]!) : (item: Value) => item;
  const [name, ...rest] = positional.slice(byAttribute ? 1 : 0);
  const test = name === undefined ? undefined : findTest(runtime, name);
  for (const item of iterate(value, runtime)) {
    const seen = look(item);
    const holds =
      test === undefined ? isTrue(seen) : test(runtime, seen, { positional: rest, named });
    if (holds === wanted) yield item;
  }
}

/** @throws JinjaError where there is no such test */
export function findTest({ tests }: Runtime, name: Value) {
  const test = typeof name === 'string' ? tests.get(name) : undefined;
  if (test === undefined) throw failure(`No test named '${nameOf(name)}'.`);
  return test;
}

function nameOf(value: Value): string {
  return typeof value === 'string' ? value : typeName(value);
}
