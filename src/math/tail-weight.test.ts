import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { largestTailWeight } from './tail-weight.ts';

const weights = fc.array(fc.double({ min: -8, max: 3, noNaN: true }), {
  minLength: 1,
  maxLength: 7,
});

function weighs(x: readonly number[], v: readonly number[], s: number): number {
  return x.reduce((sum, xj, j) => sum + v[j]! ** s * Math.exp(xj), 0);
}

/** Every corner of what is feasible: some full, one with the rest. */
function corners(n: number, count: number): number[][] {
  const full = Math.floor(count);
  const found: number[][] = [];
  for (let bits = 0; bits < 2 ** n; bits++) {
    const v = Array.from({ length: n }, (_, j) => (bits >>> j) & 1);
    if (v.filter((one) => one === 1).length !== full) continue;
    if (full === n) found.push(v);
    v.forEach((one, j) => {
      if (one === 0) found.push(v.with(j, count - full));
    });
  }
  return found;
}

describe('the most that a tail can weigh', () => {
  it('is reached at the best of all corners, for exponents from 1 on', () => {
    fc.assert(
      fc.property(
        weights,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 1, max: 4, noNaN: true }),
        (x, share, s) => {
          const count = share * x.length;
          const best = Math.max(...corners(x.length, count).map((v) => weighs(x, v, s)));
          expect(largestTailWeight(Float64Array.from(x), count, s)).toBeCloseTo(best, 8);
        },
      ),
      { numRuns: runs(200) },
    );
  });

  it('is not exceeded by anything feasible, for exponents below 1, and reached by a step towards it', () => {
    fc.assert(
      fc.property(
        weights,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 }),
        (x, share, s, given) => {
          const count = share * x.length;
          const most = largestTailWeight(Float64Array.from(x), count, s);
          // Any point of the box, scaled down to the mass or raised to it.
          const v = toMass(given.slice(0, x.length), count);
          expect(weighs(x, v, s)).toBeLessThanOrEqual(most * (1 + 1e-9) + 1e-12);
          expect(climb(x, count, s)).toBeGreaterThanOrEqual(most * (1 - 1e-3));
        },
      ),
      { numRuns: runs(200) },
    );
  });

  it('goes on from exponents below 1 to 1 without a step', () => {
    fc.assert(
      fc.property(
        weights,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer({ min: 4, max: 14 }),
        (x, share, digits) => {
          const at = (s: number) => largestTailWeight(Float64Array.from(x), share * x.length, s);
          expect(at(1 - 10 ** -digits) / at(1)).toBeCloseTo(1, 2);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('is all of it where there is mass for all, and nothing where there is none', () => {
    expect(largestTailWeight(Float64Array.of(0, Math.log(2)), 5, 1)).toBeCloseTo(3, 12);
    expect(largestTailWeight(Float64Array.of(0, Math.log(2)), 0, 0.5)).toBe(0);
    expect(largestTailWeight(Float64Array.of(-Infinity, -Infinity), 1, 0.5)).toBe(0);
    expect(largestTailWeight(new Float64Array(), 1, 2)).toBe(0);
  });
});

function toMass(v: readonly number[], count: number): number[] {
  const sum = v.reduce((total, one) => total + one, 0);
  if (sum >= count) return v.map((one) => (one * count) / sum);
  const lacking = (count - sum) / (v.length - sum);
  return v.map((one) => one + (1 - one) * lacking);
}

/** By moving mass between two at a time, while it helps. */
function climb(x: readonly number[], count: number, s: number): number {
  let v = toMass(
    x.map(() => 0.5),
    count,
  );
  for (let step = 0.25; step > 1e-7; step /= 2) {
    for (let moved = true; moved;) {
      moved = false;
      for (let i = 0; i < x.length; i++) {
        for (let j = 0; j < x.length; j++) {
          const next = v.with(i, v[i]! + step).with(j, v[j]! - step);
          if (i === j || next[i]! > 1 || next[j]! < 0) continue;
          if (weighs(x, next, s) <= weighs(x, v, s) + 1e-12) continue;
          v = next;
          moved = true;
        }
      }
    }
  }
  return weighs(x, v, s);
}
