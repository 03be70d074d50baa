import { ConstraintError } from '../spec/index.ts';
import { anyText, toClass } from './code-points.ts';
import type { Expression } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { PatternReader } from './pattern-reader.ts';
import { anyButLineEnds, readClass, readEscape } from './regex-classes.ts';
import { takeCounts } from './repetition.ts';
import { isNullable } from './rules.ts';

export interface RegexOptions {
  /**
   * `whole`: the expression matches a text from its first character to its last. `search`: it matches
   * somewhere in it, unless anchored with `^` and `$`, as a JSON schema's `pattern` does.
   */
  readonly mode: 'whole' | 'search';
}

const nothing: Expression = { kind: 'text', text: '' };

/**
 * Reads a regular expression in ECMAScript's notation, over code points as with its `u` flag:
 * characters, escapes, classes, `.`, groups, `|`, `* + ? {m} {m,} {m,n}` (lazy ones match the same
 * texts), `^` and `$`, and look-ahead. A brace or closing bracket that belongs to nothing
 * stands for itself.
 * @throws ConstraintError with the offset of what does not parse, is not regular (backreferences) or
 *   not supported (look-behind, look-ahead or anchors that are repeated, `\b`, flags).
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

/** A part of a regular expression, and where in a text alone it matches. */
interface Part {
  readonly expression: Expression;
  /** At the text's beginning. */
  readonly fromStart: boolean;
  /** At its end. */
  readonly toEnd: boolean;
}

/** What else must match, or must not, where a part begins. */
interface Ahead {
  readonly isWanted: boolean;
  readonly parts: readonly Part[];
}

/** A group of alternatives of which one looks ahead: at what is behind the group, too. */
interface OpenGroup {
  readonly options: readonly (readonly Item[])[];
}

type Item = readonly Part[] | Ahead | OpenGroup;

function isParts(item: Item): item is readonly Part[] {
  return Array.isArray(item);
}

/** What is behind a group that looks ahead is copied into each of its alternatives. */
const mostCopies = 8;

class RegexParser {
  readonly #reader: PatternReader;
  readonly #mode: RegexOptions['mode'];
  #depth = 0;
  #copies = 0;

  constructor(text: string, mode: RegexOptions['mode']) {
    this.#reader = new PatternReader(text, 'regular expression');
    this.#mode = mode;
  }

  parse(): Expression {
    const options = this.#options();
    if (!this.#reader.atEnd) throw this.#reader.error('has a ) that closes nothing');
    const parts = this.#built(options, [anywhere(nothing)]);
    if (parts.length === 0) {
      throw this.#reader.error('matches no text, as a ^ or $ stands where it cannot hold', 0);
    }
    return oneOf(parts.map((part) => this.#whole(part)));
  }

  /** A part with all that may stand around it. */
  #whole({ expression, fromStart, toEnd }: Part): Expression {
    if (this.#mode === 'whole') return expression;
    return inSequence([fromStart ? nothing : anyText, expression, toEnd ? nothing : anyText]);
  }

  #options(): Item[][] {
    const options: Item[][] = [];
    do {
      options.push(this.#items());
    } while (this.#reader.take('|'));
    return options;
  }

  #items(): Item[] {
    const items: Item[] = [];
    let plain: Expression[] = []; // of which there may be very many
    const close = (): void => {
      if (plain.length > 0) items.push([anywhere(inSequence(plain))]);
      plain = [];
    };
    while (!this.#reader.atEnd && !'|)'.includes(this.#reader.peek())) {
      const item = this.#item();
      if (isParts(item) && isPlain(item)) plain.push(item[0]!.expression);
      else {
        close();
        items.push(item);
      }
    }
    close();
    return items;
  }

  /** Alternatives of items, and what is behind each of them. */
  #built(options: readonly (readonly Item[])[], after: readonly Part[]): readonly Part[] {
    return merged(
      options.flatMap((items) => {
        let parts = after;
        for (const item of items.toReversed()) parts = this.#before(item, parts);
        return parts;
      }),
    );
  }

  #before(item: Item, after: readonly Part[]): readonly Part[] {
    if (isParts(item)) return merged(joined(item, after));
    if ('isWanted' in item) return this.#looking(item, after);
    if (++this.#copies > mostCopies) {
      throw this.#reader.error(`looks ahead in more than ${mostCopies} groups`, 0);
    }
    return this.#built(item.options, after);
  }

  /** What follows a look-ahead goes to the end of the text, so that all that it looks at is known. */
  #looking({ isWanted, parts: ahead }: Ahead, after: readonly Part[]): readonly Part[] {
    const toTheEnd = ({ expression, toEnd }: Part): Expression =>
      inSequence([expression, toEnd || this.#mode === 'whole' ? nothing : anyText]);
    const looked = oneOf(
      ahead.map(({ expression, toEnd }) => inSequence([expression, toEnd ? nothing : anyText])),
    );
    return after.map((part) => {
      const item = toTheEnd(part);
      const expression: Expression = isWanted
        ? { kind: 'both', items: [item, looked] }
        : { kind: 'except', item, excluded: looked };
      return { expression, fromStart: part.fromStart, toEnd: true };
    });
  }

  #item(): Item {
    const reader = this.#reader;
    const start = reader.position;
    if (reader.take('^')) return [{ expression: nothing, fromStart: true, toEnd: false }];
    if (reader.take('$')) return [{ expression: nothing, fromStart: false, toEnd: true }];
    const looks = reader.match(/\(\?[=!]/y);
    if (looks !== null) return this.#ahead(start, looks[0] === '(?=');
    const atom = this.#atom();
    const counts = takeCounts(reader);
    if (counts === undefined) return atom;
    reader.take('?'); // lazy: matches the same texts
    if (isParts(atom)) return this.#repeated(atom, counts, start);
    if (counts.max === 1) return counts.min === 1 ? atom : { options: [...atom.options, []] };
    throw reader.error('looks ahead in a group that is repeated, which is not supported', start);
  }

  #repeated(
    parts: readonly Part[],
    counts: { readonly min: number; readonly max: number },
    start: number,
  ): readonly Part[] {
    if (isPlain(parts)) {
      return [anywhere({ kind: 'repeat', item: parts[0]!.expression, ...counts })];
    }
    if (counts.max > 1) {
      throw this.#reader.error('repeats an anchor, ^ or $, which is not supported', start);
    }
    return counts.min === 0 ? [...parts, anywhere(nothing)] : parts;
  }

  #atom(): readonly Part[] | OpenGroup {
    const reader = this.#reader;
    const start = reader.position;
    if (takeCounts(reader) !== undefined) throw reader.error('repeats nothing', start);
    const character = reader.next('a character');
    if (character === '(') return this.#group(start);
    if (character === '[') return [anywhere({ kind: 'class', ranges: readClass(reader) })];
    if (character === '.') return [anywhere({ kind: 'class', ranges: anyButLineEnds })];
    if (character === '\\') return [anywhere(toClass(readEscape(reader, false)))];
    return [anywhere({ kind: 'text', text: character })];
  }

