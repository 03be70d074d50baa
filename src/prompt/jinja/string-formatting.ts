import { getAttribute, getItem } from './access.ts';
import { indexOf, isInteger, isNumber } from './arguments.ts';
import { failure } from './error.ts';
import { formatValue, parseSpec, type FormatSpec } from './format-spec.ts';
import { toFloat } from './numbers.ts';
import type { PythonMethod, Runtime } from './runtime.ts';
import { toRepr, toText } from './show.ts';
import { Dict, Float, Tuple, typeName, type Arguments, type Value } from './values.ts';
import { joinText } from './string-methods.ts';

export const formattingMethods: ReadonlyMap<string, PythonMethod<string>> = new Map<
  string,
  PythonMethod<string>
>([
  ['format', (runtime, self, args) => formatBraces(runtime, self, args)],
  [
    'format_map',
    (runtime, self, { positional: [mapping] }) => {
      if (!(mapping instanceof Dict)) throw failure('format_map() takes a mapping');
      const named = new Map(mapping.entries() as [string, Value][]);
      return formatBraces(runtime, self, { positional: [], named });
    },
  ],
]);

const field =
  /\{\{|\}\}|\{([^{}[!:]*(?:\[[^\]]*\][^{}[!:]*)*)(?:!([^{}:]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}|[{}]/gu;

/** Python's `str.format`. @throws JinjaError */
function formatBraces(runtime: Runtime, template: string, args: Arguments): string {
  const { budget } = runtime;
  let automatic = 0;
  const look = (path: string): Value => {
    const [, first = '', rest = ''] = /^([^.[]*)([^]*)$/.exec(path)!;
    return follow(runtime, argument(first === '' ? String(automatic++) : first, args), rest);
  };
  budget.read(template.length);
  const parts: string[] = [];
  let end = 0;
  for (const found of template.matchAll(field)) {
    budget.step();
    parts.push(template.slice(end, found.index));
    end = found.index + found[0].length;
    const [whole, path, conversion, spec = ''] = found;
    if (path === undefined) parts.push(literal(whole));
    else {
      const value = convert(look(path), conversion, runtime);
      const nested = spec.replace(/\{([^{}]*)\}/g, (_, inner: string) =>
        toText(look(inner), budget),
      );
      parts.push(formatValue(value, parseSpec(nested), budget));
    }
  }
  parts.push(template.slice(end));
  return joinText(budget, '', parts);
}

function literal(text: string): string {
  if (text.length === 2) return text[0]!;
  throw failure(
    text === '{'
      ? "Single '{' encountered in format string"
      : "Single '}' encountered in format string",
  );
}

function argument(name: string, { positional, named }: Arguments): Value {
  const isIndex = /^\d+$/.test(name);
  const value = isIndex ? positional[Number(name)] : named.get(name);
  if (value !== undefined) return value;
  throw failure(
    isIndex ? `Replacement index ${name} out of range for positional args tuple` : `'${name}'`,
  );
}

function follow(runtime: Runtime, start: Value, path: string): Value {
  let value = start;
  for (const [, attribute, item] of path.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
    if (attribute !== undefined) value = getAttribute(runtime, value, attribute);
    else value = getItem(runtime, value, /^\d+$/.test(item!) ? Number(item) : item!);
  }
  return value;
}

function convert(value: Value, conversion: string | undefined, { budget }: Runtime): Value {
  if (conversion === undefined) return value;
  if (conversion === 's') return toText(value, budget);
  if (conversion === 'r' || conversion === 'a') return toRepr(value, budget);
  throw failure(`Unknown conversion specifier ${conversion}`);
}

const directive =
  /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?([diouxXeEfFgGcrsa%])?/gu;

/** Python's `template % values`. @throws JinjaError */
export function percentFormat(runtime: Runtime, template: string, values: Value): string {
  const { budget } = runtime;
  const items = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const next = (): Value => {
    if (used < items.length) return items[used++]!;
    throw failure('not enough arguments for format string');
  };
  budget.read(template.length);
  const parts: string[] = [];
  let end = 0;
  let isMapped = false;
  for (const found of template.matchAll(directive)) {
    budget.step();
    parts.push(template.slice(end, found.index));
    end = found.index + found[0].length;
    const [, key, flags = '', width, precision, type] = found;
    if (type === undefined) throw failure('incomplete or unsupported format');
    const size = width === '*' ? String(indexOf(next())) : width;
    const digits = precision === '*' ? String(indexOf(next())) : precision;
    if (type === '%') parts.push('%');
    else {
      isMapped ||= key !== undefined;
      const value = key === undefined ? next() : mapped(values, key);
      parts.push(formatDirective(runtime, value, flags, size, digits, type));
    }
  }
  if (used < items.length && !isMapped && !(values instanceof Dict)) {
    throw failure('not all arguments converted during string formatting');
  }
  parts.push(template.slice(end));
  return joinText(budget, '', parts);
}

function mapped(values: Value, key: string): Value {
  if (!(values instanceof Dict)) throw failure('format requires a mapping');
  const value = values.get(key);
  if (value === undefined) throw failure(`'${key}'`);
  return value;
}

function formatDirective(
  { budget }: Runtime,
  value: Value,
  flags: string,
  width = '0',
  precision: string | undefined,
  type: string,
): string {
  const isText = 'sra'.includes(type);
  const spec: FormatSpec = {
    fill: flags.includes('0') && !flags.includes('-') && !isText ? '0' : ' ',
    align: flags.includes('-') ? '<' : flags.includes('0') && !isText ? '=' : '>',
    sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-',
    alternate: flags.includes('#'),
    width: Number(width),
    grouping: '',
    precision: precision === undefined ? undefined : Number(precision),
    type: type === 'i' || type === 'u' ? 'd' : type,
  };
  if (isText) {
    const text = type === 's' ? toText(value, budget) : toRepr(value, budget);
    return formatValue(text, { ...spec, type: 's' }, budget);
  }
  if (type === 'c' && typeof value === 'string')
    return formatValue(value, { ...spec, type: 's' }, budget);
  if (!isNumber(value)) {
    throw failure(`%${type} format: a real number is required, not ${typeName(value)}`);
  }
  if (!'diu'.includes(type)) return formatValue(value, spec, budget);
  const whole = value instanceof Float ? Math.trunc(toFloat(value)) : value;
  if (!isInteger(whole)) throw failure('a real number is required');
  return formatValue(whole, { ...spec, precision: undefined, type: 'd' }, budget);
}
