import type { LogitBounds } from '../spec/index.ts';

/**
 * The most that the tokens whose logits are only bounds can weigh together, `Σ exp((logit − reference) / temperature)`,
 * given how probable they are together and each for itself in the sparse row behind them.
 */
export function unknownWeight(
  logits: Float32Array,
  bounds: LogitBounds,
  { temperature, reference }: { readonly temperature: number; readonly reference: number },
): number {
  const { known, restMass, restLogprob, coefficient } = bounds;
  const x: number[] = [];
  for (let i = 0; i < logits.length; i++) {
    if (known[i] === 0 && logits[i] !== -Infinity) x.push((logits[i]! - reference) / temperature);
  }
  if (restMass <= 0 || restLogprob === -Infinity) return 0;
  const count = restMass / Math.exp(restLogprob);
  return largestTailWeight(Float64Array.from(x), count, coefficient / temperature);
}

/**
 * The most that a distribution's tail can weigh: `max Σ_j v_j^s exp(x_j)` over `0 <= v_j <= 1`, `Σ v_j = count`, v_j
 * being the probability of token j over the largest that it may have. The sum is convex for s >= 1, so that its largest
 * value is at a corner: the heaviest are filled up, and one gets the rest. For s < 1 it is concave, and filled like water:
 * `v_j = min(1, λ exp(x_j / (1 − s)))`.
 * @param x - Logarithms of the weights at the bound, shape `[n]`. `-Infinity` weighs nothing.
 * @param count - The tail's mass over the largest probability in it, at least 0.
 * @param s - Above 0.
 */
export function largestTailWeight(x: Float64Array, count: number, s: number): number {
  const byWeight = x.toSorted().toReversed();
  if (count >= byWeight.length) return sumOfExp(byWeight, 0, byWeight.length);
  return s >= 1 ? fillUp(byWeight, count, s) : fillLikeWater(byWeight, count, s);
}

function fillUp(x: Float64Array, count: number, s: number): number {
  const full = Math.floor(count);
  return sumOfExp(x, 0, full) + (count - full) ** s * Math.exp(x[full]!);
}

function fillLikeWater(x: Float64Array, count: number, s: number): number {
  // Logarithms of depths: for an s near 1 the lesser ones would vanish beside the greatest.
  const depths = x.map((weight) => weight / (1 - s));
  const logSums = new Float64Array(x.length + 1).fill(-Infinity); // from the back: of what is not full
  for (let i = x.length - 1; i >= 0; i--) logSums[i] = logAdd(logSums[i + 1]!, depths[i]!);
  const logShare = (i: number, full: number): number =>
    Math.log(Math.max(0, count - full)) + (depths[i]! - logSums[full]!);
  let full = 0;
  while (full < x.length && logShare(full, full) > 0) full++;
  let weight = sumOfExp(x, 0, full);
  for (let i = full; i < x.length && x[i]! > -Infinity; i++) {
    weight += Math.exp(s * logShare(i, full) + x[i]!);
  }
  return weight;
}

/** `log(e^a + e^b)` */
function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

function sumOfExp(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(x[i]!);
  return sum;
}
