import { indexOf, isInteger, take, stringOf } from './arguments.ts';
import { failure, JinjaError } from './error.ts';

import { iterate, toList } from './protocols.ts';
import type { Runtime } from './runtime.ts';
import { toRepr, toText } from './show.ts';
import { Dict, Namespace, Thing, type Arguments, type Value } from './values.ts';

/** As the sandbox of jinja2 has it: more numbers have no place in a prompt. */
const longestRange = 100_000;

/** The functions that every template has. `timeFields`: what `strftime_now` writes for each letter. */
export function globals(
  runtime: Runtime,
  timeFields: () => Readonly<Record<string, string>>,
): ReadonlyMap<string, Value> {
  const functions: Readonly<Record<string, (args: Arguments) => Value>> = {
    range: (args) => range(args, runtime),
    dict: (args) => dict(args, runtime),
    namespace: (args) => namespace(args, runtime),
    cycler: ({ positional }) => cycler(positional),
    joiner: (args) => joiner(args, runtime),
    raise_exception: (args) => {
      const [message] = take('raise_exception', args, ['message'], 1);
      throw new JinjaError('raised', toText(message!, runtime.budget), runtime.budget.line);
    },
    strftime_now: (args) => {
      const [format] = take('strftime_now', args, ['format'], 1);
      const text = stringOf(format, 'strftime_now() argument 1');
      runtime.budget.text(text.length * 8);
      return formatTime(text, timeFields());
    },
  };
  return new Map(
    Object.entries(functions).map(([name, call]) => [
      name,
      new Thing('function', { call, show: () => `<function ${name}>` }),
    ]),
  );
}

function formatTime(format: string, timeFields: Readonly<Record<string, string>>): string {
  return format.replace(/%(-?)([A-Za-z%])/g, (whole, dash: string, letter: string) => {
    const field = Object.hasOwn(timeFields, letter) ? timeFields[letter]! : whole;
    return dash === '' ? field : field.replace(/^0+(?=.)/, '');
  });
}

function range({ positional }: Arguments, { budget }: Runtime): Thing {
  if (positional.length < 1 || positional.length > 3) {
    throw failure(`range expected 1 to 3 arguments, got ${positional.length}`);
  }
  const given = positional.map(indexOf);
  const [start, stop, step] =
    given.length === 1 ? [0, given[0]!, 1] : [given[0]!, given[1]!, given[2] ?? 1];
  if (step === 0) throw failure('range() arg 3 must not be zero');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestRange) {
    throw failure(
      `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${longestRange}).`,
    );
  }
  const at = (index: number): number => start + index * step;
  return new Thing('range', {
    *iterate() {
      for (let i = 0; i < length; i++) yield at(i);
    },
    length: () => length,
    item: (index) => {
      const from = index < 0 ? index + length : index;
      return from >= 0 && from < length ? at(from) : undefined;
    },
    contains: (value) => {
      budget.step();
      if (!isInteger(value)) return false;
      const place = (Number(value) - start) / step;
      return Number.isInteger(place) && place >= 0 && place < length;
    },
    show: () => `range(${start}, ${stop}${step === 1 ? '' : `, ${step}`})`,
  });
}

/** `dict(pairs, name=value)`: a mapping or pairs, and names. @throws JinjaError */
function dict({ positional, named }: Arguments, runtime: Runtime): Dict {
  if (positional.length > 1) {
    throw failure(`dict expected at most 1 argument, got ${positional.length}`);
  }
  const [from] = positional;
  const given = from === undefined ? [] : pairsOf(from, runtime);
  runtime.budget.cells(given.length + named.size);
  return new Dict([...given, ...named]);
}

function pairsOf(value: Value, runtime: Runtime): (readonly [Value, Value])[] {
  if (value instanceof Dict) return value.entries();
  return Array.from(iterate(value, runtime), (pair, i) => {
    const items = toList(pair, runtime);
    if (items.length === 2) return [items[0]!, items[1]!] as const;
    throw failure(
      `dictionary update sequence element #${i} has length ${items.length}; 2 is required`,
    );
  });
}

function namespace(args: Arguments, runtime: Runtime): Namespace {
  const attributes = new Map<string, Value>();
  for (const [name, value] of dict(args, runtime).entries()) {
    attributes.set(stringOf(name, 'a name of namespace()'), value);
  }
  return new Namespace(attributes, (given) => toRepr(given, runtime.budget));
}

function cycler(items: readonly Value[]): Thing {
  if (items.length === 0) throw failure('at least one item has to be provided');
  let at = 0;
  const next = new Thing('method', {
    call: () => {
      const item = items[at]!;
      at = (at + 1) % items.length;
      return item;
    },
  });
  const reset = new Thing('method', {
    call: () => {
      at = 0;
      return null;
    },
  });
  return new Thing('Cycler', {
    attribute: (name) => {
      if (name === 'current') return items[at]!;
      return { next, reset }[name];
    },
  });
}

function joiner(args: Arguments, { budget }: Runtime): Thing {
  const [separator = ', '] = take('joiner', args, ['sep']);
  let isUsed = false;
  return new Thing('Joiner', {
    call: () => {
      budget.step();
      const text = isUsed ? separator : '';
      isUsed = true;
      return text;
    },
  });
}
