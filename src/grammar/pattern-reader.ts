import { ConstraintError } from '../spec/index.ts';
import { isWellFormed } from './code-points.ts';

/** Reads a text by code points and knows where it is: what the parsers of patterns and GBNF share. */
export class PatternReader {
  readonly text: string;
  /** Offset of the next code point, in UTF-16 code units. */
  position = 0;
  readonly #what: string;

  /** @param what - The text's name in messages, e.g. `regular expression`. */
  constructor(text: string, what: string) {
    this.text = text;
    this.#what = what;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** The next code point as text, or the empty string at the end. */
  peek(): string {
    const codePoint = this.text.codePointAt(this.position);
    return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
  }

  /** The next code point. @throws ConstraintError at the end, or for half a surrogate pair. */
  next(expected: string): string {
    const character = this.peek();
    if (character === '') throw this.error(`ends where ${expected} is expected`);
    if (!isWellFormed(character)) throw this.error('has half a surrogate pair', this.position);
    this.position += character.length;
    return character;
  }

  /** Takes `text` if it comes next. */
  take(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  /** Takes what the sticky `pattern` matches here. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match !== null) this.position += match[0].length;
    return match;
  }

  /** @param fault - Completes the sentence "The grammar …". */
  error(fault: string, position = this.position): ConstraintError {
    return new ConstraintError(
      String(position),
      `The ${this.#what} ${fault} (at offset ${position}).`,
    );
  }
}
