import { indexOf, take, stringOf } from './arguments.ts';
import type { Budget } from './budget.ts';
import {
  characterCount,
  characters,
  isSpace,
  trimEnd,
  trimStart,
  unitOffset,
} from './characters.ts';
import { failure } from './error.ts';
import { toList } from './protocols.ts';
import type { PythonMethod, Runtime } from './runtime.ts';
import { caseMethods } from './string-case.ts';
import { splittingMethods } from './string-splitting.ts';
import { Tuple, typeName, type Arguments, type Value } from './values.ts';

type StringMethod = PythonMethod<string>;

/** Python's methods of strings but those that format. */
export const stringMethods: ReadonlyMap<string, StringMethod> = new Map<string, StringMethod>([
  ...caseMethods,
  ...splittingMethods,
  ['strip', (runtime, self, args) => strip(runtime, self, charsOf('strip', args), true, true)],
  ['lstrip', (runtime, self, args) => strip(runtime, self, charsOf('lstrip', args), true, false)],
  ['rstrip', (runtime, self, args) => strip(runtime, self, charsOf('rstrip', args), false, true)],
  ['startswith', affix('startswith', (text, part) => text.startsWith(part))],
  ['endswith', affix('endswith', (text, part) => text.endsWith(part))],
  [
    'removeprefix',
    remove('removeprefix', (text, part) => text.startsWith(part) && text.slice(part.length)),
  ],
  [
    'removesuffix',
    remove(
      'removesuffix',
      (text, part) => part !== '' && text.endsWith(part) && text.slice(0, -part.length),
    ),
  ],
  ['find', search('find', false)],
  ['rfind', search('rfind', true)],
  ['index', orFail(search('index', false))],
  ['rindex', orFail(search('rindex', true))],
  [
    'count',
    (runtime, self, args) => {
      const { text, part } = searched('count', runtime, self, args);
      if (part === '') return characterCount(text, runtime.budget) + 1;
      runtime.budget.cells(text.length / part.length);
      return text.split(part).length - 1;
    },
  ],
  [
    'replace',
    (runtime, self, args) => {
      const [old, fresh, count] = take('replace', args, ['old', 'new', 'count'], 2);
      const replacement = stringOf(fresh, 'replace() argument 2');
      return replace(runtime, self, stringOf(old, 'replace() argument 1'), replacement, count);
    },
  ],
  [
    'join',
    (runtime, self, args) => {
      const [items] = take('join', args, ['iterable'], 1);
      const parts = toList(items!, runtime);
      for (const [i, part] of parts.entries()) {
        if (typeof part === 'string') continue;
        throw failure(`sequence item ${i}: expected str instance, ${typeName(part)} found`);
      }
      return joinText(runtime.budget, self, parts as readonly string[]);
    },
  ],
]);

function charsOf(name: string, args: Arguments): Value {
  return take(name, args, ['chars'])[0] ?? null;
}

/** Python's `strip(chars)`, on the sides asked for. @throws JinjaError */
export function strip(
  { budget }: Runtime,
  text: string,
  chars: Value,
  atStart: boolean,
  atEnd: boolean,
): string {
  budget.read(text.length);
  let belongs = isSpace;
  if (chars !== null) {
    const set = new Set(characters(stringOf(chars, 'strip arg'), budget));
    belongs = (character) => set.has(character);
  }
  const rest = atStart ? trimStart(text, belongs) : text;
  return atEnd ? trimEnd(rest, belongs) : rest;
}

/** At most `count` replacements; all of them where it is `None`, missing or negative. @throws JinjaError */
export function replace(
  { budget }: Runtime,
  text: string,
  old: string,
  replacement: string,
  count: Value | undefined,
): string {
  const limit = count === undefined || count === null ? -1 : indexOf(count);
  budget.read(text.length);
  const pieces = old === '' ? ['', ...characters(text, budget), ''] : text.split(old);
  budget.cells(pieces.length);
  if (limit < 0 || limit >= pieces.length - 1) return joinText(budget, replacement, pieces);
  const rest = pieces.slice(limit).join(old);
  return joinText(budget, replacement, [...pieces.slice(0, limit), rest]);
}

export function joinText(budget: Budget, separator: string, parts: readonly string[]): string {
  const gaps = Math.max(0, parts.length - 1) * separator.length;
  budget.text(parts.reduce((sum, part) => sum + part.length, gaps));
  budget.step(parts.length >> 4);
  return parts.join(separator);
}

/** The part of `self` between the places given, and where it begins, in characters and in units. */
function searched(name: string, { budget }: Runtime, self: string, args: Arguments) {
  const [part, start, end] = take(name, args, ['sub', 'start', 'end'], 1);
  const wanted = stringOf(part, `${name}() argument 1`);
  budget.read(self.length);
  if ((start ?? null) === null && (end ?? null) === null) {
    return { text: self, part: wanted, before: 0, isWithin: true };
  }
  const length = characterCount(self, budget);
  const place = (value: Value | undefined, otherwise: number): number => {
    if (value === undefined || value === null) return otherwise;
    const index = indexOf(value);
    return Math.max(0, Math.min(length, index < 0 ? index + length : index));
  };
  const before = place(start, 0);
  const text = self.slice(
    unitOffset(self, before, budget),
    unitOffset(self, Math.max(before, place(end, length)), budget),
  );
  const isWithin = start === undefined || start === null || indexOf(start) <= length;
  return { text, part: wanted, before, isWithin };
}

/** In characters, `-1` where it is not found. */
function search(name: string, isLast: boolean): StringMethod {
  return (runtime, self, args) => {
    const { text, part, before, isWithin } = searched(name, runtime, self, args);
    if (!isWithin) return -1;
    const at = isLast ? text.lastIndexOf(part) : text.indexOf(part);
    return at < 0 ? -1 : before + characterCount(text.slice(0, at), runtime.budget);
  };
}

function orFail(find: StringMethod): StringMethod {
  return (runtime, self, args) => {
    const at = find(runtime, self, args);
    if (at === -1) throw failure('substring not found');
    return at;
  };
}

/** `startswith` and `endswith`: of one string, or of any of a tuple. */
function affix(name: string, has: (text: string, part: string) => boolean): StringMethod {
  return (runtime, self, args) => {
    const [wanted, ...range] = args.positional;
    const place: Arguments = { positional: ['', ...range], named: args.named };
    const { text, isWithin } = searched(name, runtime, self, place);
    const parts = wanted instanceof Tuple ? wanted.items : [wanted];
    return (
      isWithin &&
      parts.some((part) => {
        if (typeof part === 'string') return has(text, part);
        throw failure(
          `${name} first arg must be str or a tuple of str, not ${typeName(part ?? null)}`,
        );
      })
    );
  };
}

function remove(
  name: string,
  without: (text: string, part: string) => string | false,
): StringMethod {
  return (_, self, args) => {
    const [part] = take(name, args, ['affix'], 1);
    const rest = without(self, stringOf(part, `${name}() argument`));
    return rest === false ? self : rest;
  };
}
