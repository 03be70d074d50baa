import type { GeneratedToken } from '../../index.ts';

/**
 * What a token changed in the rewards' part of the score: rewards judge the answer up to a token, so it is
 * the difference from the judged token before. 0 for the first one, which has none to compare with.
 */
export function rewardGain(tokens: readonly GeneratedToken[], index: number): number {
  const own = totalShare(tokens[index]);
  if (own === undefined) return 0;
  for (const token of tokens.slice(0, index).toReversed()) {
    const before = totalShare(token);
    if (before !== undefined) return own - before;
  }
  return 0;
}

/** `undefined` where nothing was judged. */
function totalShare(token: GeneratedToken | undefined): number | undefined {
  const rewards = token?.trace?.rewards ?? [];
  return rewards.length === 0 ? undefined : rewards.reduce((sum, { share }) => sum + share, 0);
}
