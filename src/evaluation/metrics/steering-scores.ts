import type { GenerationResult } from '../../spec/index.ts';
import { mean } from '../statistics/mean.ts';

const rewardPrefix = 'reward.';

/** `KL(steered ‖ base)` over an answer's tokens, in nats a token. */
export const klMeasure = 'kl';

/** Share of an answer's tokens at which a scheduled param was not 0, 0 to 1. */
export const steeredMeasure = 'steered';

/** What a reward's mean value is called among scores. */
export function rewardMeasure(reward: string): string {
  return `${rewardPrefix}${reward}`;
}

/** Whether a score says how an answer was steered, not how well it does the task. */
export function isSteeringMeasure(score: string): boolean {
  return score === klMeasure || score === steeredMeasure || score.startsWith(rewardPrefix);
}

/**
 * What is known of how answers to one prompt were steered, on average: `reward.NAME` for every reward
 * that was reported, not normalised, `kl` under a KL budget, and `steered` under a schedule.
 * @param results - At least one, all of the same options.
 */
export function steeringScores(
  results: readonly Pick<GenerationResult, 'rewards' | 'kl' | 'steeredTokens' | 'tokens'>[],
): Record<string, number> {
  const [first] = results;
  const rewards = Object.keys(first!.rewards ?? {}).map((name) => [
    rewardMeasure(name),
    mean(results.map((result) => result.rewards![name]!)),
  ]);
  const perToken = (of: 'kl' | 'steeredTokens') =>
    mean(results.map((result) => result[of]! / Math.max(1, result.tokens.length)));
  return Object.fromEntries([
    ...rewards,
    ...(first!.kl === undefined ? [] : [[klMeasure, perToken('kl')]]),
    ...(first!.steeredTokens === undefined ? [] : [[steeredMeasure, perToken('steeredTokens')]]),
  ]) as Record<string, number>;
}
