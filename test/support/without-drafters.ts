import type { GeneratedToken } from '../../src/spec/index.ts';

/** The tokens as they are told of whoever drafted them. */
export function withoutDrafters(tokens: readonly GeneratedToken[]) {
  return tokens.map(({ trace, ...token }) => ({
    ...token,
    trace: trace && { ...trace, draftedBy: undefined },
  }));
}
