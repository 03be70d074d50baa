import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import {
  createReferenceRowKernels,
  createRowKernels,
  type RowKernels,
  uniformAt,
} from '../math/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { largestScale, type ScaledShift } from './kl-budget.ts';

type Pairs = readonly (readonly [base: number, shift: number])[];

const float32 = (limit: number): fc.Arbitrary<number> =>
  fc.float({ min: -limit, max: limit, noNaN: true });

/** Logits and their shift: dense, on a few tokens alone, tiny or huge. */
const pairs: fc.Arbitrary<Pairs> = fc.array(
  fc.tuple(float32(20), fc.oneof(float32(20), float32(0.125), fc.constantFrom(0, 5, -1e6))),
  { minLength: 1, maxLength: 50, size: 'max' },
);
const budgets = fc.oneof(
  fc.double({ min: 0, max: 10, noNaN: true }),
  fc.double({ min: 0, max: 1e-5, noNaN: true }),
);

/** KL of the row shifted by `t shift` from the row, enumerated in float64. */
function divergence(rows: Pairs, t: number): number {
  const q = logSoftmax(rows.map(([base, shift]) => base + t * shift));
  const p = logSoftmax(rows.map(([base]) => base));
  return q.reduce((sum, x, i) => sum + Math.exp(x) * (x - p[i]!), 0);
}

function logSoftmax(row: readonly number[]): number[] {
  const max = Math.max(...row);
  const logZ = max + Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
  return row.map((x) => x - logZ);
}

describe.each([
  ['SIMD', createRowKernels],
  ['reference', createReferenceRowKernels],
])('largestScale on %s kernels', (_, create) => {
  function load(rows: Pairs): RowKernels {
    const kernels = create(rows.length, 2);
    kernels.row(0).set(rows.map(([base]) => base));
    kernels.row(1).set(rows.map(([, shift]) => shift));
    return kernels;
  }
  const scaleOf = (rows: Pairs, budget: number): ScaledShift =>
    largestScale(load(rows), { base: 0, shift: 1 }, budget);

  it('stays inside the budget, and uses it where it binds', () => {
    fc.assert(
      fc.property(pairs, budgets, (rows, budget) => {
        const { scale, kl } = scaleOf(rows, budget);
        expect(scale >= 0 && scale <= 1).toBe(true);
        expect(kl).toBeLessThanOrEqual(budget);
        const exact = divergence(rows, scale);
        expect(Math.abs(kl - exact)).toBeLessThanOrEqual(1e-6 * (1 + exact));
        if (scale === 1) return;
        const used = budget - Math.max(1e-3 * budget, 1e-6);
        expect(kl).toBeGreaterThanOrEqual(used);
      }),
      { numRuns: runs(300) },
    );
  });

  it('grows with the budget', () => {
    fc.assert(
      fc.property(pairs, budgets, budgets, (rows, a, b) => {
        const less = scaleOf(rows, Math.min(a, b));
        const more = scaleOf(rows, Math.max(a, b));
        // Neither is known better than its slack.
        expect(less.kl).toBeLessThanOrEqual(more.kl + Math.max(1e-3 * more.kl, 2e-6));
      }),
    );
  });

  it('is exactly 1 where the budget does not bind, and exactly 0 where there is none', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        expect(scaleOf(rows, Infinity).scale).toBe(1);
        const still = rows.map(([base]) => [base, 0] as const);
        expect(scaleOf(still, 0)).toEqual({ scale: 1, kl: 0 });
        const whole = divergence(rows, 1);
        expect(scaleOf(rows, whole * 1.001 + 1e-5).scale).toBe(1);
        fc.pre(whole > 1e-5);
        expect(scaleOf(rows, 0)).toEqual({ scale: 0, kl: 0 });
      }),
    );
  });

  it('finds the scale of two tokens that can be solved by hand', () => {
    // softmax(0, 2t) from even odds: KL = ln 2 - H(p), which is 0.130812 for p = 3/4, at 2t = ln 3.
    const rows = [
      [0, 0],
      [0, 2],
    ] as const;
    const { scale, kl } = scaleOf(
      rows,
      Math.log(2) + 0.75 * Math.log(0.75) + 0.25 * Math.log(0.25),
    );
    expect(Math.abs(scale - Math.log(3) / 2)).toBeLessThan(1e-3);
    expect(kl).toBeCloseTo(0.1307, 4);
  });

  it('takes about five looks at the rows', () => {
    const counts: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const rows = Array.from({ length: 300 }, (__, i) => {
        const at = (counter: number): number => 12 * uniformAt(seed, counter) - 6;
        return [at(2 * i), seed % 2 === 0 || i < 10 ? at(2 * i + 1) : 0] as const;
      });
      const kernels = load(rows);
      let count = 0;
      const counting: RowKernels = {
        ...kernels,
        tiltedMoments(b, s, t) {
          count++;
          return kernels.tiltedMoments(b, s, t);
        },
      };
      const { scale } = largestScale(counting, { base: 0, shift: 1 }, [0.01, 0.1, 1][seed % 3]!);
      if (scale < 1) counts.push(count);
    }
    expect(counts.length).toBeGreaterThan(40);
    expect(Math.max(...counts)).toBeLessThanOrEqual(12);
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeLessThan(6);
  });

  it.each([-1, NaN, -Infinity])('refuses the budget %d', (budget) => {
    expect(() => scaleOf([[0, 1]], budget)).toThrow(InvalidOptionError);
  });
});
