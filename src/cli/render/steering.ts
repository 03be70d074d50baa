import type { Certificate, GenerationResult, KlBudget } from '../../index.ts';
import { escapeLine } from './escape.ts';
import { formatPercent } from './numbers.ts';

/**
 * How the whole answer does: its value under each reward, the nats that it has spent of its budget, and how many
 * of its tokens a schedule has steered; nothing where there is none of these.
 */
export function renderSteering(
  {
    rewards = {},
    kl,
    steeredTokens,
    certificate,
    usage,
  }: Pick<GenerationResult, 'rewards' | 'kl' | 'steeredTokens' | 'certificate' | 'usage'>,
  budget: KlBudget | null,
): string[] {
  const values = Object.entries(rewards).map(
    ([name, value]) => `${escapeLine(name)} ${value.toFixed(2)}`,
  );
  return [
    ...(values.length > 0 ? [`rewards ${values.join(', ')}`] : []),
    ...(kl === undefined ? [] : [renderSpent(kl, budget?.perAnswer)]),
    ...(steeredTokens === undefined
      ? []
      : [`steered ${renderSteered(steeredTokens, usage.completionTokens)}`]),
    ...(certificate === undefined ? [] : [renderCertificate(certificate, usage.completionTokens)]),
  ];
}

/** `certified exact`, or how far the answer may be from what whole distributions give. */
export function renderCertificate(
  { exact, uncertainTokens, totalVariation }: Omit<Certificate, 'logprobError'>,
  count: number,
): string {
  if (exact) return 'certified exact';
  const share =
    totalVariation < 1 ? `, total variation at most ${totalVariation.toPrecision(2)}` : '';
  return `${renderSteered(uncertainTokens, count)} not certified${share}`;
}

/** `12 of 40 tokens (30 %)`. */
export function renderSteered(steered: number, count: number): string {
  return `${steered} of ${count} tokens (${formatPercent(steered / Math.max(1, count))})`;
}

/** `KL budget 3.20 of 20 nats spent`. */
function renderSpent(kl: number, perAnswer: number | undefined): string {
  const limit = perAnswer === undefined ? '' : ` of ${perAnswer}`;
  return `KL budget ${kl.toFixed(2)}${limit} nats spent`;
}
