import { indexOf, isInteger } from './arguments.ts';
import type { Budget } from './budget.ts';
import { failure } from './error.ts';
import { floatText } from './numbers.ts';
import { Dict, Float, isList, Tuple, typeName, type Value } from './values.ts';

export interface JsonStyle {
  /** What one level is indented by; `undefined` for one line. */
  readonly indent: string | undefined;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortKeys: boolean;
  readonly asciiOnly: boolean;
}

/** Python's `json.dumps`. @throws JinjaError for what JSON has no form for */
export function toJson(value: Value, style: JsonStyle, budget: Budget): string {
  const parts: string[] = [];
  let length = 0;
  const put = (text: string): void => {
    length += text.length;
    budget.checkLength(length);
    budget.text(text.length);
    budget.step();
    parts.push(text);
  };
  const lineBreak = (depth: number): void => {
    if (style.indent === undefined) return;
    budget.checkLength(length + style.indent.length * depth);
    put(`\n${style.indent.repeat(depth)}`);
  };
  const writeAll = <T>(
    [open, close]: string,
    items: readonly T[],
    depth: number,
    write: (item: T) => void,
  ): void => {
    put(open!);
    for (const [i, item] of items.entries()) {
      if (i > 0) put(style.itemSeparator);
      lineBreak(depth + 1);
      write(item);
    }
    if (items.length > 0) lineBreak(depth);
    put(close!);
  };
  const write = (item: Value, depth: number): void => {
    if (isList(item)) writeAll('[]', item, depth, (inner) => write(inner, depth + 1));
    else if (item instanceof Tuple) {
      writeAll('[]', item.items, depth, (inner) => write(inner, depth + 1));
    } else if (item instanceof Dict) {
      writeAll('{}', entriesOf(item, style.sortKeys), depth, ([key, inner]) => {
        put(quoteJson(key, style.asciiOnly, budget));
        put(style.keySeparator);
        write(inner, depth + 1);
      });
    } else put(simpleJson(item, style.asciiOnly, budget));
  };
  write(value, 0);
  return parts.join('');
}

function entriesOf(dict: Dict, sortKeys: boolean): (readonly [string, Value])[] {
  const entries = dict.entries().map(([key, value]) => [keyText(key), value] as const);
  return sortKeys ? entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) : entries;
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  const text = plainJson(key);
  if (text === undefined) {
    throw failure(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
  }
  return text;
}

function plainJson(value: Value): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (isInteger(value)) return String(value);
  if (!(value instanceof Float)) return undefined;
  if (Number.isNaN(value.value)) return 'NaN';
  if (Number.isFinite(value.value)) return floatText(value.value);
  return value.value < 0 ? '-Infinity' : 'Infinity';
}

function simpleJson(value: Value, asciiOnly: boolean, budget: Budget): string {
  const text = typeof value === 'string' ? quoteJson(value, asciiOnly, budget) : plainJson(value);
  if (text !== undefined) return text;
  throw failure(`Object of type ${typeName(value)} is not JSON serializable`);
}

const escaped = /["\\\p{Cc}]/gu;
const notAscii = /[\x80-\uffff]/g;
const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

/** Not `JSON.stringify`, which escapes lone surrogates. */
function quoteJson(text: string, asciiOnly: boolean, budget: Budget): string {
  budget.text(text.length + 2);
  const quoted = text.replace(escaped, (unit) =>
    unit < ' ' ? (short[unit] ?? unicodeEscape(unit)) : (short[unit] ?? unit),
  );
  return `"${asciiOnly ? quoted.replace(notAscii, unicodeEscape) : quoted}"`;
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `indent` as `json.dumps` takes it: spaces to count, or the text itself. @throws JinjaError */
export function indentOf(value: Value | undefined, budget: Budget): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const count = Math.max(0, indexOf(value));
  budget.text(count);
  return ' '.repeat(count);
}
