import { indexOf, isNumber, take, stringOf } from './arguments.ts';
import { characterCount, characters, spaceClass } from './characters.ts';
import { failure } from './error.ts';
import { fixed } from './format-spec.ts';
import { indentOf, toJson } from './json.ts';
import { itemsOf } from './methods.ts';
import { toFloat } from './numbers.ts';
import { isTrue, toList } from './protocols.ts';
import type { Filter, Runtime } from './runtime.ts';
import { toText } from './show.ts';
import { capitalize } from './string-case.ts';
import { percentFormat } from './string-formatting.ts';
import { joinText, replace, stringMethods, strip } from './string-methods.ts';
import { Dict, Tuple, type Arguments, type Value } from './values.ts';

type NamedFilter = readonly [string, Filter];

export const textFilters: readonly NamedFilter[] = [
  ['string', (runtime, value) => toText(value, runtime.budget)],
  ...['upper', 'lower', 'capitalize', 'center'].map((name) => [name, method(name)] as const),
  ['title', title],
  [
    'trim',
    (runtime, value, args) => {
      const [chars = null] = take('trim', args, ['chars']);
      return strip(runtime, toText(value, runtime.budget), chars, true, true);
    },
  ],
  [
    'replace',
    (runtime, value, args) => {
      const [old, fresh, count] = take('replace', args, ['old', 'new', 'count'], 2);
      const text = (given: Value): string => toText(given, runtime.budget);
      return replace(runtime, text(value), text(old!), text(fresh!), count);
    },
  ],
  [
    'format',
    (runtime, value, { positional, named }) =>
      percentFormat(
        runtime,
        toText(value, runtime.budget),
        named.size > 0 ? new Dict(named) : new Tuple(positional),
      ),
  ],
  ['indent', indent],
  ['truncate', truncate],
  [
    'wordcount',
    (runtime, value) => {
      const text = toText(value, runtime.budget);
      runtime.budget.read(text.length);
      return text.match(/[\p{L}\p{N}_\p{M}]+/gu)?.length ?? 0;
    },
  ],
  ['escape', escapeHtml],
  ['e', escapeHtml],
  ['forceescape', escapeHtml],
  ['safe', (runtime, value) => toText(value, runtime.budget)],
  ['striptags', stripTags],
  ['urlencode', urlEncode],
  ['filesizeformat', fileSize],
  ['tojson', jsonFilter],
];

/** The method of the value's text, in its upper case and the like. */
function method(name: string): Filter {
  const apply = stringMethods.get(name)!;
  return (runtime, value, args) => {
    const given = name === 'center' && args.positional.length + args.named.size === 0;
    return apply(
      runtime,
      toText(value, runtime.budget),
      given ? { ...args, positional: [80] } : args,
    );
  };
}

const wordStart = new RegExp(`([-${spaceClass}({[<]+)`, 'u');

/** Unlike the method `title`, words begin after white space and opening brackets alone. */
function title(runtime: Runtime, value: Value): string {
  const text = toText(value, runtime.budget);
  runtime.budget.text(text.length * 2);
  const words = text.split(wordStart);
  runtime.budget.cells(words.length);
  return words.map(capitalize).join('');
}

function indent(runtime: Runtime, value: Value, args: Arguments): string {
  const { budget } = runtime;
  const [width = 4, first = false, blank = false] = take('indent', args, [
    'width',
    'first',
    'blank',
  ]);
  if (width === null) throw failure("can't multiply sequence by non-int of type 'NoneType'");
  const indention = indentOf(width, budget)!;
  const splitLines = stringMethods.get('splitlines')!;
  const text = `${stringOf(value, 'what is indented')}\n`;
  const lines = splitLines(runtime, text, { positional: [], named: new Map() }) as string[];
  budget.text(text.length + lines.length * indention.length);
  const rest = lines
    .slice(1)
    .map((line) => (line !== '' || isTrue(blank) ? indention + line : line));
  const start = isTrue(first) ? indention + lines[0]! : lines[0]!;
  return joinText(budget, '\n', [start, ...rest]);
}

