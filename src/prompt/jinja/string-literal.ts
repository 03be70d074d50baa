import { JinjaError } from './error.ts';

const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(\n)|([^]))/gu;
const simple: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What a string literal between its quotes stands for: Python's escapes. @throws JinjaError */
export function unescapeString(text: string, line: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    escape,
    (
      whole: string,
      byte?: string,
      short?: string,
      long?: string,
      octal?: string,
      newline?: string,
      letter?: string,
    ) => {
      const hex = byte ?? short ?? long;
      if (hex !== undefined) return fromCode(Number.parseInt(hex, 16), line);
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (newline !== undefined) return '';
      if (letter === 'x' || letter === 'u' || letter === 'U') {
        throw new JinjaError('syntax', `truncated \\${letter} escape`, line);
      }
      // Names of characters are a table of their own: no published template has any.
      if (letter === 'N') throw new JinjaError('syntax', '\\N escapes are not supported', line);
      return simple[letter!] ?? whole;
    },
  );
}

function fromCode(code: number, line: number): string {
  if (code > 0x10ffff) throw new JinjaError('syntax', 'illegal Unicode character', line);
  return String.fromCodePoint(code);
}
