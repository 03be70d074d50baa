import { describe, expect, it } from 'vitest';
import type { Candidates } from './candidates.ts';
import { filterCandidates, keepMinP, keepTopP, keepTypical } from './filters.ts';
import { resolveSampling } from './options.ts';

function candidates(...weights: number[]): Candidates {
  return {
    tokenIds: Int32Array.from(weights, (_, i) => 10 + i),
    weights: Float32Array.from(weights),
    mass: weights.reduce((sum, weight) => sum + weight, 0),
  };
}

const four = (): Candidates => candidates(2, 8, 4, 2);
const six = (): Candidates => candidates(8, 2, 2, 2, 1, 1);

const ids = ({ tokenIds }: Candidates): number[] => [...tokenIds];

describe('keepTopP', () => {
  it('keeps the smallest set that reaches the mass', () => {
    expect(ids(keepTopP(four(), 0.5))).toEqual([11]);
    expect(ids(keepTopP(four(), 0.5001))).toEqual([11, 12]);
    expect(ids(keepTopP(four(), 0.75))).toEqual([11, 12]);
    expect(ids(keepTopP(four(), 0.76))).toEqual([10, 11, 12]); // the lower id of two equals
    expect(ids(keepTopP(four(), 1e-9))).toEqual([11]);
    expect(keepTopP(four(), 0.75).mass).toBe(12);
  });

  it('counts the mass of a tail that was left out', () => {
    expect(ids(keepTopP({ ...candidates(4, 2, 1), mass: 16 }, 0.25))).toEqual([10]);
    expect(ids(keepTopP({ ...candidates(4, 2, 1), mass: 16 }, 0.9))).toEqual([10, 11, 12]);
  });
});

describe('keepMinP', () => {
  it('keeps what has the given share of the best', () => {
    expect(ids(keepMinP(candidates(1, 8, 4, 2), 0.25))).toEqual([11, 12, 13]);
    expect(ids(keepMinP(candidates(1, 8, 4, 2), 0.26))).toEqual([11, 12]);
    expect(ids(keepMinP(candidates(3, 3, 1), 1))).toEqual([10, 11]);
  });
});

describe('keepTypical', () => {
  it('prefers what surprises as much as the entropy, not what is most probable', () => {
    // p = ½, ⅛ × 3, 1/16 × 2; entropy 0.5 + 3·3/8 + 2·4/16 = 2.125 bits; |1 − H| = 1.125,
    // |3 − H| = 0.875, |4 − H| = 1.875.
    expect(ids(keepTypical(six(), 0.25))).toEqual([11, 12]);
    expect(ids(keepTypical(six(), 0.375))).toEqual([11, 12, 13]);
    expect(ids(keepTypical(six(), 0.4))).toEqual([10, 11, 12, 13]);
    expect(ids(keepTypical(six(), 0.9))).toEqual([10, 11, 12, 13, 14]);
  });
});

describe('filterCandidates', () => {
  it('applies typical, then top-p, then min-p, each to the rest of the one before', () => {
    const filtered = (options: object): number[] =>
      ids(filterCandidates(six(), resolveSampling(options)));
    expect(filtered({})).toEqual([10, 11, 12, 13, 14, 15]);
    expect(filtered({ typicalP: 0.375, topP: 0.5 })).toEqual([11, 12]); // top-p alone: [10]
    expect(filtered({ typicalP: 0.375, minP: 1 })).toEqual([11, 12, 13]); // min-p alone: [10]
    expect(filtered({ topP: 0.7, minP: 0.25 })).toEqual([10, 11, 12]);
    // Min-p first would leave 14 of mass, of which 0.82 takes 12: one token fewer.
    expect(filtered({ topP: 0.82, minP: 0.2 })).toEqual([10, 11, 12, 13]);
  });
});
