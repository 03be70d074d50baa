/**
 * Holm's correction of p-values that are read together: below a level, they are wrong even once with at
 * most that probability, whatever the tests have to do with each other.
 * @param pValues - Of all tests, in any order. @returns Theirs, corrected, in the same order; at most 1.
 * @see Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
 *   Statistics 6(2)
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((_, i) => i).toSorted((a, b) => pValues[a]! - pValues[b]!);
  const corrected = pValues.slice();
  let largest = 0;
  for (const [rank, i] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    corrected[i] = largest;
  }
  return corrected;
}
