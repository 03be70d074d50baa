/** Uniform 32-bit integers from a seed and the place they are for. */
export type NextBits = () => number;

/**
 * Marsaglia's xorshift32, its state hashed from `seed` and `path`, so that every tensor and row has
 * its own stream and can be made alone. Good enough for weights that mean nothing.
 * @see Marsaglia 2003, Xorshift RNGs, doi:10.18637/jss.v008.i14
 */
export function createBits(seed: number, ...path: readonly number[]): NextBits {
  let state = [...path, 0].reduce((hash, part) => mix(hash ^ part), mix(seed));
  if (state === 0) state = 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let x = value + 0x9e3779b9;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
