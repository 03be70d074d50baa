import { isSpace, spaceClass, trimEnd } from './characters.ts';
import { JinjaError } from './error.ts';
import { unescapeString } from './string-literal.ts';

/** An operator's type is its spelling. */
export interface Token {
  readonly type: string;
  readonly value: string;
  readonly line: number;
}

type Tag = 'variable' | 'block' | 'comment';

const opening = /\{[%{#]/g;
const rawBegin = new RegExp(
  `\\{%[-+]?[${spaceClass}]*raw[${spaceClass}]*(?:-%\\}[${spaceClass}]*|%\\})`,
  'uy',
);
const rawEnd = new RegExp(
  `\\{%([-+]?)[${spaceClass}]*endraw[${spaceClass}]*(?:\\+%\\}|-%\\}[${spaceClass}]*|%\\}\\n?)`,
  'ug',
);
const commentEnd = new RegExp(`\\+#\\}|-#\\}[${spaceClass}]*|#\\}\\n?`, 'ug');
const tagEnds = {
  block: new RegExp(`\\+%\\}|-%\\}[${spaceClass}]*|%\\}\\n?`, 'uy'),
  variable: new RegExp(`-\\}\\}[${spaceClass}]*|\\}\\}`, 'uy'),
};
const inside = {
  space: new RegExp(`[${spaceClass}]+`, 'uy'),
  float: /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iuy,
  integer: /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iuy,
  name: /[\p{XID_Continue}]+/uy,
  string: /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/uy,
  operator: /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}>=<.:|,;]/uy,
};
const identifier = /^[\p{XID_Start}_]/u;
const tags: Readonly<Record<string, Tag>> = { '{': 'variable', '%': 'block', '#': 'comment' };
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * The template's tokens, ending with one of type `eof`, with `trim_blocks` and `lstrip_blocks` as
 * transformers sets them. @throws JinjaError
 */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#data();
    this.#push('eof', '');
    return this.#tokens;
  }

  /** The text up to the next tag, and that tag. */
  #data(): void {
    opening.lastIndex = this.#at;
    const found = opening.exec(this.#source);
    const text = this.#source.slice(this.#at, found?.index ?? this.#source.length);
    if (found === null) {
      this.#text(text, text);
      return;
    }
    const tag = tags[found[0][1]!]!;
    const sign = this.#source[found.index + 2] ?? '';
    this.#text(this.#before(text, sign, tag !== 'variable'), text);
    const raw = this.#match(rawBegin);
    if (raw !== undefined) return this.#raw();
    this.#at += sign === '-' || sign === '+' ? 3 : 2;
    if (tag === 'comment') return this.#comment();
    return this.#tag(tag);
  }

  /** What of the text in front of a tag remains. */
  #before(text: string, sign: string, isBlock: boolean): string {
    if (sign === '-') return trimEnd(text, isSpace);
    if (sign === '+' || !isBlock) return text;
    const start = text.lastIndexOf('\n') + 1;
    const lineStarts = this.#at === 0 || this.#source[this.#at - 1] === '\n';
    if (start === 0 && !lineStarts) return text;
    return Array.from(text.slice(start)).every(isSpace) ? text.slice(0, start) : text;
  }

  #text(kept: string, whole: string): void {
    if (kept !== '') this.#push('data', kept);
    this.#advance(whole);
  }

  #comment(): void {
    commentEnd.lastIndex = this.#at;
    const found = commentEnd.exec(this.#source);
    if (found === null) throw this.#error('Missing end of comment tag');
    this.#advance(this.#source.slice(this.#at, commentEnd.lastIndex));
  }

  #raw(): void {
    rawEnd.lastIndex = this.#at;
    const found = rawEnd.exec(this.#source);
    if (found === null) throw this.#error('Missing end of raw directive');
    const text = this.#source.slice(this.#at, found.index);
    this.#text(this.#before(text, found[1]!, true), text);
    this.#advance(found[0]);
  }

  #tag(tag: 'variable' | 'block'): void {
    this.#push(`${tag} begin`, '');
    const brackets: string[] = [];
    while (this.#at < this.#source.length) {
      if (brackets.length === 0) {
        const end = this.#peek(tagEnds[tag]);
        if (end !== undefined) {
          this.#push(`${tag} end`, end);
          this.#advance(end);
          return;
        }
      }
      this.#token(brackets);
    }
    // An end of the template inside a tag is the parser's to report.
  }

  #token(brackets: string[]): void {
    if (this.#match(inside.space) !== undefined) return;
    const line = this.#line;
    for (const type of ['float', 'integer', 'name', 'string'] as const) {
      const text = this.#match(inside[type]);
      if (text === undefined) continue;
      this.#tokens.push({ type, value: this.#valueOf(type, text, line), line });
      return;
    }
    const operator = this.#match(inside.operator);
    if (operator === undefined) {
      const character = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
      throw this.#error(`unexpected char '${character}' at ${this.#at}`);
    }
    balance(brackets, operator, line);
    this.#tokens.push({ type: operator, value: operator, line });
  }

  #valueOf(type: 'float' | 'integer' | 'name' | 'string', text: string, line: number): string {
    if (type === 'string') return unescapeString(text.slice(1, -1), line);
    if (type !== 'name') return text.replaceAll('_', '');
    if (!identifier.test(text)) {
      throw new JinjaError('syntax', 'Invalid character in identifier', line);
    }
    return text;
  }

  #push(type: string, value: string): void {
    this.#tokens.push({ type, value, line: this.#line });
  }

  #peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #match(pattern: RegExp): string | undefined {
    const text = this.#peek(pattern);
    if (text !== undefined) this.#advance(text);
    return text;
  }

  #advance(text: string): void {
    this.#at += text.length;
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#line++;
  }

  #error(message: string): JinjaError {
    return new JinjaError('syntax', message, this.#line);
  }
}

function balance(brackets: string[], operator: string, line: number): void {
  const closes = closing[operator];
  if (closes !== undefined) brackets.push(closes);
  if (operator !== ')' && operator !== ']' && operator !== '}') return;
  const expected = brackets.pop();
  if (expected === operator) return;
  const instead = expected === undefined ? '' : `, expected '${expected}'`;
  throw new JinjaError('syntax', `unexpected '${operator}'${instead}`, line);
}