/** What a text may be longer by without being cut. */
const defaultLeeway = 5;

function truncate({ budget }: Runtime, value: Value, args: Arguments): string {
  const [length = 255, killWords = false, end = '...', leeway = null] = take('truncate', args, [
    'length',
    'killwords',
    'end',
    'leeway',
  ]);
  const text = stringOf(value, 'what is truncated');
  const ending = stringOf(end, 'the end');
  const most = indexOf(length);
  const beyond = leeway === null ? defaultLeeway : indexOf(leeway);
  if (characterCount(text, budget) <= most + beyond) return text;
  const kept = Math.max(0, most - characterCount(ending, budget));
  const start = characters(text, budget).slice(0, kept).join('');
  const lastWord = start.lastIndexOf(' ');
  return (isTrue(killWords) || lastWord < 0 ? start : start.slice(0, lastWord)) + ending;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

function escapeHtml({ budget }: Runtime, value: Value): string {
  const text = toText(value, budget);
  budget.text(text.length * 5);
  return text.replace(/[&<>'"]/g, (character) => entities[character]!);
}

function stripTags({ budget }: Runtime, value: Value): string {
  const text = toText(value, budget);
  budget.read(text.length);
  return outside(outside(text, '<!--', '-->'), '<', '>')
    .split(new RegExp(`[${spaceClass}]+`, 'u'))
    .filter((word) => word !== '')
    .join(' ');
}

/** The text outside of what begins with `opening` and ends with `closing`, in linear time. */
function outside(text: string, opening: string, closing: string): string {
  const parts: string[] = [];
  let end = 0;
  for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, end)) {
    const stop = text.indexOf(closing, at);
    if (stop < 0) break;
    parts.push(text.slice(end, at));
    end = stop + closing.length;
  }
  return parts.join('') + text.slice(end);
}

function urlEncode(runtime: Runtime, value: Value): string {
  const { budget } = runtime;
  const quote = (part: Value, kept: RegExp): string => {
    const text = toText(part, budget);
    budget.text(text.length * 9);
    return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
      .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(kept, (found) => (found === '%2F' ? '/' : '+'));
  };
  if (typeof value === 'string' || isNumber(value) || value === null) return quote(value, /%2F/g);
  const pairs = value instanceof Dict ? itemsOf(value, runtime) : toList(value, runtime);
  const parts = pairs.map((pair) => {
    const [key, item] = toList(pair, runtime);
    return `${quote(key!, /%20/g)}=${quote(item!, /%20/g)}`;
  });
  return joinText(budget, '&', parts);
}

function fileSize(_: Runtime, value: Value, args: Arguments): string {
  const [binary = false] = take('filesizeformat', args, ['binary']);
  const bytes =
    typeof value === 'string' ? Number(value) : isNumber(value) ? toFloat(value) : Number.NaN;
  if (Number.isNaN(bytes)) throw failure('filesizeformat takes a number');
  const base = isTrue(binary) ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const prefixes = isTrue(binary)
    ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']
    : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  const found = prefixes.findIndex((_prefix, i) => bytes < base ** (i + 2));
  const at = found < 0 ? prefixes.length - 1 : found;
  return `${fixed((base * bytes) / base ** (at + 2), 1)} ${prefixes[at]}`;
}

function jsonFilter({ budget }: Runtime, value: Value, args: Arguments): string {
  const [asciiOnly = false, indention = null, separators = null, sortKeys = false] = take(
    'tojson',
    args,
    ['ensure_ascii', 'indent', 'separators', 'sort_keys'],
  );
  const level = indentOf(indention, budget);
  const [item = level === undefined ? ', ' : ',', key = ': '] =
    separators instanceof Tuple ? separators.items : Array.isArray(separators) ? separators : [];
  return toJson(
    value,
    {
      indent: level,
      itemSeparator: stringOf(item as Value, 'the separator of items'),
      keySeparator: stringOf(key as Value, 'the separator of keys'),
      sortKeys: isTrue(sortKeys),
      asciiOnly: isTrue(asciiOnly),
    },
    budget,
  );
}
