import type { GeneratedToken } from '../../index.ts';
import { formatPercent, formatSigned } from './numbers.ts';

/** How far the composition moved an answer from what the base would have said. */
export interface TraceSummary {
  /** Mean over tokens of log p_composed − log p_base, in nats. */
  readonly meanShift: number;
  /** Mean over tokens of KL(composed ‖ base), in nats. */
  readonly meanKl: number;
  /** Share of tokens that are not the base's own first choice. */
  readonly changedShare: number;
}

/** @param tokens - Of a generation with `trace`. `undefined` for an answer without tokens. */
export function summarizeTrace(tokens: readonly GeneratedToken[]): TraceSummary | undefined {
  const traced = tokens.filter((token) => token.trace !== undefined);
  if (traced.length === 0) return undefined;
  const mean = (value: (token: GeneratedToken) => number) =>
    traced.reduce((sum, token) => sum + value(token), 0) / traced.length;
  return {
    meanShift: mean(({ trace }) => trace!.shift),
    meanKl: mean(({ trace }) => trace!.kl),
    changedShare: mean(({ tokenId, trace }) => (trace!.baseChoice.tokenId === tokenId ? 0 : 1)),
  };
}

export function renderSummary({ meanShift, meanKl, changedShare }: TraceSummary): string {
  return (
    `${formatPercent(changedShare)} of tokens are not the base's own choice; ` +
    `mean shift ${formatSigned(meanShift)}, mean KL ${meanKl.toFixed(2)} nats a token`
  );
}
