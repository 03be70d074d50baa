import { ContractError } from '../spec/index.ts';
import { exponentialAt, requireNoise } from './random.ts';
import type { RowKernels, TiltedMoments } from './rows.ts';
import {
  atRow,
  clampCount,
  requireMask,
  requirePositiveInteger,
  requireRacers,
  requireScale,
  requireTilt,
} from './row-checks.ts';

/**
 * {@link RowKernels} in plain TypeScript with float64 accumulation: what the SIMD kernels are tested
 * against, and what runs where WebAssembly does not. Several times slower; sorts for `topK`.
 * @throws ContractError if `length` or `count` is not a positive integer.
 */
export function createReferenceRowKernels(length: number, count: number): RowKernels {
  requirePositiveInteger('length', length);
  requirePositiveInteger('count', count);
  const rows = Array.from({ length: count }, () => new Float32Array(length));
  const row = (r: number): Float32Array => atRow(rows, r);
  const weights = new Float32Array(length);

  return {
    length,
    count,
    row,
    fill: (y, value) => void row(y).fill(value),
    accumulate: (y, x, coefficient, offset) => accumulate(row(y), row(x), coefficient, offset),
    argmax: (x) => argmax(row(x)),
    firstNonFinite: (x) => row(x).findIndex((value) => !Number.isFinite(value)),
    logSumExp(x, scale = 1) {
      requireScale(scale);
      return logSumExp(row(x), scale);
    },
    exponentials(x, scale = 1) {
      requireScale(scale);
      const max = maximum(row(x));
      if (max === -Infinity) weights.fill(0);
      else row(x).forEach((value, i) => (weights[i] = Math.exp(scale * (value - max))));
      return { weights, sum: weights.reduce((sum, weight) => sum + weight, 0) };
    },
    kl: (p, q) => kl(row(p), row(q)),
    tiltedMoments(b, s, t) {
      requireTilt(t);
      return tiltedMoments(row(b), row(s), t);
    },
    banOutside(x, mask) {
      requireMask(mask, length);
      const values = row(x);
      for (let i = 0; i < length; i++) {
        if ((mask[i >>> 5]! & (1 << (i & 31))) === 0) values[i] = -Infinity;
      }
    },
    permitAbove(mask, x, threshold) {
      const permitted = row(mask);
      row(x).forEach((value, i) => value >= threshold && (permitted[i] = 0));
    },
    indicesAbove: (x, threshold) => indices(row(x)).filter((i) => row(x)[i]! >= threshold),
    topK(x, k) {
      const values = row(x);
      const byRank = (i: number, j: number): number => {
        const [a, b] = [values[i]!, values[j]!];
        if (a === b) return i - j;
        return a > b ? -1 : 1;
      };
      return indices(values).toSorted(byRank).subarray(0, clampCount(k, length));
    },
    race(x, scale, noise) {
      requireScale(scale);
      requireNoise(noise);
      const max = maximum(row(x));
      if (max === -Infinity) throw new ContractError('Every entry is -Infinity: none can win.');
      return argmax(row(x).map((v, i) => Math.exp(scale * (v - max)) / exponentialAt(noise, i)));
    },
    raceAmong(tokenIds, given, noise) {
      requireRacers(tokenIds, given, length);
      requireNoise(noise);
      return argmax(given.map((weight, i) => weight / exponentialAt(noise, tokenIds[i]!)));
    },
  };
}

function indices(x: Float32Array): Int32Array {
  return Int32Array.from(x, (_, i) => i);
}

function argmax(x: Float32Array): number {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i]! > x[best]!) best = i;
  return best;
}

function maximum(x: Float32Array): number {
  return x[argmax(x)]!;
}

function accumulate(y: Float32Array, x: Float32Array, coefficient: number, offset: number): void {
  const c = Math.fround(coefficient);
  const o = Math.fround(offset);
  for (let i = 0; i < y.length; i++) {
    y[i] = Math.fround(y[i]! + Math.fround(c * Math.fround(x[i]! - o)));
  }
}

function logSumExp(x: Float32Array, scale: number): number {
  const max = maximum(x);
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (const value of x) sum += Math.exp(scale * (value - max)); // <= 1 each: cannot overflow
  return scale * max + Math.log(sum);
}

function kl(p: Float32Array, q: Float32Array): number {
  const logZp = logSumExp(p, 1);
  const logZq = logSumExp(q, 1);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    if (p[i] === -Infinity) continue;
    if (q[i] === -Infinity) return Infinity;
    sum += Math.exp(p[i]! - logZp) * (p[i]! - logZp - (q[i]! - logZq));
  }
  return Math.max(0, sum);
}

/** Measured from the shift of the heaviest entry, so that a large mean cancels nothing. */
function tiltedMoments(b: Float32Array, s: Float32Array, t: number): TiltedMoments {
  const tilted = Float64Array.from(b, (base, i) => (base === -Infinity ? base : base + t * s[i]!));
  const max = tilted.reduce((most, z) => Math.max(most, z));
  if (max === -Infinity) return { logSum: max, mean: 0, variance: 0 };
  const centre = s[tilted.indexOf(max)]!;
  let [mass, first, second] = [0, 0, 0];
  tilted.forEach((z, i) => {
    if (z === -Infinity) return;
    const weight = Math.exp(z - max);
    const distance = s[i]! - centre;
    mass += weight;
    first += weight * distance;
    second += weight * distance * distance;
  });
  const distance = first / mass;
  return {
    logSum: max + Math.log(mass),
    mean: centre + distance,
    variance: Math.max(0, second / mass - distance * distance),
  };
}
