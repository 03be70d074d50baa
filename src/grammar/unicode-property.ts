import type { CodePointRange } from './grammar.ts';
import { everyCodePoint } from './code-points.ts';

/**
 * The code points of a Unicode property, e.g. `L` or `Script=Greek`, as JavaScript's own regular
 * expressions know them; `undefined` for a name they do not know. Takes some 30 ms: every code point
 * is asked about.
 */
export function unicodeProperty(name: string): CodePointRange[] | undefined {
  const pattern = propertyPattern(name);
  if (pattern === undefined) return undefined;
  const ranges: CodePointRange[] = [];
  for (const [first, last] of everyCodePoint) {
    let from = -1;
    for (let codePoint = first; codePoint <= last; codePoint++) {
      const inside = pattern.test(String.fromCodePoint(codePoint));
      if (inside && from < 0) from = codePoint;
      if (!inside && from >= 0) {
        ranges.push([from, codePoint - 1]);
        from = -1;
      }
    }
    if (from >= 0) ranges.push([from, last]);
  }
  return ranges;
}

function propertyPattern(name: string): RegExp | undefined {
  try {
    return new RegExp(String.raw`\p{${name}}`, 'u');
  } catch {
    return undefined;
  }
}
