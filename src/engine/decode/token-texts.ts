import type { RankedToken, TokenExplanation } from '../../compose/index.ts';
import type { RewardShare } from '../reward/reward-shares.ts';
import type { TokenId, TokenLogprob, TokenTrace, Vocabulary } from '../../spec/index.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A token for people, and its bytes where they are not those of the text. */
export function spellToken(
  vocabulary: Vocabulary,
  tokenId: TokenId,
): Pick<TokenLogprob, 'text' | 'bytes'> {
  const piece = vocabulary.piece(tokenId);
  if (piece.length === 0) return { text: vocabulary.label(tokenId), bytes: [] };
  const text = decoder.decode(piece);
  const isWhole = !text.includes('\uFFFD') || Buffer.from(text).equals(piece);
  return isWhole ? { text } : { text, bytes: [...piece] };
}

export function withText(vocabulary: Vocabulary, { tokenId, logprob }: RankedToken): TokenLogprob {
  return { tokenId, ...spellToken(vocabulary, tokenId), logprob };
}

export function toTrace(
  vocabulary: Vocabulary,
  explanation: TokenExplanation,
  rewards: readonly RewardShare[],
  {
    draftedBy,
    totalVariation,
  }: { readonly draftedBy: string | undefined; readonly totalVariation: number | undefined },
): TokenTrace {
  const named = (tokens: readonly RankedToken[]) =>
    tokens.map((token) => withText(vocabulary, token));
  return {
    terms: explanation.terms,
    ...(explanation.models.length > 0 && { models: explanation.models }),
    ...(Object.keys(explanation.params).length > 0 && { params: explanation.params }),
    rewards,
    klScale: explanation.klScale,
    ...(totalVariation !== undefined && { totalVariation }),
    ...(draftedBy !== undefined && { draftedBy }),
    baseChoice: withText(vocabulary, explanation.baseChoice),
    shift: explanation.shift,
    kl: explanation.kl,
    topBefore: named(explanation.topBefore),
    topAfter: named(explanation.topAfter),
  };
}
