import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { modelsFolder } from '../../test/support/atlas-questions.ts';

/** Skills of `recipes/atlas-skills.yaml`, and the task that each was tuned for. */
export const skills = ['assistant', 'brief', 'quiz'] as const;
/** The last is tuned for by nobody: it wants two skills at once. */
export const tasks = [...skills, 'mixed'] as const;

export type Task = (typeof tasks)[number];

export interface TaskItem {
  readonly prompt: string;
  readonly answer: string;
  /** A regular expression of the answers that are right, each the whole answer. */
  readonly form: string;
}

/** @param part - `heldout` to judge by, or `examples` to choose by: other people. */
export async function readItems(task: Task, part: 'heldout' | 'examples'): Promise<TaskItem[]> {
  const file = path.join(modelsFolder, 'skills', `${task}-${part}.jsonl`);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as TaskItem);
}
