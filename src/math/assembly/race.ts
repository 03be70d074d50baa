// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.
import { exp4 } from './exp';

// Draws as exponential races: entry i has the time `e[i] / w[i]`, `e` being exponential variates that
// belong to the key, the position and the attempt alone, and the earliest wins: entry i with probability
// `w[i] / Σ w`. Entries are compared by `w / e`, the largest wins, the lowest index among equals.

/** Of a draw's Philox counter: `uniformAt` uses 0. */
const STREAM: i32 = 1;

const MULTIPLIER_0: i32 = 0xd2511f53;
const MULTIPLIER_1: i32 = 0xcd9e8d57;
const KEY_STEP_0: i32 = 0x9e3779b9;
const KEY_STEP_1: i32 = 0xbb67ae85;

const TO_UNIT: f32 = 1.0 / 4294967296.0;
const HALF_STEP: f32 = 0.5 / 4294967296.0;

/** `ln 2`, and what makes `x * 2^-23 ln 2 + c` of a float's bits a bound below its logarithm. */
const LN_2: f32 = 0.69314718;
const BITS_TO_LOG: f32 = 8.2629582e-8;
const LOG_OF_BIAS: f32 = -88.02969;

/** A bound is taken this much too low, in nats, for all that is rounded. */
const SLACK: f32 = 0.001;

/**
 * The index of the winner among `x[i]` with weights `exp(scale * (x[i] - largest))`; the largest entry is
 * finite. Entries are looked at closely only where their uniform number is small enough for their logit.
 * @param scratch - 64 bytes.
 */
export function race(
  x: usize,
  length: i32,
  largest: f32,
  scale: f64,
  key0: i32,
  key1: i32,
  position: i32,
  attempt: i32,
  scratch: usize,
): i32 {
  let best: f32 = 0;
  let winner: i32 = -1;
  // The variate of the largest entry, whose weight is 1, is below 23.
  let least = f32x4.splat(logOf(1.0 / 23.0) - SLACK);
  const maxs = f32x4.splat(largest);
  const scales = f32x4.splat(<f32>scale);
  for (let i = 0; i < length; i += 16) {
    const block = i32x4.add(i32x4.splat(i >> 2), i32x4(0, 1, 2, 3));
    philox(scratch, block, key0, key1, position, attempt);
    for (let j = 0; j < 16; j += 4) {
      const values = v128.load(x + ((<usize>(i + j)) << 2));
      const numbers = unit(v128.load(scratch + ((<usize>j) << 2)));
      const heights = f32x4.mul(scales, f32x4.sub(values, maxs));
      if (!v128.any_true(f32x4.ge(f32x4.sub(heights, logBelow(numbers)), least))) continue;
      const scores = f32x4.div(exp4(values, largest, scale), exponential(numbers));
      if (!v128.any_true(f32x4.gt(scores, f32x4.splat(best)))) continue;
      v128.store(scratch + ((<usize>j) << 2), scores);
      for (let lane = 0; lane < 4 && i + j + lane < length; lane++) {
        const score = load<f32>(scratch + ((<usize>(j + lane)) << 2));
        if (score <= best) continue;
        best = score;
        winner = i + j + lane;
        least = f32x4.splat(logOf(max<f32>(best, 1.0 / 23.0)) - SLACK);
      }
    }
  }
  return winner;
}

/** The place of the winner in a list of `count` token ids and their weights. @param scratch - 64 bytes. */
export function raceAmong(
  ids: usize,
  weights: usize,
  count: i32,
  key0: i32,
  key1: i32,
  position: i32,
  attempt: i32,
  scratch: usize,
): i32 {
  let best: f32 = 0;
  let winner: i32 = -1;
  for (let i = 0; i < count; i += 4) {
    const id = v128.load(ids + ((<usize>i) << 2));
    const three = i32x4.splat(3);
    const block = v128.or(i32x4.shl(i32x4.shr_u(id, 4), 2), v128.and(id, three));
    philox(scratch, block, key0, key1, position, attempt);
    const word = v128.and(i32x4.shr_u(id, 2), three);
    let words = v128.load(scratch);
    for (let w = 1; w < 4; w++) {
      const own = i32x4.eq(word, i32x4.splat(w));
      words = v128.bitselect(v128.load(scratch + ((<usize>w) << 4)), words, own);
    }
    const scores = f32x4.div(v128.load(weights + ((<usize>i) << 2)), exponential(unit(words)));
    if (!v128.any_true(f32x4.gt(scores, f32x4.splat(best)))) continue;
    v128.store(scratch, scores);
    for (let lane = 0; lane < 4 && i + lane < count; lane++) {
      const score = load<f32>(scratch + ((<usize>lane) << 2));
      if (score <= best) continue;
      best = score;
      winner = i + lane;
    }
  }
  return winner;
}

