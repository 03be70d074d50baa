import type { PythonMethod } from './runtime.ts';
import { indexOf, take, stringOf } from './arguments.ts';
import type { Budget } from './budget.ts';
import { characterCount, characters, spaceClass } from './characters.ts';
import { failure } from './error.ts';
import type { Value } from './values.ts';

type StringMethod = PythonMethod<string>;

export const caseMethods: readonly (readonly [string, StringMethod])[] = [
  ['upper', mapped((text) => text.toUpperCase())],
  ['lower', mapped((text) => text.toLowerCase())],
  ['casefold', mapped((text) => text.toLowerCase().replaceAll('ß', 'ss'))],
  ['capitalize', mapped(capitalize)],
  ['title', mapped(title)],
  ['swapcase', mapped((text) => text.replace(/\p{L}/gu, swapCase))],
  ['isalpha', all(/^\p{L}+$/u)],
  ['isdigit', all(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨]+$/u)],
  ['isdecimal', all(/^\p{Nd}+$/u)],
  ['isnumeric', all(/^\p{N}+$/u)],
  ['isalnum', all(/^[\p{L}\p{N}]+$/u)],
  ['isspace', all(new RegExp(`^[${spaceClass}]+$`, 'u'))],
  ['isascii', all(/^[\0-\x7f]*$/)],
  ['isidentifier', all(/^[\p{XID_Start}_]\p{XID_Continue}*$/u)],
  ['isprintable', all(/^[^\p{C}\p{Zl}\p{Zp}\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]*$/u)],
  ['islower', (runtime, self) => isLower(self, runtime.budget)],
  ['isupper', (runtime, self) => isUpper(self, runtime.budget)],
  [
    'istitle',
    (runtime, self) => {
      runtime.budget.text(self.length);
      return /\p{L}/u.test(self) && title(self) === self;
    },
  ],
  ['center', pad('center', (missing, width) => (missing >> 1) + (missing & width & 1))],
  ['ljust', pad('ljust', () => 0)],
  ['rjust', pad('rjust', (missing) => missing)],
  [
    'zfill',
    (runtime, self, args) => {
      const [width] = take('zfill', args, ['width'], 1);
      const missing = indexOf(width!) - characterCount(self, runtime.budget);
      if (missing <= 0) return self;
      runtime.budget.text(self.length + missing);
      const sign = /^[-+]/.exec(self)?.[0] ?? '';
      return sign + '0'.repeat(missing) + self.slice(sign.length);
    },
  ],
];

function mapped(map: (text: string) => string): StringMethod {
  return (runtime, self) => {
    // Some characters become three.
    runtime.budget.text(self.length * 2);
    return map(self);
  };
}

function all(pattern: RegExp): StringMethod {
  return (runtime, self) => {
    runtime.budget.read(self.length);
    return pattern.test(self);
  };
}

export function isLower(text: string, budget: Budget): boolean {
  budget.read(text.length);
  return /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}

export function isUpper(text: string, budget: Budget): boolean {
  budget.read(text.length);
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

/** Python's `capitalize`: the first character in upper case, the rest in lower case. */
export function capitalize(text: string): string {
  if (text === '') return '';
  const first = String.fromCodePoint(text.codePointAt(0)!);
  return titleCase(first) + text.slice(first.length).toLowerCase();
}

function title(text: string): string {
  return text.replace(/[\p{L}\p{Lowercase}]+/gu, capitalize);
}

/** Of one character: `ß` begins a title as `Ss`. */
function titleCase(character: string): string {
  const [first = '', ...rest] = Array.from(character.toUpperCase());
  return first + rest.join('').toLowerCase();
}

function swapCase(letter: string): string {
  const upper = letter.toUpperCase();
  return upper === letter ? letter.toLowerCase() : upper;
}

/** `before` gives how much of the missing width goes in front. */
function pad(name: string, before: (missing: number, width: number) => number): StringMethod {
  return ({ budget }, self, args) => {
    const [width, fill] = take(name, args, ['width', 'fillchar'], 1);
    const character = fillOf(budget, name, fill);
    const wanted = indexOf(width!);
    const missing = wanted - characterCount(self, budget);
    if (missing <= 0) return self;
    budget.text(self.length + missing * character.length);
    const front = before(missing, wanted);
    return character.repeat(front) + self + character.repeat(missing - front);
  };
}

function fillOf(budget: Budget, name: string, fill: Value | undefined): string {
  if (fill === undefined) return ' ';
  const text = stringOf(fill, `${name}() argument 2`);
  if (characters(text, budget).length === 1) return text;
  throw failure('The fill character must be exactly one character long');
}
