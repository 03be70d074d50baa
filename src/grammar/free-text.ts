import { anyCharacter, anyText } from './code-points.ts';
import type { Expression } from './grammar.ts';
import { choice, repeat, sequence, text } from './json-schema/index.ts';

const something = repeat(anyCharacter, 1, Infinity);

export function anyOneOf(texts: readonly string[]): Expression {
  return choice(texts.map(text));
}

/** Any text that has none of `excludes`. */
export function textWithout(excludes: readonly string[]): Expression {
  if (excludes.length === 0) return anyText;
  return {
    kind: 'except',
    item: anyText,
    excluded: sequence(anyText, anyOneOf(excludes), anyText),
  };
}

/** Any text up to and with the first of `ends`. */
export function upToFirst(ends: readonly string[]): Expression {
  return {
    kind: 'except',
    item: sequence(anyText, anyOneOf(ends)),
    excluded: sequence(anyText, anyOneOf(ends), something),
  };
}

/** Any text up to and with the first trigger, which is this one, without any of `excludes`. */
export function upToTrigger(
  trigger: string,
  triggers: readonly string[],
  excludes: readonly string[],
): Expression {
  const others = sequence(anyText, anyOneOf(triggers), something);
  const excluded = sequence(anyText, anyOneOf(excludes), anyText);
  return {
    kind: 'except',
    item: sequence(anyText, text(trigger)),
    excluded: excludes.length === 0 ? others : { kind: 'choice', options: [others, excluded] },
  };
}
