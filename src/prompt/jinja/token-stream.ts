import { JinjaError } from './error.ts';
import { tokenize, type Token } from './lexer.ts';

/** The tokens of a template with a place in them. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string) {
    this.#tokens = tokenize(source);
  }

  get current(): Token {
    return this.#tokens[this.#at]!;
  }

  get following(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.current;
    if (token.type !== 'eof') this.#at++;
    return token;
  }

  is(type: string): boolean {
    return this.current.type === type;
  }

  isName(...names: readonly string[]): boolean {
    return this.current.type === 'name' && names.includes(this.current.value);
  }

  /** Takes the token if it is of that type. */
  skip(type: string): boolean {
    const found = this.is(type);
    if (found) this.next();
    return found;
  }

  skipName(name: string): boolean {
    const found = this.isName(name);
    if (found) this.next();
    return found;
  }

  expect(type: string): Token {
    if (this.is(type)) return this.next();
    throw this.unexpected(type);
  }

  expectName(name: string): Token {
    if (this.isName(name)) return this.next();
    throw this.unexpected(name);
  }

  unexpected(wanted: string): JinjaError {
    const expected = describe({ type: wanted, value: wanted, line: 0 });
    if (this.is('eof')) return this.error(`unexpected end of template, expected '${expected}'.`);
    return this.error(`expected token '${expected}', got '${describe(this.current)}'`);
  }

  error(message: string, line = this.current.line): JinjaError {
    return new JinjaError('syntax', message, line);
  }
}

export function describe(token: Token): string {
  if (token.type === 'name') return token.value;
  if (token.type === 'eof') return 'end of template';
  if (token.type.endsWith(' begin') || token.type.endsWith(' end')) {
    const [tag, side] = token.type.split(' ') as [string, string];
    return `${side} of ${tag === 'block' ? 'statement block' : 'print statement'}`;
  }
  return token.type;
}
