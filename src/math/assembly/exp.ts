// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.

/** Below 2^-125 of the largest an exponential is exactly 0: it cannot change a float64 sum. */
const LOWEST_EXPONENT: f32 = -125;
const LN_2: f64 = 0.6931471805599453;
const LOG2_E: f64 = 1.4426950408889634;

/**
 * `exp(scale * (x - max))` of four float32 lanes, none larger than `max`; `-Infinity` gives 0.
 * `2^k * exp(r)` with `|r| <= ln(2) / 2`: k is found in float32, r is formed in float64, so the error
 * (below 2e-7, relative) grows neither with the distance to the maximum nor with the scale.
 */
export function exp4(x: v128, max: f32, scale: f64): v128 {
  const exponent = f32x4.mul(f32x4.sub(x, f32x4.splat(max)), f32x4.splat(<f32>(scale * LOG2_E)));
  return power(exponent, scaled(x, max, scale), scaled(highHalf(x), max, scale));
}

/** `exp(z)` of four float64 numbers of at most 0, in two halves, as float32; the error of {@link exp4}. */
export function expOfHalves(low: v128, high: v128): v128 {
  const exponent = f32x4.mul(demote(low, high), f32x4.splat(<f32>LOG2_E));
  return power(exponent, low, high);
}

/**
 * `exp(z)`, `exponent` being `z log2(e)` rounded. The polynomial is that of Cephes' `expf` (Moshier
 * 1992), in Horner form.
 */
function power(exponent: v128, low: v128, high: v128): v128 {
  const lowest = f32x4.splat(LOWEST_EXPONENT);
  const k = f32x4.nearest(f32x4.pmax(lowest, exponent));
  const r = demote(remainder(low, k), remainder(high, highHalf(k)));
  let y = f32x4.splat(1.98756915e-4);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(y, r), r), r), f32x4.splat(1));
  const powerOf2 = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(k), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(y, powerOf2), f32x4.ge(exponent, lowest));
}

/** `scale * (x - max)` of the two low lanes, in float64. */
function scaled(x: v128, max: f32, scale: f64): v128 {
  const distance = f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.splat(<f64>max));
  return f64x2.mul(distance, f64x2.splat(scale));
}

/** `z - k * ln(2)`, k in the two low lanes. */
function remainder(z: v128, k: v128): v128 {
  return f64x2.sub(z, f64x2.mul(f64x2.promote_low_f32x4(k), f64x2.splat(LN_2)));
}

/** Two pairs of float64 as four float32. */
function demote(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The two high lanes, moved to the low half. */
export function highHalf(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 2, 3);
}
