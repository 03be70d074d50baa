import { InvalidOptionError } from '../../../spec/index.ts';
import type { EvaluationTask, TextPrompt } from '../../task.ts';

/** What is asked, and what would be right where that is known. */
export interface AskedQuestion {
  readonly id: string;
  readonly prompt: TextPrompt;
  readonly references: readonly string[];
}

/**
 * The items of a task as questions that are answered freely: right options are references.
 * @throws InvalidOptionError for an item that asks nothing.
 */
export function askedQuestions({ name, items }: EvaluationTask): AskedQuestion[] {
  return items.map((item) => {
    const { id } = item;
    if (item.kind === 'generate') return { id, prompt: item.prompt, references: item.references };
    if (item.kind === 'choice') {
      return { id, prompt: item.prompt, references: item.right.map((i) => item.options[i]!) };
    }
    if (item.kind === 'pair') return { id, prompt: item.prompt, references: [] };
    if (item.kind === 'program') return { id, prompt: { text: item.prompt }, references: [] };
    throw new InvalidOptionError(
      'task',
      `The item ${id} of ${name} is of the kind ${item.kind}, which asks nothing: give a task of ` +
        'questions, choices, pairs or programs.',
    );
  });
}
