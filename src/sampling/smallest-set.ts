/** A place in the order of ascending keys, the lower position first among equals. */
export interface Cut {
  readonly key: number;
  readonly position: number;
}

/** Keys are told apart by this many equal ranges at a time. */
const BUCKETS = 256;

/**
 * The last entry of the smallest set, taken in ascending order of `keys`, the lower position first
 * among equals, whose weights add up to at least `target`; the last of all if they never do.
 *
 * Nothing is sorted: masses are added up per range of keys, and the range where the target is reached
 * is divided in turn until its keys are equal. Time is O(n) for keys that are spread at all evenly.
 * @param keys - Shape `[n]`, n >= 1, finite.
 * @param weights - Shape `[n]`, not negative.
 */
export function smallestSet(keys: Float64Array, weights: Float32Array, target: number): Cut {
  const buckets = new Uint8Array(keys.length); // by member
  let members = new Int32Array(keys.length);
  for (let i = 0; i < members.length; i++) members[i] = i;
  let before = 0; // mass of all that precedes the members
  for (;;) {
    let least = Infinity;
    let most = -Infinity;
    for (let m = 0; m < members.length; m++) {
      const key = keys[members[m]!]!;
      if (key < least) least = key;
      if (key > most) most = key;
    }
    if (least === most) {
      return { key: least, position: reach(members, weights, target, before) };
    }
    const masses = new Float64Array(BUCKETS);
    for (let m = 0; m < members.length; m++) {
      const position = members[m]!;
      const share = (keys[position]! - least) / (most - least);
      const bucket = Math.min(Math.floor(share * BUCKETS), BUCKETS - 1);
      buckets[m] = bucket;
      masses[bucket]! += weights[position]!;
    }
    let reached = 0;
    while (reached < BUCKETS - 1 && before + masses[reached]! < target) {
      before += masses[reached++]!;
    }
    let left = 0;
    for (let m = 0; m < members.length; m++) {
      if (buckets[m] === reached) members[left++] = members[m]!;
    }
    members = members.subarray(0, left);
  }
}

/** The first of the members, by position, at which the mass is at least `target`, or the last. */
function reach(members: Int32Array, weights: Float32Array, target: number, before: number): number {
  let mass = before;
  for (let m = 0; m < members.length; m++) {
    mass += weights[members[m]!]!;
    if (mass >= target) return members[m]!;
  }
  return members.at(-1)!;
}