/**
 * Philox4x32-10 of four counters `(block, position, attempt, STREAM)`: writes the first words of all four, then
 * the second ones, and so on. @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"
 */
function philox(out: usize, block: v128, key0: i32, key1: i32, position: i32, attempt: i32): void {
  let a = block;
  let b = i32x4.splat(position);
  let c = i32x4.splat(attempt);
  let d = i32x4.splat(STREAM);
  let k0 = key0;
  let k1 = key1;
  const m0 = i32x4.splat(MULTIPLIER_0);
  const m1 = i32x4.splat(MULTIPLIER_1);
  for (let round = 0; round < 10; round++) {
    const lows0 = i64x2.extmul_low_i32x4_u(a, m0);
    const highs0 = i64x2.extmul_high_i32x4_u(a, m0);
    const lows1 = i64x2.extmul_low_i32x4_u(c, m1);
    const highs1 = i64x2.extmul_high_i32x4_u(c, m1);
    a = v128.xor(v128.xor(v128.shuffle<i32>(lows1, highs1, 1, 3, 5, 7), b), i32x4.splat(k0));
    b = v128.shuffle<i32>(lows1, highs1, 0, 2, 4, 6);
    c = v128.xor(v128.xor(v128.shuffle<i32>(lows0, highs0, 1, 3, 5, 7), d), i32x4.splat(k1));
    d = v128.shuffle<i32>(lows0, highs0, 0, 2, 4, 6);
    k0 += KEY_STEP_0;
    k1 += KEY_STEP_1;
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** Words as numbers in (0, 1], the small ones exactly. */
function unit(words: v128): v128 {
  const scaled = f32x4.mul(f32x4.convert_i32x4_u(words), f32x4.splat(TO_UNIT));
  return f32x4.add(scaled, f32x4.splat(HALF_STEP));
}

/**
 * `-log(1 - u)`: exponential variates, with a relative error below 1e-6 up to u = 0.99, finite at 1. The
 * polynomial is that of Cephes' `logf` (Moshier 1992).
 */
function exponential(u: v128): v128 {
  const one = f32x4.splat(1);
  const v = f32x4.pmax(f32x4.sub(one, u), f32x4.splat(HALF_STEP));
  // v = m 2^e with m in [sqrt(1/2), sqrt(2))
  const shifted = i32x4.sub(v, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.shr_s(shifted, 23);
  const m = i32x4.sub(v, i32x4.shl(exponent, 23));
  const isNear = i32x4.eq(exponent, i32x4.splat(0));
  const f = v128.bitselect(f32x4.neg(u), f32x4.sub(m, one), isNear); // not through 1 - u, which rounds
  const z = f32x4.mul(f, f);
  let y = f32x4.splat(7.0376836292e-2);
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(-1.151461031e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(1.167699874e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(-1.2420140846e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(1.4249322787e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(-1.6668057665e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(2.0000714765e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(-2.4999993993e-1));
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(3.3333331174e-1));
  y = f32x4.mul(f32x4.mul(y, f), z);
  const e = f32x4.convert_i32x4_s(exponent);
  y = f32x4.add(y, f32x4.mul(e, f32x4.splat(-2.1219444e-4)));
  y = f32x4.sub(y, f32x4.mul(f32x4.splat(0.5), z));
  return f32x4.neg(f32x4.add(f32x4.add(f, y), f32x4.mul(e, f32x4.splat(0.693359375))));
}

/** At most the logarithm, and less by 0.06 nats at most: a float's bits are near its binary logarithm. */
function logBelow(u: v128): v128 {
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(u), f32x4.splat(BITS_TO_LOG));
  return f32x4.add(scaled, f32x4.splat(LOG_OF_BIAS));
}

/** The logarithm of a number above 0, from below, by at most 0.06 nats. */
function logOf(value: f32): f32 {
  return f32x4.extract_lane(logBelow(f32x4.splat(value)), 0);
}
