import { describe, expect, it } from 'vitest';

import { divergence, errorOver, likeliest } from './errors.ts';

const rows = Float32Array.of(...Array.from({ length: 24 }, (_, i) => Math.sin(i * 2.3)));
const at = (i: number) => rows[i]!;

describe('errors of log-probs', () => {
  it('are over the ten likeliest tokens of each position', () => {
    const best = likeliest(rows, 12);
    expect(best).toHaveLength(2);
    for (const [position, tokens] of best.entries()) {
      const row = [...rows.subarray(position * 12, position * 12 + 12)];
      const sorted = row.toSorted((a, b) => b - a).slice(0, 10);
      expect(Array.from(tokens, (id) => row[id])).toEqual(sorted);
    }
  });

  it('are none where all of a position are shifted alike', () => {
    const shifted = (i: number) => at(i) + (i < 12 ? 3 : -1);
    expect(errorOver(likeliest(rows, 12), 12, at, shifted)).toBeCloseTo(0, 6);
    expect(divergence(2, 12, at, shifted).kl).toBeCloseTo(0, 6);
  });

  it('are the root of the mean square of what is left', () => {
    const best = [Int32Array.of(0, 1)];
    expect(
      errorOver(
        best,
        2,
        () => 0,
        (i) => [1, -1][i]!,
      ),
    ).toBe(1);
  });

  it('that move the likeliest token are counted', () => {
    const right = (i: number) => [Math.log(0.75), Math.log(0.25)][i % 2]!;
    const wrong = (i: number) => (i < 2 ? right(1 - i) : right(i));
    const { kl, changed } = divergence(2, 2, right, wrong);
    expect(changed).toBe(0.5);
    expect(kl).toBeCloseTo((0.5 * Math.log(3)) / 2, 6);
  });
});
