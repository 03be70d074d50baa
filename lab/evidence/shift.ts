// Which tokens of the answers a composition changes.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import {
  answerShifts,
  askedQuestions,
  contentId,
  recipeFingerprint,
  type EvaluationTask,
  type ShiftedToken,
  type ShiftLabels,
} from '../../src/evaluation/index.ts';
import { maxTokens, type Run } from './run.ts';
import type { System } from './systems.ts';
import type { Form } from '../../test/support/atlas-questions.ts';

/** An answer of which no token was left out. */
export type ShiftedAnswer = readonly ShiftedToken[];

export interface ShiftMeasurement {
  readonly system: System;
  readonly task: EvaluationTask;
  readonly form: Form;
  /** For whoever waits. */
  readonly label: string;
}

/** The shifts of every answer to the task: kept in a file, once all are there. */
export async function measureShifts(
  run: Run,
  { system, task, form, label }: ShiftMeasurement,
): Promise<readonly ShiftedAnswer[]> {
  const { service, directory, version, progress } = run;
  const { recipe, params } = system;
  const labels: ShiftLabels = {
    phrases: { opening: form.openings, closing: form.closings },
    patterns: [],
  };
  const fingerprint = await recipeFingerprint(recipe);
  const id = contentId({ fingerprint, params, items: task.items, labels, maxTokens, version });
  const file = path.join(directory, `${recipe.name}-shift-${id}.json`);
  if (existsSync(file)) {
    progress.finish(label, task.items.length);
    return JSON.parse(await readFile(file, 'utf8')) as ShiftedAnswer[];
  }
  const answers: ShiftedAnswer[] = [];
  for (const { prompt, references } of askedQuestions(task)) {
    const options = { maxTokens, params, trace: true };
    const request = { recipe: recipe.name, prompt, owner: 'shift', options };
    const { tokens } = await service.stream(request).result;
    answers.push(answerShifts(tokens, recipe.base, { references, labels }));
    progress.advance(label, answers.length, true);
  }
  await mkdir(directory, { recursive: true });
  await writeFile(`${file}.part`, JSON.stringify(answers));
  await rename(`${file}.part`, file);
  progress.finish(label, task.items.length);
  return answers;
}
