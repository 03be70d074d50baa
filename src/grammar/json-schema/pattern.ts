import { ConstraintError } from '../../spec/index.ts';
import type { Expression } from '../grammar.ts';
import { text } from './expressions.ts';
import { parseRegex } from '../regex.ts';
import { formats } from './formats.ts';
import { uriWithin } from './uri.ts';

/** A language that a string must be of. */
export interface Pattern {
  /** Unique: the regular expression in quotes, or the format. */
  readonly name: string;
  /** Over the characters of the string that the JSON text stands for. */
  readonly expression: Expression;
  /** Most of it, in at most so many characters, where that takes fewer states than counting all of it. */
  readonly within?: (max: number) => Expression | undefined;
}

/** The patterns of one document, each parsed once. */
export interface Patterns {
  /** A regular expression that any part of a string may match. @throws ConstraintError */
  ofRegex(regex: string, place: string): Pattern;
  /** `undefined` of a format that is not known: then it is an annotation. */
  ofFormat(format: string): Pattern | undefined;
  /** One text. */
  ofText(text: string): Pattern;
}

export function createPatterns(): Patterns {
  const known = new Map<string, Pattern>();
  const create = (name: string, parse: () => Expression, within?: Pattern['within']): Pattern => {
    const pattern = known.get(name) ?? { name, expression: parse(), ...(within && { within }) };
    known.set(name, pattern);
    return pattern;
  };
  return {
    ofRegex: (regex, place) => create(JSON.stringify(regex), () => parsePattern(regex, place)),
    ofFormat: (format) => {
      const regex = formats.get(format);
      if (regex === undefined) return undefined;
      const within = format === 'uri' || format === 'iri' ? uriWithin : undefined;
      return create(format, () => parseRegex(regex, { mode: 'whole' }), within);
    },
    ofText: (content) => create(`the text ${JSON.stringify(content)}`, () => text(content)),
  };
}

function parsePattern(regex: string, place: string): Expression {
  try {
    return parseRegex(regex, { mode: 'search' });
  } catch (cause) {
    if (!(cause instanceof ConstraintError)) throw cause;
    throw new ConstraintError(place, `The pattern at ${place} cannot be used: ${cause.message}`, {
      cause,
    });
  }
}

/** Whether a pattern matches all of a string. Takes time O(size × length²), whatever the pattern. */
export function matchesPattern({ expression }: Pattern, string: string): boolean {
  const codePoints = Array.from(string, (character) => character.codePointAt(0)!);
  return endsOf(expression, codePoints, new Set([0])).has(codePoints.length);
}

/** Where matches of an expression that begin at any of `starts` may end. */
function endsOf(
  expression: Expression,
  codePoints: readonly number[],
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  switch (expression.kind) {
    case 'text': {
      const wanted = Array.from(expression.text, (character) => character.codePointAt(0)!);
      const isAt = (start: number): boolean =>
        wanted.every((codePoint, i) => codePoints[start + i] === codePoint);
      return new Set([...starts].filter(isAt).map((start) => start + wanted.length));
    }
    case 'class': {
      const isAt = (start: number): boolean =>
        start < codePoints.length &&
        expression.ranges.some(
          ([from, to]) => from <= codePoints[start]! && codePoints[start]! <= to,
        );
      return new Set([...starts].filter(isAt).map((start) => start + 1));
    }
    case 'sequence':
      return expression.items.reduce((ends, item) => endsOf(item, codePoints, ends), starts);
    case 'choice':
      return new Set(
        expression.options.flatMap((option) => [...endsOf(option, codePoints, starts)]),
      );
    case 'repeat':
      return endsOfRepeat(expression, codePoints, starts);
    case 'both':
      return eachStart(starts, (start) => {
        const [first, ...others] = expression.items.map((item) => endsOf(item, codePoints, start));
        return [...first!].filter((end) => others.every((ends) => ends.has(end)));
      });
    case 'except':
      return eachStart(starts, (start) => {
        const excluded = endsOf(expression.excluded, codePoints, start);
        return [...endsOf(expression.item, codePoints, start)].filter((end) => !excluded.has(end));
      });
    case 'list':
    case 'rule':
    case 'token':
    default:
      throw new TypeError(`A pattern has no ${expression.kind}.`);
  }
}

function endsOfRepeat(
  { item, min, max }: Extract<Expression, { kind: 'repeat' }>,
  codePoints: readonly number[],
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  let reached = starts;
  for (let count = 0; count < min && reached.size > 0; count++) {
    reached = endsOf(item, codePoints, reached);
  }
  const ends = new Set(reached);
  for (let count = min; count < max && reached.size > 0; count++) {
    // From a place that was reached before nothing new is reached: fewer rounds lead there.
    reached = new Set([...endsOf(item, codePoints, reached)].filter((end) => !ends.has(end)));
    for (const end of reached) ends.add(end);
  }
  return ends;
}

function eachStart(
  starts: ReadonlySet<number>,
  ends: (start: ReadonlySet<number>) => readonly number[],
): ReadonlySet<number> {
  return new Set([...starts].flatMap((start) => ends(new Set([start]))));
}
