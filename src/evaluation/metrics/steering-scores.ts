import type { GenerationResult } from '../../spec/index.ts';
import { mean } from '../statistics/mean.ts';

const rewardPrefix = 'reward.';

/** `KL(steered ‖ base)` over an answer's tokens, in nats a token. */
export const klMeasure = 'kl';

/** What a reward's mean value is called among scores. */
export function rewardMeasure(reward: string): string {
  return `${rewardPrefix}${reward}`;
}

/** Whether a score says how an answer was steered, not how well it does the task. */
export function isSteeringMeasure(score: string): boolean {
  return score === klMeasure || score.startsWith(rewardPrefix);
}

/**
 * What is known of how answers to one prompt were steered, on average: `reward.NAME` for every reward
 * that was reported, not normalised, and `kl` under a KL budget.
 * @param results - At least one, all of the same options.
 */
export function steeringScores(
  results: readonly Pick<GenerationResult, 'rewards' | 'kl' | 'tokens'>[],
): Record<string, number> {
  const [first] = results;
  const rewards = Object.keys(first!.rewards ?? {}).map((name) => [
    rewardMeasure(name),
    mean(results.map((result) => result.rewards![name]!)),
  ]);
  if (first!.kl === undefined) return Object.fromEntries(rewards) as Record<string, number>;
  const perToken = results.map(({ kl, tokens }) => kl! / Math.max(1, tokens.length));
  return Object.fromEntries([...rewards, [klMeasure, mean(perToken)]]) as Record<string, number>;
}
