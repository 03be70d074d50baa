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
  if (!Number.isSafeInteger(seed)) {
    const least = Number.MIN_SAFE_INTEGER;
    throw new InvalidOptionError('seed', `seed must be an integer from ${least}, not ${seed}.`);
  }
  if (!(Number.isSafeInteger(counter) && counter >= 0)) {
    throw new ContractError(`counter must be an integer from 0, not ${counter}.`);
  }
  const words: Words4 = [counter >>> 0, highWord(counter), 0, 0];
  const [a, b] = philox(words, seed >>> 0, highWord(seed));
  return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
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
