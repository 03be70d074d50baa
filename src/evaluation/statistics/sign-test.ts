import { requirePaired } from './paired.ts';

/**
 * Exact two-sided sign test of paired values, which for values of 0 and 1 is McNemar's exact test: the
 * probability, if gains and losses were equally likely, of a split at least as uneven as theirs. Ties
 * do not count.
 * @returns The p-value, above 0 and at most 1. @throws InvalidOptionError for what is not paired.
 * @see McNemar 1947, "Note on the sampling error of the difference between correlated proportions",
 *   Psychometrika 12(2)
 */
export function signTest(a: readonly number[], b: readonly number[]): number {
  requirePaired(a, b);
  const gains = b.filter((value, i) => value > a[i]!).length;
  const losses = b.filter((value, i) => value < a[i]!).length;
  return Math.min(1, 2 * lowerTail(gains + losses, Math.min(gains, losses)));
}

/** `P(X ≤ most)` for X binomial with `n` trials of probability 1/2. */
function lowerTail(n: number, most: number): number {
  let sum = 0;
  let logChoose = 0;
  for (let i = 0; i <= most; i++) {
    // In logarithms: 2^−n is 0 from n = 1075 on.
    sum += Math.exp(logChoose - n * Math.LN2);
    logChoose += Math.log(n - i) - Math.log(i + 1);
  }
  return sum;
}
