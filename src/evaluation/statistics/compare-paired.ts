import { bootstrapDifference, type BootstrapOptions } from './bootstrap.ts';
import { countGroups, type Grouping } from './groups.ts';
import type { Interval } from './interval.ts';
import { permutationTest } from './permutation-test.ts';
import { signTest } from './sign-test.ts';

/** What a comparison is over. */
export interface SampleSize {
  /** Items. */
  readonly n: number;
  /** Groups of items that interval and p-value are over; `null` where items are independent. */
  readonly groups: number | null;
}

/** Two systems on the same items. */
export interface PairedComparison extends SampleSize {
  /** `mean(b) − mean(a)`, with its paired bootstrap interval. */
  readonly difference: Interval;
  /** Two-sided. */
  readonly pValue: number;
  /**
   * McNemar's exact test where every value is 0 or 1 and items are independent, else the paired
   * permutation test.
   */
  readonly test: 'mcnemar' | 'permutation';
}

/**
 * How `b` differs from `a` on the same items. Where `groups` are given, groups of items are resampled
 * and change places as a whole; items of several tasks are compared together by putting their values,
 * and their groups, one after the other.
 * @param a - One value per item. @param b - Of the same items, in the same order.
 * @throws InvalidOptionError unless both have finite values of as many items, at least one.
 */
export function comparePaired(
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions & Grouping = {},
): PairedComparison {
  const { groups, seed } = options;
  const isBinary = [...a, ...b].every((value) => value === 0 || value === 1);
  return {
    difference: bootstrapDifference(a, b, options),
    ...(isBinary && groups === undefined
      ? { test: 'mcnemar', pValue: signTest(a, b) }
      : {
          test: 'permutation',
          pValue: permutationTest(a, b, { groups, ...(seed !== undefined && { seed }) }),
        }),
    n: a.length,
    groups: countGroups(groups),
  };
}

/** `n = 50`, or `n = 50 in 10 groups`. */
export function showSampleSize({ n, groups }: SampleSize): string {
  if (groups === null) return `n = ${n}`;
  return `n = ${n} in ${groups === 1 ? '1 group' : `${groups} groups`}`;
}
