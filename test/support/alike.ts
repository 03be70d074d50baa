import { expect } from 'vitest';

/** What another processor may give: one answer of fifty falls the other way. */
const rounding = 0.05;

const number = /[+-]?\d+(?:,\d{3})*(?:\.\d+)?/g;

/**
 * That two texts say the same: equal but for white space, rulers and numbers, which may be off by
 * `rounding * (1 + value)`. Figures on a page come from one processor, and others sum in other orders.
 */
export function expectAlike(actual: string, expected: string): void {
  expect(skeleton(actual)).toBe(skeleton(expected));
  const [here, there] = [numbersOf(actual), numbersOf(expected)];
  const off = here.flatMap((value, i) => {
    const written = there[i]!;
    const limit = rounding * (1 + Math.max(Math.abs(value), Math.abs(written)));
    return Math.abs(value - written) <= limit ? [] : [`${value}, written as ${written}`];
  });
  expect(off).toEqual([]);
}

/** `<0.001` is a number, too: whether it is below its bound is a matter of rounding. */
function skeleton(text: string): string {
  return text.replaceAll(/<?[+-]?\d[\d,]*(?:\.\d+)?/g, '#').replaceAll(/[\s─]+/g, ' ');
}

function numbersOf(text: string): number[] {
  return (text.match(number) ?? []).map((found) => Number(found.replaceAll(',', '')));
}
