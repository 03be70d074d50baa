import { bootstrapDifference, type BootstrapOptions } from './bootstrap.ts';
import type { Interval } from './interval.ts';
import { permutationTest } from './permutation-test.ts';
import { signTest } from './sign-test.ts';

/** Two systems on the same items. */
export interface PairedComparison {
  /** `mean(b) − mean(a)`, with its paired bootstrap interval. */
  readonly difference: Interval;
  /** Two-sided. */
  readonly pValue: number;
  /** McNemar's exact test where every value is 0 or 1, else the paired permutation test. */
  readonly test: 'mcnemar' | 'permutation';
  /** Items. */
  readonly n: number;
}

/**
 * How `b` differs from `a` on the same items.
 * @param a - One value per item. @param b - Of the same items, in the same order.
 * @throws InvalidOptionError unless both have finite values of as many items, at least one.
 */
export function comparePaired(
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions = {},
): PairedComparison {
  const isBinary = [...a, ...b].every((value) => value === 0 || value === 1);
  return {
    difference: bootstrapDifference(a, b, options),
    ...(isBinary
      ? { test: 'mcnemar', pValue: signTest(a, b) }
      : {
          test: 'permutation',
          pValue: permutationTest(a, b, options.seed === undefined ? {} : { seed: options.seed }),
        }),
    n: a.length,
  };
}
