import type { RankedToken, TokenExplanation } from '../compose/index.ts';
import type { RewardShare } from './generation-rewards.ts';
import type { TokenId, TokenLogprob, TokenTrace, Vocabulary } from '../spec/index.ts';

const decoder = new TextDecoder();

/** A token as text; a control token by its own spelling, half a character as U+FFFD. */
export function tokenText(vocabulary: Vocabulary, tokenId: TokenId): string {
  const piece = vocabulary.piece(tokenId);
  return piece.length === 0 ? vocabulary.label(tokenId) : decoder.decode(piece);
}

export function withText(vocabulary: Vocabulary, { tokenId, logprob }: RankedToken): TokenLogprob {
  return { tokenId, text: tokenText(vocabulary, tokenId), logprob };
}

export function toTrace(
  vocabulary: Vocabulary,
  explanation: TokenExplanation,
  rewards: readonly RewardShare[],
): TokenTrace {
  const named = (tokens: readonly RankedToken[]) =>
    tokens.map((token) => withText(vocabulary, token));
  return {
    terms: explanation.terms,
    rewards,
    klScale: explanation.klScale,
    baseChoice: withText(vocabulary, explanation.baseChoice),
    shift: explanation.shift,
    kl: explanation.kl,
    topBefore: named(explanation.topBefore),
    topAfter: named(explanation.topAfter),
  };
}
