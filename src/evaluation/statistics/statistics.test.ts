import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../../test/support/runs.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import {
  bootstrapDifference,
  bootstrapInterval,
  bootstrapMean,
  createBootstrap,
} from './bootstrap.ts';
import { comparePaired } from './compare-paired.ts';
import { holm } from './holm.ts';
import { mean } from './mean.ts';
import { normalQuantile } from './normal-quantile.ts';
import { permutationTest } from './permutation-test.ts';
import { signTest } from './sign-test.ts';
import { wilsonInterval } from './wilson-interval.ts';

const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
});
const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })), {
  minLength: 1,
  maxLength: 12,
});
const columns = (both: readonly (readonly [number, number])[]) =>
  [both.map(([a]) => a), both.map(([, b]) => b)] as const;

describe('bootstrapMean', () => {
  const options = { resamples: 200 };

  it('stays inside the values, around their mean, and repeats itself', () => {
    fc.assert(
      fc.property(values, fc.integer(), (sample, seed) => {
        const { estimate, from, to } = bootstrapMean(sample, { ...options, seed });
        expect(estimate).toBeCloseTo(mean(sample), 9);
        expect(from).toBeLessThanOrEqual(to);
        expect(from).toBeGreaterThanOrEqual(Math.min(...sample) - 1e-9);
        expect(to).toBeLessThanOrEqual(Math.max(...sample) + 1e-9);
        expect(bootstrapMean(sample, { ...options, seed })).toEqual({ estimate, from, to });
      }),
      { numRuns: runs(30) },
    );
  });

  it('is as wide as the normal approximation for many items', { tags: ['slow'] }, () => {
    const sample = Array.from({ length: 400 }, (_, i) => i % 2);
    const { from, to } = bootstrapMean(sample, { resamples: 1000 });
    expect(to - from).toBeCloseTo((2 * 1.96 * 0.5) / 20, 1);
    expect(to - from).toBeGreaterThan(0.08);
  });

  it('gives the same of one statistic after another as of each alone', () => {
    const drawing = { resamples: 50, seed: 3 };
    const bootstrap = createBootstrap([5, 3], drawing);
    const statistics = [1, 2].map((power) => (drawn: readonly (readonly number[])[]) => {
      return drawn.flat().reduce((sum, item) => sum + item ** power, 0);
    });
    for (const statistic of statistics) {
      expect(bootstrap(statistic)).toEqual(bootstrapInterval([5, 3], statistic, drawing));
    }
    expect(() => createBootstrap([0])).toThrow('strata[0]');
  });

  it('resamples within groups', () => {
    const { from, to } = bootstrapInterval(
      [3, 5],
      (resample) => Math.max(...resample.map((items) => Math.max(...items) / items.length)),
      options,
    );
    expect(to).toBeLessThanOrEqual(4 / 5);
    expect(from).toBeGreaterThanOrEqual(0);
  });

  it('is unbounded where the statistic is often undefined', () => {
    const { from, to } = bootstrapInterval([2], ([items]) => (items![0] === 0 ? 1 : Number.NaN));
    expect([from, to]).toEqual([-Infinity, Infinity]);
  });

  it('pairs items: a constant gain has no spread', () => {
    const gain = bootstrapDifference([1, 5, 9], [3, 7, 11], options);
    expect(gain).toEqual({ estimate: 2, from: 2, to: 2 });
  });

  it.each([
    [[], {}],
    [[1], { level: 1 }],
    [[1], { resamples: 0 }],
  ])('refuses %j with %j', (sample, wrong) => {
    expect(() => bootstrapMean(sample, wrong)).toThrow(InvalidOptionError);
  });
});

describe('signTest', () => {
  /** All 2^n ways the differing pairs could have split. */
  function enumerated(a: readonly number[], b: readonly number[]): number {
    const differing = a.filter((value, i) => value !== b[i]).length;
    const gains = b.filter((value, i) => value > a[i]!).length;
    const unevenness = Math.abs(2 * gains - differing);
    const splits = Array.from({ length: 2 ** differing }, (_, bits) => {
      const ones = bits.toString(2).replaceAll('0', '').length;
      return Math.abs(2 * ones - differing);
    });
    return splits.filter((split) => split >= unevenness).length / splits.length;
  }

  it('is the share of splits at least as uneven', () => {
    fc.assert(
      fc.property(pairs, (both) => {
        const [a, b] = columns(both);
        expect(signTest(a, b)).toBeCloseTo(enumerated(a, b), 10);
      }),
    );
  });

  it('equals the permutation test of 0 and 1, both exact', () => {
    fc.assert(
      fc.property(pairs, (both) => {
        const [a, b] = columns(both);
        expect(permutationTest(a, b)).toBeCloseTo(signTest(a, b), 10);
        expect(signTest(b, a)).toBe(signTest(a, b));
      }),
    );
  });

  it('does not underflow', () => {
    const a = Array.from({ length: 3000 }, () => 0);
    const b = a.map((_, i) => (i < 1600 ? 1 : -1));
    // z = 200 / sqrt(3000): two-sided p of the normal with continuity correction.
    expect(signTest(a, b)).toBeCloseTo(0.00028, 5);
  });
});

