import { indexOf, take, stringOf } from './arguments.ts';
import { isSpace, spaceClass, trimEnd, trimStart } from './characters.ts';
import { failure } from './error.ts';
import { isTrue } from './protocols.ts';
import type { PythonMethod, Runtime } from './runtime.ts';
import { Tuple, type Arguments, type Value } from './values.ts';

type StringMethod = PythonMethod<string>;

export const splittingMethods: readonly (readonly [string, StringMethod])[] = [
  ['split', (runtime, self, args) => split(runtime, self, args, false)],
  ['rsplit', (runtime, self, args) => split(runtime, self, args, true)],
  ['splitlines', splitLines],
  ['partition', partition('partition', (text, part) => text.indexOf(part), false)],
  ['rpartition', partition('rpartition', (text, part) => text.lastIndexOf(part), true)],
  ['expandtabs', expandTabs],
];

function split({ budget }: Runtime, text: string, args: Arguments, fromEnd: boolean): Value[] {
  const [separator = null, most] = take('split', args, ['sep', 'maxsplit']);
  const limit = most === undefined ? -1 : indexOf(most);
  budget.read(text.length);
  if (separator === null) {
    const words = splitWords(text, limit < 0 ? Infinity : limit, fromEnd);
    budget.cells(words.length);
    return words;
  }
  const at = stringOf(separator, 'split() separator');
  if (at === '') throw failure('empty separator');
  const pieces = text.split(at);
  budget.cells(pieces.length);
  if (limit < 0 || limit >= pieces.length - 1) return pieces;
  // What was split too often goes together again: at the end, or at the start.
  if (!fromEnd) return [...pieces.slice(0, limit), pieces.slice(limit).join(at)];
  const kept = pieces.length - limit;
  return [pieces.slice(0, kept).join(at), ...pieces.slice(kept)];
}

const gap = new RegExp(`[${spaceClass}]+`, 'gu');
const nextGap = new RegExp(`[${spaceClass}]`, 'u');

/** Pieces between runs of white space, at most `limit` splits. */
function splitWords(text: string, limit: number, fromEnd: boolean): string[] {
  const trimmed = trimEnd(trimStart(text, isSpace), isSpace);
  if (trimmed === '') return [];
  if (limit === Infinity) return trimmed.split(gap);
  if (fromEnd) return splitLastWords(text, limit);
  const words: string[] = [];
  let rest = trimStart(text, isSpace);
  while (rest !== '' && words.length < limit) {
    const end = rest.search(nextGap);
    if (end < 0) break;
    words.push(rest.slice(0, end));
    rest = trimStart(rest.slice(end), isSpace);
  }
  // Python leaves what it no longer splits as it is.
  return rest === '' ? words : [...words, rest];
}

function splitLastWords(text: string, limit: number): string[] {
  const words: string[] = [];
  let rest = trimEnd(text, isSpace);
  while (rest !== '' && words.length < limit) {
    const word = rest.slice(lastSpace(rest) + 1);
    words.push(word);
    rest = trimEnd(rest.slice(0, rest.length - word.length), isSpace);
  }
  if (rest !== '') words.push(rest);
  return words.toReversed();
}

function lastSpace(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && !isSpace(text[at]!)) at--;
  return at;
}

const breaks = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const wholeLine = new RegExp(`[^${breaks}]*(?:\\r\\n|[${breaks}]|$)`, 'g');
const lineEnd = new RegExp(`(?:\\r\\n|[${breaks}])$`);

function splitLines({ budget }: Runtime, text: string, args: Arguments): Value[] {
  const [keep] = take('splitlines', args, ['keepends']);
  budget.read(text.length);
  const lines = text.match(wholeLine) ?? [];
  budget.cells(lines.length);
  // The pattern also finds the nothing at the end.
  if (lines.at(-1) === '') lines.pop();
  if (keep !== undefined && isTrue(keep)) return lines;
  return lines.map((line) => line.replace(lineEnd, ''));
}

function partition(
  name: string,
  find: (text: string, part: string) => number,
  isLast: boolean,
): StringMethod {
  return ({ budget }, self, args) => {
    const [separator] = take(name, args, ['sep'], 1);
    const part = stringOf(separator, `${name}() argument`);
    if (part === '') throw failure('empty separator');
    budget.read(self.length);
    const at = find(self, part);
    if (at < 0) return new Tuple(isLast ? ['', '', self] : [self, '', '']);
    return new Tuple([self.slice(0, at), part, self.slice(at + part.length)]);
  };
}

function expandTabs({ budget }: Runtime, text: string, args: Arguments): string {
  const [size = 8] = take('expandtabs', args, ['tabsize']);
  const width = Math.max(0, indexOf(size));
  budget.read(text.length);
  budget.text(text.length + (text.split('\t').length - 1) * width);
  let column = 0;
  return text.replace(/[^]/gu, (character) => {
    if (character === '\t') {
      const spaces = width === 0 ? 0 : width - (column % width);
      column += spaces;
      return ' '.repeat(spaces);
    }
    column = character === '\n' || character === '\r' ? 0 : column + 1;
    return character;
  });
}