  #ahead(start: number, isWanted: boolean): Ahead {
    const parts = this.#inGroup(start);
    if (!isParts(parts)) {
      throw this.#reader.error('looks ahead in a look-ahead, which is not supported', start);
    }
    if (parts.some(({ fromStart }) => fromStart)) {
      throw this.#reader.error('has a ^ in a look-ahead, which is not supported', start);
    }
    return { isWanted, parts };
  }

  #group(start: number): readonly Part[] | OpenGroup {
    const reader = this.#reader;
    if (reader.match(/\?(?:<?[=!])/y) !== null) {
      throw reader.error('looks behind, which is not supported', start);
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
    return this.#inGroup(start);
  }

  #inGroup(start: number): readonly Part[] | OpenGroup {
    if (++this.#depth > constraintLimits.depth) {
      throw this.#reader.error(`nests deeper than ${constraintLimits.depth} groups`, start);
    }
    const options = this.#options();
    if (!this.#reader.take(')')) throw this.#reader.error('has a ( that is never closed', start);
    this.#depth--;
    const isOpen = options.some((items) => !items.every(isParts));
    return isOpen ? { options } : this.#built(options, [anywhere(nothing)]);
  }
}

function anywhere(expression: Expression): Part {
  return { expression, fromStart: false, toEnd: false };
}

/** Whether it is one part, without anchors. */
function isPlain([part, another]: readonly Part[]): boolean {
  return part !== undefined && another === undefined && !part.fromStart && !part.toEnd;
}

/** One part after another. An anchor holds where nothing is matched on its other side. */
function joined(before: readonly Part[], after: readonly Part[]): Part[] {
  return before.flatMap((a) =>
    after.flatMap((b): Part[] => {
      if (a.toEnd && !isNullable(b.expression)) return [];
      if (b.fromStart && !isNullable(a.expression)) return [];
      const items = [...(b.fromStart ? [] : [a.expression]), ...(a.toEnd ? [] : [b.expression])];
      const fromStart = a.fromStart || b.fromStart;
      return [{ expression: inSequence(items), fromStart, toEnd: a.toEnd || b.toEnd }];
    }),
  );
}

/** Parts that match at the same places are one: there are four at most. */
function merged(parts: readonly Part[]): readonly Part[] {
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    const key = `${part.fromStart} ${part.toEnd}`;
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return Array.from(groups.values(), (group) => ({
    ...group[0]!,
    expression: oneOf(group.map(({ expression }) => expression)),
  }));
}

function oneOf(options: readonly Expression[]): Expression {
  return options.length === 1 ? options[0]! : { kind: 'choice', options };
}

/** One after the other; neighbouring texts become one. */
function inSequence(items: readonly Expression[]): Expression {
  const all: Expression[] = [];
  for (const item of items.flatMap((each) => (each.kind === 'sequence' ? each.items : each))) {
    const last = all.at(-1);
    if (item.kind === 'text' && last?.kind === 'text') {
      all[all.length - 1] = { kind: 'text', text: last.text + item.text };
    } else if (item.kind !== 'text' || item.text !== '') {
      all.push(item);
    }
  }
  if (all.length === 0) return nothing;
  return all.length === 1 ? all[0]! : { kind: 'sequence', items: all };
}
