import type { CodePointRange, Expression } from './grammar.ts';

const lastCodePoint = 0x10ffff;
const surrogates: CodePointRange = [0xd800, 0xdfff];

/** Every code point that UTF-8 can spell, as a class has them: ascending, disjoint, no surrogates. */
export const everyCodePoint: readonly CodePointRange[] = [
  [0, surrogates[0] - 1],
  [surrogates[1] + 1, lastCodePoint],
];

export const anyCharacter: Expression = { kind: 'class', ranges: everyCodePoint };
export const anyText: Expression = { kind: 'repeat', item: anyCharacter, min: 0, max: Infinity };

/** Sorts, merges, and takes the surrogates out: the canonical form of a set of code points. */
export function toCodePointSet(ranges: readonly CodePointRange[]): CodePointRange[] {
  return mergeRanges(ranges).flatMap(([from, to]) => withoutSurrogates(from, to));
}

/** Every code point that is in none of `ranges`. */
export function complement(ranges: readonly CodePointRange[]): CodePointRange[] {
  const result: CodePointRange[] = [];
  let next = 0;
  for (const [from, to] of mergeRanges([...ranges, surrogates])) {
    if (next < from) result.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= lastCodePoint) result.push([next, lastCodePoint]);
  return result;
}

export function toClass(ranges: readonly CodePointRange[]): Expression {
  return { kind: 'class', ranges: toCodePointSet(ranges) };
}

function mergeRanges(ranges: readonly CodePointRange[]): CodePointRange[] {
  const merged: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function withoutSurrogates(from: number, to: number): CodePointRange[] {
  const parts: CodePointRange[] = [
    [from, Math.min(to, surrogates[0] - 1)],
    [Math.max(from, surrogates[1] + 1), to],
  ];
  return parts.filter(([first, last]) => first <= last);
}

export function isSurrogate(codePoint: number): boolean {
  return codePoint >= surrogates[0] && codePoint <= surrogates[1];
}

/** Whether a text has no half of a surrogate pair, which UTF-8 cannot spell. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
