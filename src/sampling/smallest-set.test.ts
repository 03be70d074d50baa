import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { type Cut, smallestSet } from './smallest-set.ts';

/** The positions chosen, by sorting. */
function bySorting(keys: number[], weights: number[], target: number): number[] {
  const order = keys.map((_, i) => i).toSorted((a, b) => keys[a]! - keys[b]! || a - b);
  let mass = 0;
  const end = order.findIndex((i) => (mass += weights[i]!) >= target);
  return (end === -1 ? order : order.slice(0, end + 1)).toSorted((a, b) => a - b);
}

/** The positions up to the cut. */
function upTo({ key, position }: Cut, keys: number[]): number[] {
  const positions = keys.map((_, i) => i);
  return positions.filter((i) => keys[i]! < key || (keys[i] === key && i <= position));
}

describe('smallestSet', () => {
  it('is the shortest prefix of the sorted order that reaches the target', () => {
    const pair = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(5)); // exact sums, many ties
    fc.assert(
      fc.property(
        fc.array(pair, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 200 }),
        (pairs, target) => {
          const keys = pairs.map(([key]) => key);
          const weights = pairs.map(([, weight]) => weight);
          const cut = smallestSet(Float64Array.from(keys), Float32Array.from(weights), target);
          expect(upTo(cut, keys)).toEqual(bySorting(keys, weights, target));
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('tells keys apart however close, and however far, they are', () => {
    const keys = [1, 1 + 2 ** -52, 1e300, 5e-324, 0, 1e-300, -1e300];
    const order = keys.map((_, i) => i).toSorted((a, b) => keys[a]! - keys[b]!);
    for (let count = 1; count <= keys.length; count++) {
      const cut = smallestSet(Float64Array.from(keys), new Float32Array(7).fill(1), count);
      expect(cut.position).toBe(order[count - 1]);
    }
  });

  it.each(['rising', 'falling', 'flat'])('takes a long %s run in its stride', (shape) => {
    const n = 50_000;
    const slope = { rising: 1, falling: -1, flat: 0 }[shape]!;
    const keys = Float64Array.from({ length: n }, (_, i) => slope * i);
    const kept = upTo(smallestSet(keys, new Float32Array(n).fill(1), 1000), [...keys]);
    expect(kept.length).toBe(1000);
    expect(kept[0]).toBe(shape === 'falling' ? n - 1000 : 0);
  });
});
