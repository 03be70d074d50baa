import type { TiltedMoments } from './rows.ts';

/** Numbers that the kernel `tiltedSums` writes: see `assembly/tilt.ts`. */
export const TILTED_SUMS = 5;

/** @param sums - Shape `[TILTED_SUMS]`: z, c, `Σ w`, `Σ w (s - c)`, `Σ w (s - c)²`. */
export function toMoments(sums: Float64Array): TiltedMoments {
  const [z, c, mass, first, second] = sums as unknown as [number, number, number, number, number];
  if (mass === 0) return { logSum: -Infinity, mean: 0, variance: 0 };
  const distance = first / mass;
  return {
    logSum: z + Math.log(mass),
    mean: c + distance,
    variance: Math.max(0, second / mass - distance * distance),
  };
}
