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
  const most = x[0];
  if (most === undefined || most === -Infinity) return 0;
  // Depths over the heaviest's; sums from the back, so that each is of what is not full.
  const depths = x.map((weight) => Math.exp((weight - most) / (1 - s)));
  const sums = new Float64Array(x.length + 1);
  for (let i = x.length - 1; i >= 0; i--) sums[i] = sums[i + 1]! + depths[i]!;
  let full = 0;
  const level = (): number => Math.max(0, count - full) / sums[full]!;
  while (full < x.length && sums[full]! > 0 && level() * depths[full]! > 1) full++;
  let weight = sumOfExp(x, 0, full);
  if (full === x.length || sums[full] === 0) return weight;
  const share = level();
  for (let i = full; i < x.length; i++) weight += (share * depths[i]!) ** s * Math.exp(x[i]!);
  return weight;
}

function sumOfExp(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(x[i]!);
  return sum;
}
