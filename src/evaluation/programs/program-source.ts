import { InvalidOptionError } from '../../spec/index.ts';
import type { ProgramItem } from '../task.ts';

/**
 * The script that judges a completion: the prompt, the completion right after it, and the tests.
 * @throws InvalidOptionError for a language that cannot be run here.
 */
export function programSource(item: ProgramItem, completion: string): string {
  if (item.language !== 'javascript') {
    throw new InvalidOptionError(
      'language',
      `Item ${item.id} is ${item.language}, which is not run here: only JavaScript is.`,
    );
  }
  return `${item.prompt}${completion}\n${item.tests}`;
}
