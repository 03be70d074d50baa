// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.

/** Below 2^-125 of the largest an exponential is exactly 0: it cannot change a float64 sum. */
const LOWEST_EXPONENT: f32 = -125;
const LN_2: f64 = 0.6931471805599453;
const LOG2_E: f64 = 1.4426950408889634;

/**
 * `exp(scale * (x - max))` of four float32 lanes, none larger than `max`; `-Infinity` gives 0.
 * `2^k * exp(r)` with `|r| <= ln(2) / 2`: k is found in float32, r is formed in float64, so the error
 * (below 2e-7, relative) grows neither with the distance to the maximum nor with the scale.
 * The polynomial is that of Cephes' `expf` (Moshier 1992), in Horner form.
 */
export function exp4(x: v128, max: f32, scale: f64): v128 {
  const exponent = f32x4.mul(f32x4.sub(x, f32x4.splat(max)), f32x4.splat(<f32>(scale * LOG2_E)));
  const lowest = f32x4.splat(LOWEST_EXPONENT);
  const k = f32x4.nearest(f32x4.pmax(lowest, exponent));
  const r = v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(remainder(x, k, max, scale)),
    f32x4.demote_f64x2_zero(remainder(highHalf(x), highHalf(k), max, scale)),
    0,
    1,
    4,
    5,
  );
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

/** `scale * (x - max) - k * ln(2)` of the two low lanes, in float64. */
function remainder(x: v128, k: v128, max: f32, scale: f64): v128 {
  const z = f64x2.mul(
    f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.splat(<f64>max)),
    f64x2.splat(scale),
  );
  return f64x2.sub(z, f64x2.mul(f64x2.promote_low_f32x4(k), f64x2.splat(LN_2)));
}

/** The two high lanes, moved to the low half. */
export function highHalf(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 2, 3);
}
