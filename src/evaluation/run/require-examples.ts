import { InvalidOptionError } from '../../spec/index.ts';
import { questionOf } from '../example.ts';
import type { EvaluationTask } from '../task.ts';
import type { EvaluationSystem } from './system.ts';

/**
 * @throws InvalidOptionError for a task of plain text, before which examples answer nothing, and for an
 *   example that is one of the items: its answer would stand before the question.
 */
export function requireExamples(
  systems: readonly EvaluationSystem[],
  tasks: readonly EvaluationTask[],
): void {
  for (const { name, examples = [] } of systems) {
    const shown = new Set(examples.map(({ question }) => question.trim()));
    if (shown.size === 0) continue;
    for (const task of tasks) {
      for (const item of task.items) {
        if (item.kind === 'text') {
          throw new InvalidOptionError(
            'examples',
            `${name} has examples, but ${task.name} has plain text, whose perplexity is measured from its ` +
              'first token on: evaluate it without them.',
          );
        }
        const question = questionOf(item)?.trim();
        if (question === undefined || !shown.has(question)) continue;
        throw new InvalidOptionError(
          'examples',
          `An example of ${name} is ${item.id} of ${task.name}, ${JSON.stringify(question)}: its answer ` +
            'would be given away. Take examples that are not evaluated.',
        );
      }
    }
  }
}
