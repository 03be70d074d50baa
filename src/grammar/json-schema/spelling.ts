import type { CodePointRange, Expression } from '../grammar.ts';
import { characterIn, choice, repeat, sequence, text } from './expressions.ts';

/**
 * How JSON spells the characters of a string. Free strings take every spelling; where a string's
 * content matters (lengths, patterns, names, listed values) each character has one,
 * JSON.stringify's: raw where JSON allows it, else the short escape, else `\u00xx`.
 */

const rawRanges: readonly CodePointRange[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** `"`, `\` and the controls. */
const escapedCodePoints: readonly number[] = [...Array(0x20).keys(), 0x22, 0x5c];

/** What may follow a `\`, other than `u`. */
const shortEscapes = Array.from('"/\\bfnrt', (character): CodePointRange => {
  const codePoint = character.codePointAt(0)!;
  return [codePoint, codePoint];
});

const hex = characterIn([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]);
const hexButD = characterIn([0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]);
const d = characterIn([0x44, 0x44], [0x64, 0x64]);
const highSurrogate = sequence(
  d,
  characterIn([0x38, 0x39], [0x41, 0x42], [0x61, 0x62]),
  repeat(hex, 2, 2),
);
const lowSurrogate = sequence(d, characterIn([0x43, 0x46], [0x63, 0x66]), repeat(hex, 2, 2));

/** One character of a free string, in any spelling. */
export const freeCharacter = choice([
  characterIn(...rawRanges),
  sequence(
    text('\\'),
    choice([
      characterIn(...shortEscapes),
      sequence(text('u'), hexButD, repeat(hex, 3, 3)),
      sequence(text('u'), d, characterIn([0x30, 0x37]), repeat(hex, 2, 2)),
      sequence(text('u'), highSurrogate, text('\\u'), lowSurrogate),
    ]),
  ),
]);

/** A string's content as JSON.stringify spells it, without the quotes. */
export function spellText(content: string): string {
  return JSON.stringify(content).slice(1, -1);
}

/**
 * The JSON spellings of the strings of an expression, without the quotes. Every string has exactly
 * one, so that `both` and `except` keep their meaning.
 * @param expression - A pattern's: without rules.
 */
export function spell(expression: Expression): Expression {
  switch (expression.kind) {
    case 'text':
      return text(spellText(expression.text));
    case 'class':
      return spellClass(expression.ranges);
    case 'sequence':
      return { kind: 'sequence', items: expression.items.map(spell) };
    case 'choice':
      return { kind: 'choice', options: expression.options.map(spell) };
    case 'repeat':
      return { ...expression, item: spell(expression.item) };
    case 'both':
      return { kind: 'both', items: expression.items.map(spell) };
    case 'except':
      return {
        kind: 'except',
        item: spell(expression.item),
        excluded: spell(expression.excluded),
      };
    case 'list':
    case 'rule':
    case 'token':
    default:
      throw new TypeError(`A pattern has no ${expression.kind}.`);
  }
}

function spellClass(ranges: readonly CodePointRange[]): Expression {
  const raw = ranges.flatMap((range) => rawRanges.flatMap((allowed) => overlap(range, allowed)));
  const escaped = escapedCodePoints.filter((codePoint) =>
    ranges.some(([from, to]) => from <= codePoint && codePoint <= to),
  );
  if (escaped.length === 0) return characterIn(...raw);
  return choice([...(raw.length > 0 ? [characterIn(...raw)] : []), ...spellEscaped(escaped)]);
}

/** Spellings that differ in their last character alone are one option: lengths repeat them often. */
function spellEscaped(codePoints: readonly number[]): Expression[] {
  const endings = new Map<string, number[]>();
  for (const codePoint of codePoints) {
    const spelling = spellText(String.fromCodePoint(codePoint));
    const beginning = spelling.slice(0, -1);
    endings.set(beginning, [
      ...(endings.get(beginning) ?? []),
      spelling.codePointAt(spelling.length - 1)!,
    ]);
  }
  return Array.from(endings, ([beginning, ends]) => {
    const ranges = ends.toSorted((a, b) => a - b).map((end): CodePointRange => [end, end]);
    return sequence(text(beginning), characterIn(...ranges));
  });
}

function overlap(a: CodePointRange, b: CodePointRange): CodePointRange[] {
  const [from, to] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
  return from <= to ? [[from, to]] : [];
}
