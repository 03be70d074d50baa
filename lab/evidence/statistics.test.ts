import { describe, expect, it } from 'vitest';

import { pooledDifference, pooledMean, type Sum } from './statistics.ts';

describe('statistics', () => {
  const unit = (sum: number, count = 1): Sum => ({ sum, count });

  it('draw units, and weigh them by what they count', () => {
    const { pooled } = pooledMean([[unit(0, 1), unit(3, 3)]]);
    expect(pooled).toEqual({ estimate: 0.75, from: 0, to: 1 });
  });

  it('draw within worlds: what sets them apart is not chance', () => {
    const ones = Array.from({ length: 5 }, () => unit(1));
    const noughts = Array.from({ length: 5 }, () => unit(0));
    const { pooled, worlds } = pooledMean([ones, noughts]);
    expect(pooled).toEqual({ estimate: 0.5, from: 0.5, to: 0.5 });
    expect(worlds.map(({ estimate }) => estimate)).toEqual([1, 0]);
  });

  it('draw the same units for both sides of a difference', () => {
    const some = [[unit(0), unit(1), unit(4), unit(7)]];
    const more = [[unit(2), unit(3), unit(6), unit(9)]];
    expect(pooledDifference(more, some).pooled).toEqual({ estimate: 2, from: 2, to: 2 });
  });
});
