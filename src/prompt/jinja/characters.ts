import type { Budget } from './budget.ts';

/** What Python's `str.isspace` and `\s` accept, as the inside of a class of a regular expression. */
export const spaceClass =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const spaceCharacter = new RegExp(`[${spaceClass}]`, 'u');
const surrogate = /[\ud800-\udfff]/;

export function isSpace(character: string): boolean {
  return spaceCharacter.test(character);
}

/** Whether characters and UTF-16 units are the same thing in `text`. */
export function isPlain(text: string, budget: Budget): boolean {
  budget.read(text.length);
  return !surrogate.test(text);
}

/** Code points, as Python counts characters. */
export function characters(text: string, budget: Budget): string[] {
  budget.read(text.length);
  budget.cells(text.length);
  return Array.from(text);
}

export function characterCount(text: string, budget: Budget): number {
  if (isPlain(text, budget)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The UTF-16 offset of the `index`-th character; the length where there is none. */
export function unitOffset(text: string, index: number, budget: Budget): number {
  if (isPlain(text, budget)) return Math.min(index, text.length);
  let offset = 0;
  for (let left = index; left > 0 && offset < text.length; left--) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return offset;
}

export function trimStart(text: string, belongs: (character: string) => boolean): string {
  let start = 0;
  while (start < text.length) {
    const character = String.fromCodePoint(text.codePointAt(start)!);
    if (!belongs(character)) break;
    start += character.length;
  }
  return text.slice(start);
}

export function trimEnd(text: string, belongs: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0) {
    const wide = end > 1 && text.codePointAt(end - 2)! > 0xffff;
    const start = wide ? end - 2 : end - 1;
    if (!belongs(text.slice(start, end))) break;
    end = start;
  }
  return text.slice(0, end);
}

/** Python's order of strings: by code points, not by UTF-16 units. */
export function compareText(left: string, right: string, budget: Budget): number {
  const shorter = Math.min(left.length, right.length);
  budget.read(shorter);
  if (left === right) return 0;
  for (let i = 0; i < shorter; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a === b) continue;
    // A surrogate stands for a character above all others.
    const wideA = a >= 0xd800 && a < 0xe000;
    const wideB = b >= 0xd800 && b < 0xe000;
    if (wideA !== wideB) return wideA ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}
