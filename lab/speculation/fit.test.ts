import { describe, expect, it } from 'vitest';

import { fitOf } from './fit.ts';

const expected = new Map([
  ['a', 0.5],
  ['b', 0.3],
  ['c', 0.199],
  ['d', 0.001],
]);

describe('fitOf', () => {
  it('is at most one deviation for the counts that are expected', () => {
    const { samples, cells, chiSquare, z } = fitOf(
      new Map([
        ['a', 500],
        ['b', 300],
        ['c', 200],
      ]),
      expected,
    );
    expect(samples).toBe(1000);
    expect(cells).toBe(4); // d alone is rare
    expect(chiSquare).toBeCloseTo(1 / 199 + 1, 10);
    expect(z).toBeLessThan(1);
  });

  it('is the one of a table at a known place', () => {
    // 99.99 % of χ² with 2 degrees of freedom lie below 18.42.
    const third = new Map(['a', 'b', 'c'].map((name) => [name, 1 / 3]));
    const { chiSquare, z } = fitOf(
      new Map([
        ['a', 1000 + 78.37],
        ['b', 1000],
        ['c', 1000 - 78.37],
      ]),
      third,
    );
    expect(chiSquare).toBeCloseTo(12.28, 1);
    expect(z).toBeGreaterThan(2.7); // a p of .0021 is 2.86 deviations
    expect(z).toBeLessThan(3);
  });

  it('is large for counts of something else, and for what cannot come', () => {
    expect(
      fitOf(
        new Map([
          ['a', 400],
          ['b', 400],
          ['c', 200],
        ]),
        expected,
      ).z,
    ).toBeGreaterThan(4);
    expect(
      fitOf(
        new Map([
          ['a', 500],
          ['b', 300],
          ['x', 200],
        ]),
        expected,
      ).z,
    ).toBeGreaterThan(4);
  });
});
