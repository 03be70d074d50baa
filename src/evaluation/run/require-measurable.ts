import { InvalidOptionError, type InferenceService } from '../../spec/index.ts';
import type { EvaluationItem, EvaluationTask } from '../task.ts';

/** Kinds that are measured by log-likelihood, and whether it is after token ids alone. */
const scoredKinds: Readonly<Partial<Record<EvaluationItem['kind'], 'tokens' | 'any prompt'>>> = {
  choice: 'any prompt',
  cloze: 'any prompt',
  pair: 'any prompt',
  text: 'tokens',
};

/** @throws InvalidOptionError for a task that is to be scored as the service cannot score. */
export function requireMeasurable(
  { scoredPrompts }: Pick<InferenceService, 'scoredPrompts'>,
  tasks: readonly EvaluationTask[],
): void {
  if (scoredPrompts === undefined) return;
  for (const { name, items } of tasks) {
    const item = items.find(({ kind }) => {
      const needed = scoredKinds[kind];
      return needed !== undefined && needed !== scoredPrompts;
    });
    if (item === undefined) continue;
    const does =
      scoredPrompts === 'none' ? 'only generates' : 'only generates, and scores plain text';
    throw new InvalidOptionError(
      'tasks',
      `The task ${name} has items of the kind ${item.kind}, which are measured by the log-likelihood of ` +
        `given texts, but the service ${does}: a server does not tell likelihoods after a prompt. Run the ` +
        'recipe on this machine.',
    );
  }
}
