import { perplexity, type Perplexity } from '../metrics/perplexity.ts';
import { isFailed } from '../run/item-result.ts';
import type { ItemRecord } from '../run/result-log.ts';
import type { EvaluationTask } from '../task.ts';

export interface PerplexitySummary extends Perplexity {
  readonly system: string;
}

/**
 * Of the texts of a task together; `null` if it has none.
 * @param records - Of one system and the task. @param paired - Ids of what all systems have scored.
 */
export function summarisePerplexity(
  system: string,
  { items }: EvaluationTask,
  records: readonly ItemRecord[],
  paired: ReadonlySet<string>,
): PerplexitySummary | null {
  const texts = new Map(
    items.flatMap((item) => (item.kind === 'text' ? [[item.id, item.text]] : [])),
  );
  const scored = records.flatMap(({ result }) => {
    const text = texts.get(result.item);
    if (text === undefined || isFailed(result) || !paired.has(result.item)) return [];
    const { logprob, tokenCount } = result.continuations![0]!;
    return { text, logprob: logprob ?? -Infinity, tokenCount };
  });
  return scored.length === 0 ? null : { system, ...perplexity(scored) };
}