describe('permutationTest', () => {
  it('draws what it does not enumerate, close to the exact sign test', () => {
    const a = Array.from({ length: 60 }, () => 0);
    const b = a.map((_, i) => (i < 38 ? 1 : -1));
    expect(permutationTest(a, b)).toBeCloseTo(signTest(a, b), 2);
    expect(permutationTest(a, b, { seed: 1 })).not.toBe(permutationTest(a, b));
  });

  it('is never 0, and 1 where nothing differs', () => {
    const a = Array.from({ length: 40 }, () => 0);
    expect(permutationTest(a, a)).toBe(1);
    const all = permutationTest(
      a,
      a.map(() => 1),
      { permutations: 99 },
    );
    expect(all).toBe(0.01);
  });

  it.each([
    [[], []],
    [[1], [1, 2]],
    [[Number.NaN], [1]],
  ])('refuses %j with %j', (a, b) => {
    expect(() => permutationTest(a, b)).toThrow(InvalidOptionError);
  });
});

describe('wilsonInterval', () => {
  it('holds the shares that the score test does not reject', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, u) => {
          const successes = Math.round(u * n);
          const { estimate, from, to } = wilsonInterval(successes, n);
          expect(0 <= from && from <= estimate && estimate <= to && to <= 1).toBe(true);
          for (const end of [from, to].filter((share) => share > 0 && share < 1)) {
            const z = Math.abs(estimate - end) / Math.sqrt((end * (1 - end)) / n);
            expect(z).toBeCloseTo(1.959964, 4);
          }
        },
      ),
    );
  });

  it.each([
    [1, 0],
    [3, 2],
    [-1, 2],
  ])('refuses %i of %i', (successes, trials) => {
    expect(() => wilsonInterval(successes, trials)).toThrow(InvalidOptionError);
  });
});

it('normalQuantile gives the tabulated values', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 7);
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0.0005)).toBeCloseTo(-3.290526731, 7);
  expect(normalQuantile(0.999)).toBeCloseTo(3.090232306, 7);
});

it('comparePaired takes the test that fits', () => {
  expect(comparePaired([0, 1], [1, 1])).toMatchObject({ test: 'mcnemar', pValue: 1, n: 2 });
  expect(comparePaired([0, 0.5], [1, 1])).toMatchObject({
    test: 'permutation',
    pValue: 0.5,
    difference: { estimate: 0.75 },
  });
});

describe('holm', () => {
  it.each([
    // As R's p.adjust(…, "holm") gives them.
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.08, 0.09, 0.09, 0.09],
    ],
    [
      [0.04, 0.001, 0.5, 0.02],
      [0.08, 0.004, 0.5, 0.06],
    ],
    [
      [0.6, 0.6],
      [1, 1],
    ],
    [[0.03], [0.03]],
    [[], []],
  ])('corrects %j to %j', (pValues, expected) => {
    expect(holm(pValues)).toEqual(expected.map((value) => expect.closeTo(value, 12) as number));
  });

  it('is what closed testing with Bonferroni gives', () => {
    const pValue = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(pValue, { minLength: 1, maxLength: 7 }), (pValues) => {
        const subsets = Array.from({ length: 2 ** pValues.length }, (_, bits) =>
          pValues.flatMap((__, i) => (bits & (1 << i) ? [i] : [])),
        );
        const closed = pValues.map((_, i) =>
          Math.max(
            ...subsets
              .filter((subset) => subset.includes(i))
              .map((subset) =>
                Math.min(1, subset.length * Math.min(...subset.map((j) => pValues[j]!))),
              ),
          ),
        );
        for (const [i, corrected] of holm(pValues).entries()) {
          expect(corrected).toBeCloseTo(closed[i]!, 12);
        }
      }),
    );
  });
});
