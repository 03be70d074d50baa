import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../../test/support/runs.ts';
import { uniformAt } from '../../math/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import { bootstrapDifference, bootstrapMean } from './bootstrap.ts';
import { comparePaired, showSampleSize } from './compare-paired.ts';
import { countGroups, groupMembers, type Grouping } from './groups.ts';
import { mean } from './mean.ts';
import { permutationTest } from './permutation-test.ts';

const figures = fc.double({ min: -10, max: 10, noNaN: true });

/** Values of two systems and the groups of their items. */
const grouped = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 5 }),
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom('x', 'y', 'z', 'u', 'v'),
  ),
  {
    minLength: 1,
    maxLength: 20,
  },
);

/** All ways to change places, whole groups at a time: the definition of the test. */
function enumerated(a: readonly number[], b: readonly number[], groups: readonly string[]): number {
  const names = [...new Set(groups)];
  const difference = (flipped: ReadonlySet<string>): number =>
    mean(b.map((value, i) => (flipped.has(groups[i]!) ? a[i]! - value : value - a[i]!)));
  const observed = Math.abs(difference(new Set()));
  const all = Array.from({ length: 2 ** names.length }, (_, bits) =>
    difference(new Set(names.filter((__, i) => bits & (1 << i)))),
  );
  return all.filter((value) => Math.abs(value) >= observed - 1e-10).length / all.length;
}

/** The same values in `copies` items each, which are one group. */
function copied<Value>(values: readonly Value[], copies: number): Value[] {
  return values.flatMap((value) => Array.from({ length: copies }, () => value));
}

describe('groupMembers', () => {
  it('gives each group its items, in the order that groups first occur', () => {
    expect(groupMembers(4, ['x', 'y', 'x', 'z'])).toEqual([[0, 2], [1], [3]]);
    expect(groupMembers(2)).toEqual([[0], [1]]);
    expect(countGroups(['x', 'y', 'x'])).toBe(2);
    expect(countGroups(undefined)).toBeNull();
  });

  it('refuses names that are not one for each item', () => {
    expect(() => comparePaired([0, 1], [1, 1], { groups: ['x'] })).toThrow(InvalidOptionError);
    expect(() => bootstrapMean([0, 1], { groups: ['x'] })).toThrow(/2 names, not 1/);
  });
});

describe('the bootstrap over groups', () => {
  const options = { resamples: 200 };

  it('is the one over items where each is its own group', () => {
    fc.assert(
      fc.property(fc.array(figures, { minLength: 1, maxLength: 30 }), fc.integer(), (own, seed) => {
        const groups = own.map((_, i) => `${i}`);
        expect(bootstrapMean(own, { ...options, seed, groups })).toEqual(
          bootstrapMean(own, { ...options, seed }),
        );
      }),
      { numRuns: runs(30) },
    );
  });

  it('is as wide as that of one item per group where the items of a group are the same', () => {
    const values = Array.from({ length: 30 }, (_, i) => (i * 7) % 11);
    const groups = values.map((_, i) => `${i}`);
    const once = bootstrapMean(values, options);
    const often = bootstrapMean(copied(values, 5), { ...options, groups: copied(groups, 5) });
    expect(often.from).toBeCloseTo(once.from, 12);
    expect(often.to).toBeCloseTo(once.to, 12);
    const independent = bootstrapMean(copied(values, 5), options);
    expect(independent.to - independent.from).toBeLessThan(0.6 * (once.to - once.from));
  });

  it('holds the percentiles of all resamples, large groups counting for more', () => {
    // Three groups of different sizes: 27 resamples, all equally likely.
    const sums = [6, 1, 0];
    const sizes = [3, 1, 2];
    const drawn = [0, 1, 2];
    const all = drawn
      .flatMap((i) => drawn.flatMap((j) => drawn.map((k) => [i, j, k])))
      .map((resample) => {
        const total = (of: readonly number[]) => resample.reduce((sum, g) => sum + of[g]!, 0);
        return total(sums) / total(sizes);
      })
      .toSorted((x, y) => x - y);
    const interval = bootstrapMean([1, 2, 3, 1, 0, 0], {
      groups: ['x', 'x', 'x', 'y', 'z', 'z'],
      level: 0.5,
      resamples: 4000,
    });
    // The quartiles fall inside steps of the distribution, not on their edges.
    expect(interval.from).toBeCloseTo(all[Math.floor(27 / 4)]!, 12);
    expect(interval.to).toBeCloseTo(all[Math.floor((3 * 27) / 4)]!, 12);
    expect(interval.estimate).toBeCloseTo(7 / 6, 12);
  });

  it('has about the width that the spread of group totals predicts', () => {
    // Independent reference: the linearised variance of a ratio of means over groups.
    const sizes = Array.from({ length: 60 }, (_, g) => 1 + (g % 4));
    const groups = sizes.flatMap((size, g) => copied([`${g}`], size));
    const values = groups.map((group, i) => ((Number(group) * 13) % 17) + (i % 3));
    const centre = mean(values);
    const totals = sizes.map((_, g) =>
      values.reduce((sum, value, i) => (groups[i] === `${g}` ? sum + value - centre : sum), 0),
    );
    const deviation = Math.sqrt(totals.reduce((sum, t) => sum + t * t, 0)) / values.length;
    const { from, to } = bootstrapMean(values, { groups });
    expect((to - from) / (2 * 1.96 * deviation)).toBeGreaterThan(0.9);
    expect((to - from) / (2 * 1.96 * deviation)).toBeLessThan(1.1);
  });

  it(
    'holds the mean of ten groups nine times in ten, where that over items does not',
    { tags: ['slow'] },
    () => {
      let counter = 0;
      const normal = (): number => {
        const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(1, counter++)));
        return radius * Math.cos(2 * Math.PI * uniformAt(1, counter++));
      };
      const groups = copied(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], 5);
      const samples = Array.from({ length: 400 }, () => {
        const effects = Array.from({ length: 10 }, normal);
        return groups.map((group) => effects[Number(group)]! + normal());
      });
      const coverage = (count: number, grouping: Grouping): number =>
        mean(
          samples.slice(0, count).map((values, seed) => {
            const { from, to } = bootstrapMean(values, { resamples: 200, seed, ...grouping });
            return from <= 0 && 0 <= to ? 1 : 0;
          }),
        );
      // The percentiles of n values are about as wide as 1.96 √((n - 1) / n) in Student's t: 0.904.
      expect(Math.abs(coverage(400, { groups }) - 0.904)).toBeLessThan(0.03);
      expect(coverage(80, {})).toBeLessThan(0.8);
    },
  );

  it('pairs systems: a constant gain has no spread', () => {
    const gain = bootstrapDifference([1, 5, 9], [3, 7, 11], {
      ...options,
      groups: ['x', 'x', 'y'],
    });
    expect(gain).toEqual({ estimate: 2, from: 2, to: 2 });
  });
});

