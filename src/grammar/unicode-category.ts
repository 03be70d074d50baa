import { everyCodePoint } from './code-points.ts';
import type { CodePointRange } from './grammar.ts';

/** There are 37 categories; each is worked out once, in some 30 ms: every code point is asked about. */
const known = new Map<string, readonly CodePointRange[]>();

/**
 * The code points of a general category of Unicode, `L` or `Lu`, as JavaScript's own regular expressions
 * know them; `undefined` for a name that is none.
 */
export function unicodeCategory(name: string): readonly CodePointRange[] | undefined {
  const pattern = categoryPattern(name);
  if (pattern === undefined) return undefined;
  const ranges = known.get(name) ?? everyCodePoint.flatMap((range) => rangesOf(pattern, range));
  known.set(name, ranges);
  return ranges;
}

function categoryPattern(name: string): RegExp | undefined {
  if (!/^[CLMNPSZ][a-z]?$/.test(name)) return undefined;
  try {
    return new RegExp(String.raw`\p{${name}}`, 'u');
  } catch {
    return undefined;
  }
}

function rangesOf(pattern: RegExp, [first, last]: CodePointRange): CodePointRange[] {
  const ranges: CodePointRange[] = [];
  let from = -1;
  for (let codePoint = first; codePoint <= last; codePoint++) {
    const isInside = pattern.test(String.fromCodePoint(codePoint));
    if (isInside && from < 0) from = codePoint;
    if (!isInside && from >= 0) {
      ranges.push([from, codePoint - 1]);
      from = -1;
    }
  }
  if (from >= 0) ranges.push([from, last]);
  return ranges;
}
