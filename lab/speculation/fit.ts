// Whether counts are those of a distribution.

/** Counts against what was expected of them. */
export interface Fit {
  readonly samples: number;
  /** Outcomes that were told apart: rare ones are one together. */
  readonly cells: number;
  readonly chiSquare: number;
  /** About as many deviations above the mean of a normal distribution: 0 is the middle, 3.72 one in ten thousand. */
  readonly z: number;
}

/** Below so many expected ones an outcome is among the rare ones. */
const fewest = 8;

/**
 * Pearson's χ², and what it is worth.
 * @param expected - The probability of each outcome; their sum is 1.
 * @see Wilson & Hilferty 1931, "The Distribution of Chi-Square", for the deviations.
 */
export function fitOf(
  counts: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): Fit {
  const samples = [...counts.values()].reduce((total, count) => total + count, 0);
  const known = [...expected].map(([outcome, probability]) => ({
    count: counts.get(outcome) ?? 0,
    expected: samples * probability,
  }));
  const usual = known.filter((cell) => cell.expected >= fewest);
  const rare = {
    count: samples - usual.reduce((total, { count }) => total + count, 0),
    expected: samples - usual.reduce((total, cell) => total + cell.expected, 0),
  };
  const cells = rare.expected >= 1 || rare.count > 0 ? [...usual, rare] : usual;
  const chiSquare = cells.reduce(
    (total, cell) => total + (cell.count - cell.expected) ** 2 / Math.max(cell.expected, 1e-9),
    0,
  );
  const freedom = cells.length - 1;
  const spread = 2 / (9 * freedom);
  const z = (Math.cbrt(chiSquare / freedom) - (1 - spread)) / Math.sqrt(spread);
  return { samples, cells: cells.length, chiSquare, z };
}
