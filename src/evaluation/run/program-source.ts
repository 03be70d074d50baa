import type { ProgramItem } from '../task.ts';

/** The script that judges a completion: the prompt, the completion right after it, and the tests. */
export function programSource(
  { prompt, tests }: Pick<ProgramItem, 'prompt' | 'tests'>,
  completion: string,
): string {
  return `${prompt}${completion}\n${tests}`;
}
