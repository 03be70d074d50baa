// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.
import { exp4, highHalf } from './exp';

// Kernels that only read rows. `x`, `p`, `q` are byte addresses of rows padded with -Infinity to a
// multiple of 16 entries; `length` counts the entries before the padding.

/** The largest entry. */
export function maximum(x: usize, length: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  const end = x + ((<usize>length) << 2);
  for (let at = x; at < end; at += 64) {
    a = f32x4.pmax(a, v128.load(at));
    b = f32x4.pmax(b, v128.load(at, 16));
    c = f32x4.pmax(c, v128.load(at, 32));
    d = f32x4.pmax(d, v128.load(at, 48));
  }
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  const low = max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1));
  const high = max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3));
  return max(low, high);
}

/** Index of the first entry equal to `value`, or -1. */
export function indexOf(x: usize, length: i32, value: f32): i32 {
  const wanted = f32x4.splat(value);
  for (let i = 0; i < length; i += 4) {
    const hits = i32x4.bitmask(f32x4.eq(v128.load(x + ((<usize>i) << 2)), wanted));
    if (hits != 0) return i + ctz(hits);
  }
  return -1;
}

/** Index of the first NaN or infinity, or -1. */
export function firstNonFinite(x: usize, length: i32): i32 {
  const infinity = f32x4.splat(Infinity);
  for (let i = 0; i < length; i += 4) {
    const finite = f32x4.lt(f32x4.abs(v128.load(x + ((<usize>i) << 2))), infinity);
    const hits = i32x4.bitmask(v128.not(finite));
    // The padding is infinite: the last vector's hits count only inside the row.
    if (hits != 0) return i + ctz(hits) < length ? i + ctz(hits) : -1;
  }
  return -1;
}

/**
 * `y[i] <- exp(scale * (x[i] - max))`, `max` being the largest entry and finite; returns the sum in
 * float64. `y` is scratch as long as a padded row.
 */
export function storeExp(y: usize, x: usize, length: i32, max: f32, scale: f64): f64 {
  let sum = f64x2.splat(0);
  const bytes = (<usize>length) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const weights = exp4(v128.load(x + at), max, scale);
    v128.store(y + at, weights);
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(weights));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(highHalf(weights)));
  }
  return sumLanes(sum);
}

/**
 * `Σ_i w[i] ((p[i] - pMax) - (q[i] - qMax))` in float64, `w[i] = exp(p[i] - pMax)` being given: the
 * cross term of KL, times `Σ w`. Infinity if q is `-Infinity` somewhere where p is not.
 */
export function weightedGap(w: usize, p: usize, q: usize, length: i32, shift: f64): f64 {
  const banned = f32x4.splat(-Infinity);
  const shifts = f64x2.splat(shift);
  let lost = i32x4.splat(0);
  let sum = f64x2.splat(0);
  const bytes = (<usize>length) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const wv = v128.load(w + at);
    const pv = v128.load(p + at);
    const qv = v128.load(q + at);
    lost = v128.or(lost, v128.and(f32x4.gt(pv, banned), f32x4.eq(qv, banned)));
    sum = f64x2.add(sum, gapTerm(wv, pv, qv, shifts));
    sum = f64x2.add(sum, gapTerm(highHalf(wv), highHalf(pv), highHalf(qv), shifts));
  }
  return v128.any_true(lost) ? Infinity : sumLanes(sum);
}

/** `w (p - q - shift)` of the two low lanes; exactly 0 where w is 0, even if the gap is NaN. */
function gapTerm(w: v128, p: v128, q: v128, shift: v128): v128 {
  const weight = f64x2.promote_low_f32x4(w);
  const gap = f64x2.sub(f64x2.promote_low_f32x4(p), f64x2.promote_low_f32x4(q));
  return v128.and(f64x2.mul(weight, f64x2.sub(gap, shift)), f64x2.gt(weight, f64x2.splat(0)));
}

/** Sum of both float64 lanes. */
export function sumLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
