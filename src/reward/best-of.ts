/** Index of the largest value, the first among equals; -1 of none. For best-of-n over answers. */
export function indexOfBest(values: ArrayLike<number>): number {
  let best = values.length === 0 ? -1 : 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
