/**
 * What a reward adds to the logits of candidates, shape `[candidates]`:
 * - `args`: `weight × value`.
 * - `rad`: `weight × clamp(value, 0, 1)`, for rewards trained to give values in [0, 1].
 * @param values - Of the answer followed by each candidate, finite.
 * @see Khanov et al. 2024, "ARGS: Alignment as Reward-Guided Search", arXiv:2402.01694
 * @see Deng & Raffel 2023, "Reward-Augmented Decoding", arXiv:2310.09520
 */
export function rewardShares(
  method: 'args' | 'rad',
  values: Float64Array,
  weight: number,
): Float64Array {
  return method === 'args'
    ? values.map((value) => weight * value)
    : values.map((value) => weight * Math.min(Math.max(value, 0), 1));
}

/**
 * `logit(v) + Σ shares(v)` of each candidate v, shape `[candidates]`. The largest is ARGS's greedy choice;
 * softmax of `scores / temperature` is its stochastic one.
 * @param logits - Of the candidates, before temperature.
 * @param shares - One row per reward, as {@link rewardShares} gives them.
 */
export function candidateScores(
  logits: ArrayLike<number>,
  shares: readonly Float64Array[],
): Float64Array {
  const scores = Float64Array.from(logits);
  for (const row of shares) for (let i = 0; i < scores.length; i++) scores[i]! += row[i]!;
  return scores;
}
