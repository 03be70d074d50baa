import { randomInt } from 'node:crypto';
import { ContractError, InvalidOptionError } from '../spec/index.ts';

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Weyl increments of the key: the golden ratio and √3 − 1. */
const KEY_STEP_0 = 0x9e3779b9;
const KEY_STEP_1 = 0xbb67ae85;

type Words4 = readonly [number, number, number, number];

/**
 * The uniform number in [0, 1), a multiple of 2^-53, that belongs to `(seed, counter)`. There is no
 * state: the same pair gives the same number, on every machine, in any order, so that going back to
 * an earlier position costs nothing. Numbers of different pairs are independent for all that
 * statistical test batteries can tell.
 * @param seed - Any safe integer: one per request.
 * @param counter - A safe integer of at least 0: the position.
 * @throws InvalidOptionError for another seed, ContractError for another counter.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC '11 (Philox4x32-10)
 */
export function uniformAt(seed: number, counter: number): number {
  requireSeed(seed);
  if (!(Number.isSafeInteger(counter) && counter >= 0)) {
    throw new ContractError(`counter must be an integer from 0, not ${counter}.`);
  }
  const words: Words4 = [counter >>> 0, highWord(counter), 0, 0];
  const [a, b] = philox(words, seed >>> 0, highWord(seed));
  return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
}

/** Whose numbers a draw uses: they belong to it alone, whatever else is drawn, and in whatever order. */
export interface Noise {
  /** Any safe integer: one per request. */
  readonly seed: number;
  /** An integer from 0 below 2^32. */
  readonly position: number;
  /** An integer from 0 below 2^32: another draw at the same position. */
  readonly attempt: number;
}

/** The word of a counter that {@link uniformAt} leaves 0. */
const NOISE_STREAM = 1;

/** The largest number below which every word of a counter is. */
const WORDS = 2 ** 32;

/**
 * The standard exponential variate that belongs to one entry of a draw: `-log(1 - u)`, u in (0, 1] being a
 * word of Philox at `(entry, position, attempt)`, in steps of 2^-32 rounded to float32. `-log` of it is Gumbel
 * noise. As the row kernels race with it, but for their rounding: theirs has a relative error below 1e-6.
 * @param entry - An integer from 0: a token id.
 */
export function exponentialAt({ seed, position, attempt }: Noise, entry: number): number {
  // Sixteen entries take four blocks, so that four blocks at once give words in the entries' order.
  const block = ((entry >>> 4) << 2) | (entry & 3);
  const words = philox([block, position, attempt, NOISE_STREAM], seed >>> 0, highWord(seed));
  const u = Math.fround(Math.fround(words[(entry >>> 2) & 3]!) / WORDS + 0.5 / WORDS);
  return u < 1 ? -Math.log1p(-u) : Math.log(2 * WORDS);
}

/** The two words of Philox's key. */
export function keyOf(seed: number): readonly [number, number] {
  return [seed >>> 0, highWord(seed)];
}

/** @throws InvalidOptionError for a seed that is none, ContractError for a position or an attempt. */
export function requireNoise({ seed, position, attempt }: Noise): void {
  requireSeed(seed);
  for (const [name, value] of Object.entries({ position, attempt })) {
    if (Number.isInteger(value) && value >= 0 && value < WORDS) continue;
    throw new ContractError(`${name} must be an integer from 0 below 2^32, not ${value}.`);
  }
}

function requireSeed(seed: number): void {
  if (Number.isSafeInteger(seed)) return;
  const least = Number.MIN_SAFE_INTEGER;
  throw new InvalidOptionError('seed', `seed must be an integer from ${least}, not ${seed}.`);
}

/** A seed from the system's generator, in [0, 2^48 − 1): for requests that name none. */
export function drawSeed(): number {
  return randomInt(2 ** 48 - 1);
}

/** Philox4x32-10: four random words from a 128-bit counter and a 64-bit key, low words first. */
export function philox(counter: Words4, key0: number, key1: number): Words4 {
  let [a, b, c, d] = counter;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, a);
    const low0 = Math.imul(MULTIPLIER_0, a);
    const high1 = multiplyHigh(MULTIPLIER_1, c);
    const low1 = Math.imul(MULTIPLIER_1, c);
    [a, b, c, d] = [high1 ^ b ^ k0, low1, high0 ^ d ^ k1, low0];
    k0 = (k0 + KEY_STEP_0) | 0;
    k1 = (k1 + KEY_STEP_1) | 0;
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** Bits 32 to 63 of the product of two unsigned 32-bit words, by halves of 16 bits. */
function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + Math.floor((xLow * yLow) / 65_536);
  const carry = (middle % 65_536) + xLow * yHigh;
  return (xHigh * yHigh + Math.floor(middle / 65_536) + Math.floor(carry / 65_536)) | 0;
}

/** Bits 32 to 63 of a safe integer in two's complement. */
function highWord(value: number): number {
  return Math.floor(value / 2 ** 32) >>> 0;
}
