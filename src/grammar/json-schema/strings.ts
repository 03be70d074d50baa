import { anyCharacter } from '../code-points.ts';
import type { Expression } from '../grammar.ts';
import { both, choice, repeat, rule, sequence, text } from './expressions.ts';
import { lengthsOf } from './lengths.ts';
import type { StringFacets } from './shape.ts';
import { freeCharacter, spell } from './spelling.ts';

const quote = text('"');
const character = spell(anyCharacter);

/**
 * Characters that long strings count at a time. A character takes 14 states, and only tokens that run from one
 * block into the next are looked up anew for every string.
 */
export const blockLength = 256;

/** The most characters that are counted one by one. */
const longestEnd = 2 * blockLength - 1;

/** A block of a string that goes on, and the end of a string of at most {@link longestEnd} characters more. */
const [block, end] = [rule('string block'), rule('string end')];

/** Any string, in any spelling; and the parts of strings that are counted. */
export const stringRules: readonly (readonly [string, Expression])[] = [
  ['string', sequence(quote, repeat(freeCharacter, 0, Infinity), quote)],
  [block.name, repeat(character, blockLength, blockLength)],
  [end.name, sequence(repeat(character, 0, longestEnd), quote)],
];

/** What strings the facets allow, in words: equal for equal facets. */
export function stringName({ min, max, patterns, excluded }: StringFacets): string {
  const length = min === 0 && max === Infinity ? '' : `{${min},${max}}`;
  return [
    `string${length}`,
    ...patterns.map(({ name }) => name),
    ...excluded.map(({ name }) => `not ${name}`),
  ].join(' ');
}

/** Strings of some length and patterns; lengths count the characters that the text stands for. */
export function stringExpression(facets: StringFacets): Expression {
  const { min, max, patterns, excluded } = facets;
  if (patterns.length + excluded.length === 0) {
    return sequence(quote, exactly(min), upTo(max - min));
  }
  return sequence(quote, spell(contentExpression(facets)), quote);
}

/** The characters that a string of the facets stands for. */
export function contentExpression({ min, max, patterns, excluded }: StringFacets): Expression {
  const parts = patterns.map(
    ({ expression, within }) => (max === Infinity ? undefined : within?.(max)) ?? expression,
  );
  const lengths = parts.map(lengthsOf);
  const [least, most] = [
    lengths.some((each) => min <= each.min) ? 0 : min,
    lengths.some((each) => each.max <= max) ? Infinity : max,
  ];
  if (least > 0 || most < Infinity || parts.length === 0) {
    parts.push(repeat(anyCharacter, least, most));
  }
  const item = both(parts);
  if (excluded.length === 0) return item;
  return { kind: 'except', item, excluded: choice(excluded.map(({ expression }) => expression)) };
}

/** So many characters: the last ones of a block are what is behind its first ones. */
function exactly(length: number): Expression {
  const rest = length % blockLength;
  const blocks = (length - rest) / blockLength;
  return sequence(
    repeat(block, blocks, blocks),
    ...(rest === 0 ? [] : [after(block, blockLength - rest)]),
  );
}

/** At most `length` characters, and the quote behind them. */
function upTo(length: number): Expression {
  if (length === Infinity) return sequence(repeat(character, 0, Infinity), quote);
  if (length <= longestEnd) return after(end, longestEnd - length);
  const rest = length % blockLength;
  const blocks = (length - rest) / blockLength;
  return choice([
    sequence(repeat(block, 0, blocks - 1), after(end, longestEnd - blockLength + 1)),
    sequence(repeat(block, blocks, blocks), after(end, longestEnd - rest)),
  ]);
}

/** What a rule of characters has behind so many of them: all strings that are counted share its states. */
function after({ name }: typeof block, characters: number): Expression {
  return characters === 0 ? rule(name) : { kind: 'rule', name, behind: 'a'.repeat(characters) };
}
