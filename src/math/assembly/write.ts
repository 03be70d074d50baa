// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.

// Kernels that write a row: whole vectors first, then entry by entry, so that the padding behind the
// row keeps its -Infinity. Addresses are in bytes.

/** `y[i] <- value`. */
export function fill(y: usize, length: i32, value: f32): void {
  const end = y + ((<usize>length) << 2);
  const values = f32x4.splat(value);
  let at = y;
  for (; at + 16 <= end; at += 16) v128.store(at, values);
  for (; at < end; at += 4) store<f32>(at, value);
}

/** `y[i] <- y[i] + coefficient * (x[i] - offset)`, every operation rounded to float32. */
export function accumulate(y: usize, x: usize, length: i32, coefficient: f32, offset: f32): void {
  const bytes = (<usize>length) << 2;
  const whole = bytes & ~15;
  const coefficients = f32x4.splat(coefficient);
  const offsets = f32x4.splat(offset);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const term = f32x4.mul(coefficients, f32x4.sub(v128.load(x + at), offsets));
    v128.store(y + at, f32x4.add(v128.load(y + at), term));
  }
  for (; at < bytes; at += 4) {
    store<f32>(y + at, load<f32>(y + at) + coefficient * (load<f32>(x + at) - offset));
  }
}

/** `mask[i] <- 0` where `x[i] >= threshold`. */
export function permitAbove(mask: usize, x: usize, length: i32, threshold: f32): void {
  const bytes = (<usize>length) << 2;
  const whole = bytes & ~15;
  const thresholds = f32x4.splat(threshold);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const permitted = f32x4.ge(v128.load(x + at), thresholds);
    v128.store(mask + at, v128.andnot(v128.load(mask + at), permitted));
  }
  for (; at < bytes; at += 4) {
    if (load<f32>(x + at) >= threshold) store<f32>(mask + at, 0);
  }
}

/**
 * `x[i] <- -Infinity` where bit `i & 31` of the 32-bit word `i >>> 5` at `mask` is 0. The padding is
 * banned anyway, so whole vectors are written; its bits must be there to read.
 */
export function banOutside(x: usize, mask: usize, length: i32): void {
  const banned = f32x4.splat(-Infinity);
  const bits = i32x4(1, 2, 4, 8);
  const zero = i32x4.splat(0);
  for (let i = 0; i < length; i += 4) {
    const at = x + ((<usize>i) << 2);
    const word = load<u32>(mask + ((<usize>(i >> 5)) << 2)) >>> (i & 31);
    const isBanned = i32x4.eq(v128.and(i32x4.splat(word), bits), zero);
    v128.store(at, v128.bitselect(banned, v128.load(at), isBanned));
  }
}
