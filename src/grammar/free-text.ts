import { everyCodePoint } from './code-points.ts';
import type { Expression } from './grammar.ts';
import { choice, repeat, sequence, text } from './json-schema/index.ts';

const anyCharacter: Expression = { kind: 'class', ranges: everyCodePoint };
const anything = repeat(anyCharacter, 0, Infinity);
const something = repeat(anyCharacter, 1, Infinity);

export function anyOneOf(texts: readonly string[]): Expression {
  return choice(texts.map(text));
}

/** Any text that has none of `excludes`. */
export function textWithout(excludes: readonly string[]): Expression {
  if (excludes.length === 0) return anything;
  return {
    kind: 'except',
    item: anything,
    excluded: sequence(anything, anyOneOf(excludes), anything),
  };
}

/** Any text up to and with the first of `ends`. */
export function upToFirst(ends: readonly string[]): Expression {
  return {
    kind: 'except',
    item: sequence(anything, anyOneOf(ends)),
    excluded: sequence(anything, anyOneOf(ends), something),
  };
}

/** Any text up to and with the first trigger, which is this one, without any of `excludes`. */
export function upToTrigger(
  trigger: string,
  triggers: readonly string[],
  excludes: readonly string[],
): Expression {
  const others = sequence(anything, anyOneOf(triggers), something);
  const excluded = sequence(anything, anyOneOf(excludes), anything);
  return {
    kind: 'except',
    item: sequence(anything, text(trigger)),
    excluded: excludes.length === 0 ? others : { kind: 'choice', options: [others, excluded] },
  };
}
