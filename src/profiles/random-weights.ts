import { uniformAt } from '../math/index.ts';

/**
 * The weights of the n-th varied answer: a draw from N(0, I), the prior, or (for odd n) its opposite, so
 * that an answer and the next one differ as much as two users may.
 * @returns Shape `[dimension]`.
 */
export function weightsOfAnswer(seed: number, n: number, dimension: number): number[] {
  const draw = Math.floor(n / 2);
  const sign = n % 2 === 0 ? 1 : -1;
  return Array.from({ length: dimension }, (_, k) => sign * normalAt(seed, draw * dimension + k));
}

/** The standard normal number that belongs to a seed and counter, by Box and Muller 1958. */
function normalAt(seed: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log1p(-uniformAt(seed, 2 * counter)));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed, 2 * counter + 1));
}
