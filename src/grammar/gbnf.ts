import { ConstraintError } from '../spec/index.ts';
import { anyCharacter, complement, isSurrogate, toCodePointSet } from './code-points.ts';
import type { CodePointRange, Expression, Grammar } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { PatternReader } from './pattern-reader.ts';
import { takeCounts } from './repetition.ts';

const namePattern = /[A-Za-z0-9-]+/y;
/** Spaces and comments, on one line or over several. */
const linePattern = /(?:[ \t]|#[^\r\n]*)*/y;
const linesPattern = /(?:[ \t\r\n]|#[^\r\n]*)*/y;

const simpleEscapes: Readonly<Record<string, number>> = {
  t: 0x09,
  n: 0x0a,
  r: 0x0d,
  '\\': 0x5c,
  '"': 0x22,
  '[': 0x5b,
  ']': 0x5d,
};

const hexEscapes: Readonly<Record<string, RegExp>> = {
  x: /[0-9a-fA-F]{2}/y,
  u: /[0-9a-fA-F]{4}/y,
  U: /[0-9a-fA-F]{8}/y,
};

/**
 * Reads a grammar in GBNF, llama.cpp's notation: rules `name ::= …` of `"texts"`, `[classes]`, `.`, rule
 * names, groups, `|` and the repetitions `* + ? {m} {m,} {m,n}`; comments run from `#` to the line's
 * end. The whole text is the rule `root`. An alternative may also begin a line with its `|`.
 * @throws ConstraintError with the offset of what does not parse or is not defined.
 */
export function parseGbnf(text: string): Grammar {
  if (text.length > constraintLimits.gbnfLength) {
    throw new ConstraintError(
      String(constraintLimits.gbnfLength),
      `The grammar has ${text.length} characters; at most ${constraintLimits.gbnfLength} are allowed.`,
    );
  }
  return new GbnfParser(text).parse();
}

class GbnfParser {
  readonly #reader: PatternReader;
  readonly #rules = new Map<string, Expression>();
  /** Where every rule is first referred to. */
  readonly #references = new Map<string, number>();
  #depth = 0;

  constructor(text: string) {
    this.#reader = new PatternReader(text, 'grammar');
  }

  parse(): Grammar {
    this.#reader.match(linesPattern);
    while (!this.#reader.atEnd) this.#rule();
    if (!this.#rules.has('root')) throw this.#reader.error('defines no rule named root', 0);
    for (const [name, position] of this.#references) {
      if (!this.#rules.has(name)) {
        throw this.#reader.error(`refers to the rule ${name}, which is not defined`, position);
      }
    }
    return { root: 'root', rules: this.#rules };
  }

  #rule(): void {
    const reader = this.#reader;
    const start = reader.position;
    const name = reader.match(namePattern)?.[0];
    if (name === undefined) throw reader.error('lacks the name of a rule');
    reader.match(linePattern);
    if (!reader.take('::=')) throw reader.error(`lacks ::= after the name ${name}`);
    if (this.#rules.has(name)) throw reader.error(`defines the rule ${name} twice`, start);
    if (this.#rules.size === constraintLimits.rules) {
      throw reader.error(`has more than ${constraintLimits.rules} rules`, start);
    }
    reader.match(linesPattern);
    this.#rules.set(name, this.#alternatives());
    if (reader.peek() === ')') throw reader.error('has a ) that closes nothing');
  }

  #alternatives(): Expression {
    const options = [this.#sequence()];
    while (this.#reader.take('|')) {
      this.#reader.match(linesPattern);
      options.push(this.#sequence());
    }
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): Expression {
    const items: Expression[] = [];
    for (;;) {
      const item = this.#atom();
      if (item === undefined) break;
      this.#skipSpace();
      items.push(this.#repeated(item));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  /** Repetitions of repetitions are allowed: `"a"{2}*`. */
  #repeated(item: Expression): Expression {
    let repeated = item;
    for (;;) {
      const counts = takeCounts(this.#reader);
      if (counts === undefined) return repeated;
      repeated = { kind: 'repeat', item: repeated, ...counts };
      this.#skipSpace();
    }
  }

  /** The next part of a sequence; `undefined` where the sequence ends. */
  #atom(): Expression | undefined {
    const reader = this.#reader;
    const start = reader.position;
    if (reader.atEnd || '|)'.includes(reader.peek())) return undefined;
    if (reader.take('"')) return this.#text(start);
    if (reader.take('[')) return this.#class(start);
    if (reader.take('(')) return this.#group(start);
    if (reader.take('.')) return anyCharacter;
    const name = reader.match(namePattern)?.[0];
    if (name !== undefined) return this.#reference(name, start);
    if (takeCounts(reader) !== undefined) throw reader.error('repeats nothing', start);
    if (/[<!]/.test(reader.peek())) {
      throw reader.error('names a single token, which is not supported; write its text', start);
    }
    throw reader.error(`has an unexpected ${JSON.stringify(reader.peek())}`, start);
  }

  /** A name, unless it begins the next rule. */
  #reference(name: string, start: number): Expression | undefined {
    const reader = this.#reader;
    const end = reader.position;
    reader.match(linePattern);
    if (reader.text.startsWith('::=', reader.position)) {
      if (this.#depth > 0) throw reader.error(`defines the rule ${name} inside a group`, start);
      reader.position = start;
      return undefined;
    }
    reader.position = end;
    if (!this.#references.has(name)) this.#references.set(name, start);
    return { kind: 'rule', name };
  }

  #group(start: number): Expression {
    if (++this.#depth > constraintLimits.depth) {
      throw this.#reader.error(`nests deeper than ${constraintLimits.depth} groups`, start);
    }
    this.#skipSpace();
    const inner = this.#alternatives();
    if (!this.#reader.take(')')) throw this.#reader.error('has a ( that is never closed', start);
    this.#depth--;
    return inner;
  }

  #text(start: number): Expression {
    let text = '';
    while (!this.#reader.take('"')) {
      if (this.#reader.atEnd) throw this.#reader.error('has a " that is never closed', start);
      text += String.fromCodePoint(this.#character('a closing "'));
    }
    return { kind: 'text', text };
  }

  #class(start: number): Expression {
    const reader = this.#reader;
    const negated = reader.take('^');
    const ranges: CodePointRange[] = [];
    while (!reader.take(']')) {
      if (reader.atEnd) throw reader.error('has a [ that is never closed', start);
      const from = this.#character('a closing ]');
      const isRange = reader.peek() === '-' && reader.text[reader.position + 1] !== ']';
      if (isRange) reader.position++;
      const to = isRange ? this.#character('the end of a range') : from;
      if (from > to) throw reader.error('has a range that runs backwards');
      ranges.push([from, to]);
    }
    return { kind: 'class', ranges: negated ? complement(ranges) : toCodePointSet(ranges) };
  }

  #character(expected: string): number {
    const reader = this.#reader;
    const start = reader.position;
    const character = reader.next(expected);
    if (character !== '\\') return character.codePointAt(0)!;
    const escape = reader.next('the rest of an escape');
    if (Object.hasOwn(simpleEscapes, escape)) return simpleEscapes[escape]!;
    if (!Object.hasOwn(hexEscapes, escape)) {
      throw reader.error(`has the unknown escape \\${escape}`, start);
    }
    const digits = reader.match(hexEscapes[escape]!);
    if (digits === null)
      throw reader.error(`has too few hexadecimal digits after \\${escape}`, start);
    const codePoint = Number.parseInt(digits[0], 16);
    if (codePoint > 0x10ffff || isSurrogate(codePoint)) {
      throw reader.error('has an escape that is no Unicode character', start);
    }
    return codePoint;
  }

  /**
   * Lines may break anywhere: what begins a rule is told by its `::=`. llama.cpp allows it in groups
   * and after `|` and `::=` only.
   */
  #skipSpace(): void {
    this.#reader.match(linesPattern);
  }
}
