/**
 * Which entries make up the smallest set, taken in ascending order of `keys`, the lower position
 * first among equals, whose weights add up to at least `target`; all of them if none does.
 * A weighted quickselect: expected time O(n), nothing is sorted.
 * @param keys - Shape `[n]`. @param weights - Shape `[n]`, not negative. @param target - Above 0.
 * @returns A predicate over positions.
 */
export function smallestSet(
  keys: Float64Array,
  weights: Float64Array,
  target: number,
): (position: number) => boolean {
  const precedes = (a: number, b: number): boolean => {
    const [keyA, keyB] = [keys[a]!, keys[b]!];
    return keyA === keyB ? a < b : keyA < keyB;
  };
  const order = Int32Array.from(keys, (_, position) => position);
  let from = 0; // the entry that reaches the target lies in [from, to) …
  let to = order.length;
  let before = 0; // … and this is the mass of all entries that precede `from`
  while (to - from > 1) {
    const middle = partition(order, from, to, precedes);
    let left = before;
    for (let i = from; i < middle; i++) left += weights[order[i]!]!;
    if (left >= target) {
      to = middle;
    } else if (left + weights[order[middle]!]! >= target) {
      from = middle;
      to = middle + 1;
    } else {
      from = Math.min(middle + 1, to - 1);
      before = left + weights[order[middle]!]!;
    }
  }
  const last = order[from]!;
  return (position) => !precedes(last, position);
}

/**
 * Reorders `[from, to)` around the median of its first, middle and last entry.
 * @returns Where that entry now stands: what precedes it is on its left, the rest on its right.
 */
function partition(
  order: Int32Array,
  from: number,
  to: number,
  precedes: (a: number, b: number) => boolean,
): number {
  const swap = (i: number, j: number): void => {
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  };
  const middle = (from + to) >> 1;
  const last = to - 1;
  if (precedes(order[middle]!, order[from]!)) swap(middle, from);
  if (precedes(order[last]!, order[from]!)) swap(last, from);
  if (precedes(order[middle]!, order[last]!)) swap(middle, last);
  const pivot = order[last]!;
  let end = from;
  for (let i = from; i < last; i++) if (precedes(order[i]!, pivot)) swap(i, end++);
  swap(end, last);
  return end;
}
