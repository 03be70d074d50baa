// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.
import { expOfHalves, highHalf } from './exp';
import { sumLanes } from './reduce';

// Moments of softmax(b + t s). `b` and `s` are byte addresses of rows padded with -Infinity to a
// multiple of 16 entries; `length` counts the entries before the padding.

/**
 * Writes five float64 numbers to `out`: `z`, the largest `b[i] + t s[i]`; `c`, the `s[i]` of its
 * entry; and with `w[i] = exp(b[i] + t s[i] - z)` the sums of `w`, `w (s - c)` and `w (s - c)^2`.
 * Measured from the heaviest entry, the variance loses at most a factor `length` of float64.
 * `z` is -Infinity, and the rest 0, if every `b[i]` is.
 */
export function tiltedSums(out: usize, b: usize, s: usize, length: i32, t: f64): void {
  heaviest(out, b, s, length, t);
  const z = load<f64>(out);
  let mass = f64x2.splat(0);
  let first = mass;
  let second = mass;
  if (z != -Infinity) {
    const zs = f64x2.splat(z);
    const centres = f64x2.splat(load<f64>(out, 8));
    const bytes = (<usize>length) << 2;
    for (let at: usize = 0; at < bytes; at += 16) {
      const bv = v128.load(b + at);
      const sv = v128.load(s + at);
      const low = f64x2.sub(tilted(bv, sv, t), zs);
      const high = f64x2.sub(tilted(highHalf(bv), highHalf(sv), t), zs);
      const weights = expOfHalves(low, high);
      const lowWeights = f64x2.promote_low_f32x4(weights);
      const highWeights = f64x2.promote_low_f32x4(highHalf(weights));
      const lowDistances = distances(sv, centres, lowWeights);
      const highDistances = distances(highHalf(sv), centres, highWeights);
      const lowTerms = f64x2.mul(lowWeights, lowDistances);
      const highTerms = f64x2.mul(highWeights, highDistances);
      mass = f64x2.add(mass, f64x2.add(lowWeights, highWeights));
      first = f64x2.add(first, f64x2.add(lowTerms, highTerms));
      second = f64x2.add(second, f64x2.mul(lowTerms, lowDistances));
      second = f64x2.add(second, f64x2.mul(highTerms, highDistances));
    }
  }
  store<f64>(out, sumLanes(mass), 16);
  store<f64>(out, sumLanes(first), 24);
  store<f64>(out, sumLanes(second), 32);
}

/** Writes the largest `b[i] + t s[i]` and the `s[i]` of its entry; -Infinity and 0 if there is none. */
function heaviest(out: usize, b: usize, s: usize, length: i32, t: f64): void {
  let most = f64x2.splat(-Infinity);
  let shift = f64x2.splat(0);
  const bytes = (<usize>length) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const bv = v128.load(b + at);
    const sv = v128.load(s + at);
    const low = tilted(bv, sv, t);
    const lowWins = f64x2.gt(low, most);
    shift = v128.bitselect(f64x2.promote_low_f32x4(sv), shift, lowWins);
    most = v128.bitselect(low, most, lowWins);
    const high = tilted(highHalf(bv), highHalf(sv), t);
    const highWins = f64x2.gt(high, most);
    shift = v128.bitselect(f64x2.promote_low_f32x4(highHalf(sv)), shift, highWins);
    most = v128.bitselect(high, most, highWins);
  }
  const lane = f64x2.extract_lane(most, 1) > f64x2.extract_lane(most, 0);
  store<f64>(out, lane ? f64x2.extract_lane(most, 1) : f64x2.extract_lane(most, 0));
  store<f64>(out, lane ? f64x2.extract_lane(shift, 1) : f64x2.extract_lane(shift, 0), 8);
}

/** `b + t s` of the two low lanes, in float64; -Infinity where b is, whatever s. */
function tilted(b: v128, s: v128, t: f64): v128 {
  const base = f64x2.promote_low_f32x4(b);
  const sum = f64x2.add(base, f64x2.mul(f64x2.splat(t), f64x2.promote_low_f32x4(s)));
  const banned = f64x2.splat(-Infinity);
  return v128.bitselect(sum, banned, f64x2.gt(base, banned));
}

/** `s - c` of the two low lanes; exactly 0 where the weight is 0, even if s is infinite there. */
function distances(s: v128, c: v128, weights: v128): v128 {
  const distance = f64x2.sub(f64x2.promote_low_f32x4(s), c);
  return v128.and(distance, f64x2.gt(weights, f64x2.splat(0)));
}
