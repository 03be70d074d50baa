import type {
  Certificate,
  GeneratedToken,
  GenerationResult,
  TokenLogprob,
  TokenTrace,
} from '../../spec/index.ts';
import { finite } from './logprobs.ts';
import type { ChoiceReport } from '../wire/openai-shapes.ts';

/**
 * What Trimtab says of a choice beside OpenAI's parts of it; nothing where there is nothing to say.
 * @param tokens - To be explained.
 * @param result - Of a choice that has ended.
 */
export function toChoiceReport(
  tokens: readonly GeneratedToken[],
  {
    rewards,
    kl,
    steeredTokens,
    certificate,
  }: Pick<GenerationResult, 'rewards' | 'kl' | 'steeredTokens' | 'certificate'> = {},
): { trimtab?: ChoiceReport } {
  const report = {
    ...(tokens.length > 0 && { tokens: tokens.map(toExplainedToken) }),
    ...(rewards && { rewards: { ...rewards } }),
    ...(kl !== undefined && { kl }),
    ...(steeredTokens !== undefined && { steeredTokens }),
    ...(certificate !== undefined && { certificate: finiteCertificate(certificate) }),
  };
  return Object.keys(report).length > 0 ? { trimtab: report } : {};
}

function finiteCertificate({ logprobError, ...certificate }: Certificate) {
  return {
    ...certificate,
    ...(logprobError !== undefined && { logprobError: finite(logprobError) }),
  };
}

/** A token with its trace, as the library gives it. */
function toExplainedToken({ tokenId, text, bytes, logprob, topLogprobs, trace }: GeneratedToken) {
  return {
    tokenId,
    text,
    ...(bytes && { bytes: [...bytes] }),
    ...(logprob !== undefined && { logprob: finite(logprob) }),
    ...(topLogprobs && { topLogprobs: topLogprobs.map(withFiniteLogprob) }),
    ...(trace && { trace: toTrace(trace) }),
  };
}

function toTrace(trace: TokenTrace) {
  return {
    terms: trace.terms.map((term) => ({
      ...term,
      logprob: finite(term.logprob),
      share: finite(term.share),
    })),
    ...(trace.models && {
      models: trace.models.map((each) => ({ ...each, logprob: finite(each.logprob) })),
    }),
    ...(trace.params && { params: { ...trace.params } }),
    rewards: trace.rewards.map((reward) => ({ ...reward })),
    klScale: trace.klScale,
    ...(trace.totalVariation !== undefined && { totalVariation: trace.totalVariation }),
    ...(trace.draftedBy !== undefined && { draftedBy: trace.draftedBy }),
    baseChoice: withFiniteLogprob(trace.baseChoice),
    shift: finite(trace.shift),
    kl: finite(trace.kl),
    topBefore: trace.topBefore.map(withFiniteLogprob),
    topAfter: trace.topAfter.map(withFiniteLogprob),
  };
}

function withFiniteLogprob({ bytes, ...token }: TokenLogprob) {
  return { ...token, ...(bytes && { bytes: [...bytes] }), logprob: finite(token.logprob) };
}
