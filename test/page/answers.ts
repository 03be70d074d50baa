import type { GeneratedToken, ServedRecipe, TokenLogprob } from '../../src/spec/index.ts';

/** A recipe that does not exist, as a server reports it. */
export const stubRecipe: ServedRecipe = {
  name: 'stub',
  description: null,
  state: 'ready',
  failure: null,
  base: 'large',
  expert: 'tuned',
  antiExpert: 'small',
  formula: 'large + alpha * (tuned - small)',
  params: { alpha: { default: 1, min: null, max: null, description: null } },
  rewards: {},
  guidance: { method: 'args', candidates: 10 },
  klBudget: null,
  constraint: null,
  profile: null,
  sampling: {},
  modelNames: ['large', 'tuned', 'small'],
  models: [],
};

/** Tokens with a trace in which each was raised by `shift` nats. */
export function tracedTokens(texts: readonly string[], shift: number): GeneratedToken[] {
  return texts.map((text, index) => {
    const chosen: TokenLogprob = { tokenId: index, text, logprob: -0.5 };
    const before = { ...chosen, logprob: -0.5 - shift };
    return {
      ...chosen,
      trace: {
        terms: [
          { model: 'large', coefficient: 1, logprob: -0.5 - shift, share: -0.5 - shift },
          { model: text, coefficient: 1, logprob: shift, share: shift },
        ],
        rewards: [],
        klScale: 1,
        baseChoice: before,
        shift,
        kl: 0.1,
        topBefore: [before],
        topAfter: [chosen],
      },
    };
  });
}

/** An answer without an end. */
export function* endlessTokens(): Generator<GeneratedToken> {
  for (;;) yield* tracedTokens([' again'], 1.5);
}
