/** `(√5 − 1) / 2`: how much of the bracket every step keeps. */
const ratio = (Math.sqrt(5) - 1) / 2;

/** Digits of the values that are tried: more would be noise in a recipe. */
const digits = 3;

/**
 * Golden section search for the maximum of a function with one peak. Equal values keep the lower part of
 * the bracket, so that on a plateau the lesser value is looked for.
 * @param value - Of a point; tried at most `evaluations` times, at points of three digits.
 * @see Kiefer 1953, "Sequential Minimax Search for a Maximum", Proceedings of the AMS 4(3)
 */
export async function goldenSection(
  value: (point: number) => Promise<number>,
  [from, to]: readonly [from: number, to: number],
  evaluations: number,
): Promise<void> {
  let [low, high] = [from, to];
  const known = new Map<number, number>();
  const valueOf = async (point: number): Promise<number> => {
    const rounded = Number(point.toPrecision(digits));
    const before = known.get(rounded);
    if (before !== undefined) return before;
    const now = await value(rounded);
    known.set(rounded, now);
    return now;
  };
  // A step needs two points, of which the last step has left one.
  while (known.size + (known.size === 0 ? 2 : 1) <= evaluations) {
    const [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
    const size = known.size;
    if ((await valueOf(left)) >= (await valueOf(right))) high = right;
    else low = left;
    if (known.size === size) return; // the points differ in no digit any more
  }
}
