import type { GenerationResult, KlBudget } from '../../index.ts';
import { escapeLine } from './escape.ts';

/**
 * How the whole answer does: its value under each reward, and the nats that it has spent of its
 * budget; nothing where there is neither.
 */
export function renderSteering(
  { rewards = {}, kl }: Pick<GenerationResult, 'rewards' | 'kl'>,
  budget: KlBudget | null,
): string[] {
  const values = Object.entries(rewards).map(
    ([name, value]) => `${escapeLine(name)} ${value.toFixed(2)}`,
  );
  return [
    ...(values.length > 0 ? [`rewards ${values.join(', ')}`] : []),
    ...(kl === undefined ? [] : [renderSpent(kl, budget?.perAnswer)]),
  ];
}

/** `KL budget 3.20 of 20 nats spent`. */
function renderSpent(kl: number, perAnswer: number | undefined): string {
  const limit = perAnswer === undefined ? '' : ` of ${perAnswer}`;
  return `KL budget ${kl.toFixed(2)}${limit} nats spent`;
}
