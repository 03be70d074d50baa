import type { Guidance } from '../spec/index.ts';
import { indexOfBest } from './best-of.ts';

/** The options of guidance by segments (CARDS). */
export type SegmentGuidance = Extract<Guidance, { method: 'segments' }>;

/**
 * Entropy `-Σ p log p` of softmax(logits), in nats. `-Infinity` (banned) counts as 0.
 * @param logits - Shape `[vocabSize]`, one finite entry at least.
 */
export function entropyOf(logits: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) max = Math.max(max, logits[i]!);
  let mass = 0;
  let moment = 0; // Σ exp(x - max) (max - x)
  for (let i = 0; i < logits.length; i++) {
    const below = max - logits[i]!;
    const weight = Math.exp(-below);
    if (weight === 0) continue; // 0 × Infinity
    mass += weight;
    moment += weight * below;
  }
  return Math.log(mass) + moment / mass;
}

/**
 * Whether a segment of `length` tokens ends before the next token, whose distribution has `entropy`
 * nats: where that is uncertain, a semantic unit is over. A segment has at least one token.
 * @see Li et al. 2024, "Cascade Reward Sampling for Efficient Decoding-Time Alignment", arXiv:2406.16306
 */
export function endsSegment(
  { entropy, maxTokens }: Pick<SegmentGuidance, 'entropy' | 'maxTokens'>,
  segment: { readonly length: number; readonly entropy: number },
): boolean {
  return segment.length >= 1 && (segment.entropy >= entropy || segment.length >= maxTokens);
}

/**
 * `min(1, exp((value - threshold) / beta))`.
 * @param beta - Above 0: the smaller, the nearer to accepting exactly what reaches the threshold.
 */
export function acceptanceProbability(
  value: number,
  { threshold, beta }: Pick<SegmentGuidance, 'threshold' | 'beta'>,
): number {
  return Math.min(1, Math.exp((value - threshold) / beta));
}

/**
 * Which try of a segment is taken, or `null` to sample it again: the last one if it is accepted, else,
 * after `maxTries`, the best of all (the first among equals). Without that bound the accepted segment
 * has the distribution `p(segment) × acceptance / Z`, exactly.
 * @param values - The reward of the answer with each try, in order; the last one is undecided.
 * @param uniform - In [0, 1), drawn for the last try.
 */
export function takenTry(
  values: readonly number[],
  guidance: Pick<SegmentGuidance, 'threshold' | 'beta' | 'maxTries'>,
  uniform: number,
): number | null {
  const last = values.length - 1;
  if (uniform < acceptanceProbability(values[last]!, guidance)) return last;
  return values.length >= guidance.maxTries ? indexOfBest(values) : null;
}
