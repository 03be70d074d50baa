import { ContractError, InsufficientMemoryError, InvalidOptionError } from '../spec/index.ts';
import { ceilToFloat32 } from './float32.ts';
import { keyOf, requireNoise, type Noise } from './random.ts';
import type { Exponentials, RowKernels } from './rows.ts';
import {
  atRow,
  clampCount,
  requireMask,
  requirePositiveInteger,
  requireRacers,
  requireScale,
  requireTilt,
} from './row-checks.ts';
import { TILTED_SUMS, toMoments } from './tilted-sums.ts';
import { instantiateKernels, type KernelExports, PAGE_BYTES } from './webassembly.ts';

/** One page short of 4 GiB, so that the address behind the last row does not wrap to 0. */
const MAX_PAGES = 65_535;

/** Rows are padded with `-Infinity` to a multiple of this many entries, which kernels read at once. */
const PADDING = 16;

/** Byte addresses of one memory: rows, then scratch. */
interface Layout {
  /** Address of every row. */
  readonly rows: readonly number[];
  /** float32, one per padded entry of a row. */
  readonly weights: number;
  /** int32 indices, or the 8-byte keys that `topK` turns into indices. */
  readonly indices: number;
  /** What indices alone leave of the room of `topK`'s keys. */
  readonly scratch: number;
  readonly pages: number;
}

/**
 * {@link RowKernels} in SIMD WebAssembly, in a memory of their own: `4 * length * (count + 3)` bytes,
 * reserved at once and never moved, zero-filled. Source: `src/math/assembly/`.
 * @throws ContractError if `length` or `count` is not a positive integer.
 * @throws InvalidOptionError if they need 4 GiB.
 * @throws InsufficientMemoryError if the memory cannot be had.
 */
export function createRowKernels(length: number, count: number): RowKernels {
  const layout = layOut(length, count);
  const { kernels, buffer } = instantiate(layout, length, count);
  const rows = layout.rows.map((at) => new Float32Array(buffer, at, length));
  const weights = new Float32Array(buffer, layout.weights, length);
  const indices = new Int32Array(buffer, layout.indices, length);
  const maskWords = new Uint32Array(buffer, layout.indices, Math.ceil(length / 32));
  const tiltedSums = new Float64Array(buffer, layout.weights, TILTED_SUMS);
  const paddedLength = Math.ceil(length / PADDING) * PADDING;
  for (const at of layout.rows) new Float32Array(buffer, at, paddedLength).fill(-Infinity, length);

  const at = (r: number): number => atRow(layout.rows, r);
  const maximum = (r: number): number => kernels.maximum(at(r), length);

  /** Writes row `x`'s weights; their sum, 0 if every entry is `-Infinity`. */
  function storeWeights(x: number, max: number, scale: number): number {
    if (max !== -Infinity) return kernels.storeExp(layout.weights, at(x), length, max, scale);
    weights.fill(0);
    return 0;
  }

  return {
    length,
    count,
    row: (r) => atRow(rows, r),
    fill: (y, value) => kernels.fill(at(y), length, value),
    accumulate: (y, x, coefficient, offset) =>
      kernels.accumulate(at(y), at(x), length, coefficient, offset),
    argmax: (x) => kernels.indexOf(at(x), length, maximum(x)),
    firstNonFinite: (x) => kernels.firstNonFinite(at(x), length),
    logSumExp(x, scale = 1) {
      requireScale(scale);
      const max = maximum(x);
      return max === -Infinity ? max : scale * max + Math.log(storeWeights(x, max, scale));
    },
    exponentials(x, scale = 1): Exponentials {
      requireScale(scale);
      return { weights, sum: storeWeights(x, maximum(x), scale) };
    },
    kl(p, q) {
      const pMax = maximum(p);
      const qMax = maximum(q);
      if (pMax === -Infinity) return 0;
      if (qMax === -Infinity) return Infinity;
      const qSum = storeWeights(q, qMax, 1);
      const pSum = storeWeights(p, pMax, 1); // after q: the gap is weighted by p
      const gap = kernels.weightedGap(layout.weights, at(p), at(q), length, pMax - qMax);
      return Math.max(0, gap / pSum + Math.log(qSum) - Math.log(pSum));
    },
    tiltedMoments(b, s, t) {
      requireTilt(t);
      kernels.tiltedSums(layout.weights, at(b), at(s), length, t);
      return toMoments(tiltedSums);
    },
    banOutside(x, mask) {
      requireMask(mask, length);
      const to = at(x);
      maskWords.set(mask);
      kernels.banOutside(to, layout.indices, length);
    },
    permitAbove: (mask, x, threshold) =>
      kernels.permitAbove(at(mask), at(x), length, ceilToFloat32(threshold)),
    indicesAbove(x, threshold) {
      const limit = ceilToFloat32(threshold);
      return indices.subarray(0, kernels.indicesAbove(layout.indices, at(x), length, limit));
    },
    topK(x, k) {
      const kept = clampCount(k, length);
      if (kept > 0) kernels.topK(layout.indices, at(x), length, kept);
      return indices.subarray(0, kept);
    },
    race(x, scale, noise) {
      requireScale(scale);
      const largest = maximum(x);
      if (largest === -Infinity) throw new ContractError('Every entry is -Infinity: none can win.');
      const words = wordsOf(noise);
      return kernels.race(at(x), length, largest, scale, ...words, layout.indices);
    },
    raceAmong(tokenIds, given, noise) {
      requireRacers(tokenIds, given, length);
      const words = wordsOf(noise);
      indices.set(tokenIds);
      weights.set(given);
      const list = [layout.indices, layout.weights, tokenIds.length] as const;
      return kernels.raceAmong(...list, ...words, layout.scratch);
    },
  };
}

/** Key, position and attempt, as the kernels take them. @throws InvalidOptionError, ContractError */
function wordsOf(noise: Noise): readonly [number, number, number, number] {
  requireNoise(noise);
  return [...keyOf(noise.seed), noise.position, noise.attempt];
}

/** Rows first, each padded; then weights and indices. */
function layOut(length: number, count: number): Layout {
  requirePositiveInteger('length', length);
  requirePositiveInteger('count', count);
  const rowBytes = 4 * PADDING * Math.ceil(length / PADDING);
  const pages = Math.ceil((rowBytes * (count + 3)) / PAGE_BYTES);
  if (pages > MAX_PAGES) {
    const most = Math.floor((MAX_PAGES * PAGE_BYTES) / rowBytes) - 3;
    throw new InvalidOptionError(
      'count',
      `${count} rows of ${length} entries need 4 GiB or more. ` +
        (most > 0
          ? `At most ${most} rows of that length fit.`
          : 'Not one row of that length fits.'),
    );
  }
  const rows = Array.from({ length: count }, (_, r) => r * rowBytes);
  const indices = (count + 1) * rowBytes;
  return { rows, weights: count * rowBytes, indices, scratch: indices + rowBytes, pages };
}

function instantiate(
  { pages }: Layout,
  length: number,
  count: number,
): { readonly kernels: KernelExports; readonly buffer: ArrayBuffer } {
  try {
    return instantiateKernels(pages);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const megabytes = Math.ceil((pages * PAGE_BYTES) / 2 ** 20);
    throw new InsufficientMemoryError(
      `${count} rows of ${length} entries need ${megabytes} MiB, which could not be reserved.`,
      { cause },
    );
  }
}
