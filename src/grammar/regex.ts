import { ConstraintError } from '../spec/index.ts';
import { everyCodePoint, toClass } from './code-points.ts';
import type { Expression } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { PatternReader } from './pattern-reader.ts';
import { anyButLineEnds, readClass, readEscape } from './regex-classes.ts';
import { takeCounts } from './repetition.ts';

export interface RegexOptions {
  /**
   * `whole`: the expression matches a text from its first character to its last. `search`: it matches
   * somewhere in it, unless anchored with `^` and `$`, as a JSON schema's `pattern` does.
   */
  readonly mode: 'whole' | 'search';
}

const anything: Expression = {
  kind: 'repeat',
  item: { kind: 'class', ranges: everyCodePoint },
  min: 0,
  max: Infinity,
};

const nothing: Expression = { kind: 'text', text: '' };

/**
 * Reads a regular expression in ECMAScript's notation, over code points as with its `u` flag:
 * characters, escapes, classes, `.`, groups, `|`, `* + ? {m} {m,} {m,n}` (lazy ones match the same
 * texts), and `^` and `$` at the ends of the alternatives of the whole expression. A brace or closing
 * bracket that belongs to nothing stands for itself.
 * @throws ConstraintError with the offset of what does not parse, is not regular (backreferences) or
 *   not supported (look-around, `\b`, flags).
 */
export function parseRegex(text: string, { mode }: RegexOptions): Expression {
  if (text.length > constraintLimits.patternLength) {
    throw new ConstraintError(
      String(constraintLimits.patternLength),
      `The regular expression has ${text.length} characters; at most ${constraintLimits.patternLength} are allowed.`,
    );
  }
  return new RegexParser(text, mode).parse();
}

class RegexParser {
  readonly #reader: PatternReader;
  readonly #mode: RegexOptions['mode'];
  #depth = 0;

  constructor(text: string, mode: RegexOptions['mode']) {
    this.#reader = new PatternReader(text, 'regular expression');
    this.#mode = mode;
  }

  parse(): Expression {
    const options: Expression[] = [];
    do {
      options.push(this.#anchored());
    } while (this.#reader.take('|'));
    if (!this.#reader.atEnd) throw this.#reader.error('has a ) that closes nothing');
    return oneOf(options);
  }

  /** An alternative of the whole expression: it alone may have anchors. */
  #anchored(): Expression {
    const fromStart = this.#reader.take('^');
    const body = this.#items();
    const toEnd = this.#reader.take('$');
    if (toEnd && !this.#reader.atEnd && !'|)'.includes(this.#reader.peek())) {
      throw this.#reader.error('has a $ before its end', this.#reader.position - 1);
    }
    if (this.#mode === 'whole') return body;
    return inSequence([fromStart ? nothing : anything, body, toEnd ? nothing : anything]);
  }

  #items(): Expression {
    const items: Expression[] = [];
    while (!this.#reader.atEnd && !'|)$'.includes(this.#reader.peek())) items.push(this.#item());
    return inSequence(items);
  }

  #item(): Expression {
    const atom = this.#atom();
    const counts = takeCounts(this.#reader);
    if (counts === undefined) return atom;
    this.#reader.take('?'); // lazy: matches the same texts
    return { kind: 'repeat', item: atom, ...counts };
  }

  #atom(): Expression {
    const reader = this.#reader;
    const start = reader.position;
    if (takeCounts(reader) !== undefined) throw reader.error('repeats nothing', start);
    const character = reader.next('a character');
    if (character === '(') return this.#group(start);
    if (character === '[') return { kind: 'class', ranges: readClass(reader) };
    if (character === '.') return { kind: 'class', ranges: anyButLineEnds };
    if (character === '\\') return toClass(readEscape(reader, false));
    if (character === '^') throw reader.error('has a ^ after its start', start);
    return { kind: 'text', text: character };
  }

  #group(start: number): Expression {
    const reader = this.#reader;
    if (reader.match(/\?(?:<?[=!])/y) !== null) {
      throw reader.error('looks ahead or behind, which is not supported', start);
    }
    if (
      reader.match(/\?(?::|<[\p{ID_Start}$_][\p{ID_Continue}$]*>)/uy) === null &&
      reader.take('?')
    ) {
      throw reader.error(
        `has the group (?${reader.peek()}, which is not supported; ( and (?: are`,
        start,
      );
    }
    if (++this.#depth > constraintLimits.depth) {
      throw reader.error(`nests deeper than ${constraintLimits.depth} groups`, start);
    }
    const options: Expression[] = [];
    do {
      options.push(this.#items());
      if (reader.peek() === '$') {
        throw reader.error('has a $ in a group; anchors stand at the ends of the whole expression');
      }
    } while (reader.take('|'));
    if (!reader.take(')')) throw reader.error('has a ( that is never closed', start);
    this.#depth--;
    return oneOf(options);
  }
}

function oneOf(options: readonly Expression[]): Expression {
  return options.length === 1 ? options[0]! : { kind: 'choice', options };
}

/** One after the other; neighbouring texts become one. */
function inSequence(items: readonly Expression[]): Expression {
  const joined: Expression[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    if (item.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { kind: 'text', text: last.text + item.text };
    } else {
      joined.push(item);
    }
  }
  return joined.length === 1 ? joined[0]! : { kind: 'sequence', items: joined };
}
