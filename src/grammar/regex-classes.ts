import { complement, isSurrogate, toCodePointSet } from './code-points.ts';
import type { CodePointRange } from './grammar.ts';
import type { PatternReader } from './pattern-reader.ts';
import { unicodeCategory } from './unicode-category.ts';

type Ranges = readonly CodePointRange[];

const digits: Ranges = [[0x30, 0x39]];
const wordCharacters: Ranges = toCodePointSet([
  ...digits,
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
/** ECMAScript's WhiteSpace and LineTerminator. */
const spaces: Ranges = toCodePointSet([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);

/** What `.` matches: everything but ECMAScript's line terminators. */
export const anyButLineEnds: Ranges = complement([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);

const namedClasses: Readonly<Record<string, Ranges>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: spaces,
  S: complement(spaces),
};

const controlEscapes: Readonly<Record<string, number>> = {
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
};

const categoryPattern = /\{(\w+)\}/y;
const hexPattern = /[0-9a-fA-F]{2}/y;
const unicodePattern = /\{([0-9a-fA-F]{1,8})\}|([0-9a-fA-F]{4})/y;
const lowSurrogatePattern = /\\u([dD][c-fC-F][0-9a-fA-F]{2})/y;

/**
 * Reads what follows a backslash.
 * @param inClass - Between square brackets, where `\b` is a backspace and `\-` a hyphen.
 * @returns The code points it stands for; one range of one code point for a character.
 */
export function readEscape(reader: PatternReader, inClass: boolean): Ranges {
  const start = reader.position - 1;
  const character = reader.next('the rest of an escape');
  const named = Object.hasOwn(namedClasses, character) ? namedClasses[character] : undefined;
  if (named !== undefined) return named;
  if (character === 'p' || character === 'P') return readCategory(reader, start, character);
  const codePoint = readCharacterEscape(reader, start, character, inClass);
  return [[codePoint, codePoint]];
}

function readCharacterEscape(
  reader: PatternReader,
  start: number,
  character: string,
  inClass: boolean,
): number {
  if (Object.hasOwn(controlEscapes, character)) return controlEscapes[character]!;
  if (character === 'x') {
    const hex = reader.match(hexPattern);
    if (hex !== null) return Number.parseInt(hex[0], 16);
    throw reader.error('needs two hexadecimal digits after \\x', start);
  }
  if (character === 'u') return readUnicodeEscape(reader, start);
  if (character === 'c') {
    const letter = reader.match(/[A-Za-z]/y);
    if (letter !== null) return letter[0].charCodeAt(0) % 32;
    throw reader.error('needs a letter after \\c', start);
  }
  if (character === 'b' && inClass) return 0x08;
  if (character === '0' && reader.match(/(?=\d)/y) === null) return 0;
  if (/[A-Za-z0-9]/.test(character)) throw unsupportedEscape(reader, start, character);
  return character.codePointAt(0)!;
}

function unsupportedEscape(reader: PatternReader, start: number, character: string): Error {
  if (/[1-9k]/.test(character)) {
    return reader.error(`has the backreference \\${character}, which is not regular`, start);
  }
  if (/[bB]/.test(character)) {
    return reader.error(
      `has the word boundary \\${character}, which is not supported; spell out what may stand there`,
      start,
    );
  }
  return reader.error(`has the unknown escape \\${character}`, start);
}

function readUnicodeEscape(reader: PatternReader, start: number): number {
  const match = reader.match(unicodePattern);
  if (match === null) throw reader.error('needs \\uXXXX or \\u{X…} with hexadecimal digits', start);
  const codePoint = Number.parseInt(match[1] ?? match[2]!, 16);
  if (codePoint > 0x10ffff) throw reader.error('has an escape beyond U+10FFFF', start);
  if (!isSurrogate(codePoint)) return codePoint;
  const low =
    codePoint < 0xdc00 && match[2] !== undefined ? reader.match(lowSurrogatePattern) : null;
  if (low === null) throw reader.error('has half a surrogate pair', start);
  return 0x10000 + ((codePoint - 0xd800) << 10) + (Number.parseInt(low[1]!, 16) - 0xdc00);
}

function readCategory(reader: PatternReader, start: number, letter: 'p' | 'P'): Ranges {
  const match = reader.match(categoryPattern);
  const ranges = match === null ? undefined : unicodeCategory(match[1]!);
  if (ranges === undefined) {
    throw reader.error(
      `has a \\${letter} without one of Unicode's general categories in braces, such as \\p{L} or ` +
        '\\p{Lu}; other properties are not supported',
      start,
    );
  }
  return letter === 'p' ? ranges : complement(ranges);
}

/** Reads a class after its opening bracket, to behind the closing one. */
export function readClass(reader: PatternReader): CodePointRange[] {
  const start = reader.position - 1;
  const negated = reader.take('^');
  const ranges: CodePointRange[] = [];
  while (!reader.take(']')) {
    if (reader.atEnd) throw reader.error('has a [ that is never closed', start);
    ranges.push(...readClassRange(reader));
  }
  return negated ? complement(ranges) : toCodePointSet(ranges);
}

function readClassRange(reader: PatternReader): Ranges {
  const start = reader.position;
  const first = readClassAtom(reader);
  if (!reader.text.startsWith('-', reader.position) || reader.text[reader.position + 1] === ']') {
    return first;
  }
  reader.position++;
  const last = readClassAtom(reader);
  const [from, to] = [singleCodePoint(first), singleCodePoint(last)];
  if (from === undefined || to === undefined) {
    throw reader.error('has a range whose end is a class of characters', start);
  }
  if (from > to) throw reader.error('has a range that runs backwards', start);
  return [[from, to]];
}

function readClassAtom(reader: PatternReader): Ranges {
  const character = reader.next('the end of a class');
  if (character === '\\') return readEscape(reader, true);
  const codePoint = character.codePointAt(0)!;
  return [[codePoint, codePoint]];
}

function singleCodePoint(ranges: Ranges): number | undefined {
  const [first] = ranges;
  return ranges.length === 1 && first![0] === first![1] ? first![0] : undefined;
}
