import type { Expression } from '../grammar.ts';
import { both, repeat, sequence, text } from './expressions.ts';
import type { StringFacets } from './shape.ts';
import { anyCharacter, freeCharacter, spell } from './spelling.ts';

const quote = text('"');

/** Any string, in any spelling. */
export const stringRule: Expression = sequence(quote, repeat(freeCharacter, 0, Infinity), quote);

/** What strings the facets allow, in words: equal for equal facets. */
export function stringName({ min, max, patterns }: StringFacets): string {
  const length = min === 0 && max === Infinity ? '' : `{${min},${max}}`;
  return [`string${length}`, ...patterns.map(({ name }) => name)].join(' ');
}

/** Strings of some length and patterns; lengths count the characters that the text stands for. */
export function stringExpression({ min, max, patterns }: StringFacets): Expression {
  const parts = patterns.map(({ expression }) => expression);
  if (min > 0 || max < Infinity || parts.length === 0) parts.push(repeat(anyCharacter, min, max));
  return sequence(quote, spell(both(parts)), quote);
}
