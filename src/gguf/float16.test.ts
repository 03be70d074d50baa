import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFloat16, toFloat16 } from './float16.ts';

describe('half precision', () => {
  it('returns every half from its value', () => {
    const halves = Array.from({ length: 0x10000 }, (_, half) => half);
    const numbers = halves.filter((half) => !Number.isNaN(fromFloat16(half)));
    expect(numbers).toHaveLength(0x10000 - 2 * 1023);
    expect(numbers.filter((half) => toFloat16(fromFloat16(half)) !== half)).toEqual([]);
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [1e30, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -24, 0x0002],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [0.1, 0x2e66],
    [-0, 0x8000],
  ])('writes %d as %d', (value, half) => {
    expect(toFloat16(value)).toBe(half);
  });

  it('writes NaN as NaN', () => {
    expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
  });

  it('chooses the nearest half, and of two equally near the even one', () => {
    const magnitude = fc.float({ min: 0, max: 65504, noNaN: true });
    fc.assert(
      fc.property(magnitude, (value) => {
        const half = toFloat16(value);
        const error = Math.abs(fromFloat16(half) - value);
        for (const neighbour of [half - 1, half + 1]) {
          if (neighbour < 0 || neighbour > 0x7bff) continue;
          const other = Math.abs(fromFloat16(neighbour) - value);
          expect(error < other || (error === other && half % 2 === 0)).toBe(true);
        }
      }),
    );
  });
});