describe('the permutation test over groups', () => {
  it('is the share of all ways to change places', () => {
    fc.assert(
      fc.property(grouped, (items) => {
        const [a, b] = [items.map(([x]) => x), items.map(([, y]) => y)];
        const groups = items.map(([, , group]) => group);
        expect(permutationTest(a, b, { groups })).toBeCloseTo(enumerated(a, b, groups), 10);
      }),
    );
  });

  it('is the one over items where each is its own group, drawn or gone through', () => {
    for (const items of [5, 40]) {
      const a = Array.from({ length: items }, (_, i) => i % 3);
      const b = Array.from({ length: items }, (_, i) => (i * 7) % 5);
      const groups = a.map((_, i) => `${i}`);
      expect(permutationTest(a, b, { groups })).toBe(permutationTest(a, b));
    }
  });

  it('takes what is left of a sum by rounding for nothing', () => {
    const gains = [0.1, 0.2, -0.3, 0.3, -0.1, -0.2, 0.6, -0.7, 0.1];
    const groups = copied(['x', 'y', 'z'], 3);
    const none = gains.map(() => 0);
    expect(permutationTest(none, gains, { groups })).toBe(1);
  });

  it('finds no more evidence in copies', () => {
    const [a, b] = [
      [0, 0, 1, 0, 0, 0],
      [1, 1, 1, 1, 1, 1],
    ];
    const groups = copied(['u', 'v', 'w', 'x', 'y', 'z'], 4);
    expect(permutationTest(copied(a, 4), copied(b, 4), { groups })).toBe(permutationTest(a, b));
    expect(permutationTest(copied(a, 4), copied(b, 4))).toBeLessThan(0.001);
  });
});

describe('comparePaired', () => {
  it('permutes groups, of 0 and 1 too, and says how many there are', () => {
    const groups = ['x', 'x', 'y', 'y', 'y'];
    const comparison = comparePaired([0, 0, 0, 0, 0], [1, 1, 1, 1, 1], { groups });
    expect(comparison).toMatchObject({ test: 'permutation', pValue: 0.5, n: 5, groups: 2 });
    expect(showSampleSize(comparison)).toBe('n = 5 in 2 groups');
    const independent = comparePaired([0, 0, 0, 0, 0], [1, 1, 1, 1, 1]);
    expect(independent).toMatchObject({ test: 'mcnemar', pValue: 0.0625, groups: null });
    expect(showSampleSize(independent)).toBe('n = 5');
  });
});
