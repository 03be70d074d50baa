import type { Expression } from '../grammar.ts';
import type { JsonValue } from './json.ts';
import { rule, sequence, text } from './expressions.ts';

/** A text that two values share if and only if they are equal, whatever the order of their keys. */
export function canonicalText(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`).join()}}`;
}

/** One value's JSON texts: its keys in their order, white space where a model may write it. */
export function literal(value: JsonValue): Expression {
  if (typeof value !== 'object' || value === null) return text(JSON.stringify(value));
  if (Array.isArray(value)) return enclosed('[', value.map(literal), ']');
  const members = Object.entries(value).map(([key, item]) => pair(key, literal(item)));
  return enclosed('{', members, '}');
}

/** `"name":`, white space, and the value. */
export function pair(name: string, value: Expression): Expression {
  return sequence(text(`${JSON.stringify(name)}:`), space, value);
}

/** Follows `{ [ , :` and precedes `} ]`. */
export const space = rule('space');

/** `,` and what follows it. */
export function afterComma(item: Expression): Expression {
  return sequence(text(','), space, item);
}

function enclosed(open: string, items: readonly Expression[], close: string): Expression {
  if (items.length === 0) return sequence(text(open), space, text(close));
  const [first, ...others] = items;
  return sequence(text(open), space, first!, ...others.map(afterComma), space, text(close));
}
