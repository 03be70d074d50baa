import { readFile } from 'node:fs/promises';

import {
  calibrateRecipe,
  createTask,
  natsPerByte,
  type EvaluationTask,
  type Reached,
  type RecipeStudy,
} from '../evaluation/index.ts';
import { createFolder, replaceFile } from '../files/index.ts';
import { writeCalibration } from '../recipe/index.ts';
import type { PairFolder } from './pair-folder.ts';
import type { OnPairProgress } from './progress.ts';
import type { TuningExample } from './write-examples.ts';

/** Strengths that are tried, and how many between the best of them. */
const alphas = [0.25, 0.5, 1, 1.5];
const refinements = 2;

export interface CalibratePairOptions {
  readonly study: RecipeStudy;
  readonly folder: PairFolder;
  readonly development: readonly TuningExample[];
  /** Year-month-day. */
  readonly today: string;
  readonly onProgress: OnPairProgress;
}

/** Chooses the strength by how likely the development set's answers are, and writes it into the recipe. */
export async function calibratePair({
  study,
  folder,
  development,
  today,
  onProgress,
}: CalibratePairOptions): Promise<number> {
  const { recipe, version } = study;
  createFolder(folder.calibration);
  const { chosen, developed } = await calibrateRecipe({
    ...study,
    params: { alpha: alphas },
    objective: { task: null, metric: natsPerByte },
    constraints: [],
    refinements,
    development: [answersTask('development', development)],
    test: [],
    directory: folder.calibration,
    onProgress: ({ done, of }) => onProgress({ stage: 'calibrating', done, of }),
  });
  const { params } = chosen;
  const reached = short(developed.calibrated);
  const calibration = { date: today, version, params, objective: natsPerByte, development: reached };
  const text = await readFile(folder.recipe, 'utf8');
  await replaceFile(folder.recipe, writeCalibration(text, recipe, calibration));
  return params['alpha']!;
}

/** Given answers, whose likelihood is measured. */
export function answersTask(name: string, examples: readonly TuningExample[]): EvaluationTask {
  return createTask(
    name,
    examples.map(({ conversation: { prompt, answer, group } }) => ({
      kind: 'answer',
      prompt,
      answer,
      group,
    })),
  );
}

/** Four digits say all that there is. */
function short({ value, from, to, ...rest }: Reached): Reached {
  const [v, f, t] = [value, from, to].map((number) => Number(number.toPrecision(4)));
  return { value: v!, from: f!, to: t!, ...rest };
}
