import path from 'node:path';

import { sweep, sweepSettings, sweptParams, type SweepAxes } from '../../evaluation/index.ts';
import { rewardWeightParam } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { withProgress } from '../evaluation/progress.ts';
import { readTasks, saySkipped, type TaskFlags } from '../evaluation/read-tasks.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { makeFolder, readRecipe } from '../named-file.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { renderSweep } from '../render/sweep.ts';
import { defaultDirectory, studyOf, type MeasureFlags } from './measure-flags.ts';

/** Flags of `trimtab sweep`, as commander parses them. */
export interface SweepFlags extends MeasureFlags, TaskFlags {
  readonly param?: Readonly<Record<string, readonly number[]>>;
  readonly rewardWeight?: readonly number[];
  readonly candidates?: readonly number[];
  readonly klBudget?: readonly (number | null)[];
  readonly schedule?: NonNullable<SweepAxes['schedules']>;
}

/** Measures a recipe in every setting and says which of them are worth taking. */
export async function runSweep(
  cli: Cli,
  file: string,
  files: readonly string[],
  flags: SweepFlags,
): Promise<void> {
  const { param, rewardWeight, candidates, klBudget, schedule, quiet = false } = flags;
  if (!(param ?? rewardWeight ?? candidates ?? klBudget ?? schedule)) {
    throw new UsageError(
      'There is nothing to sweep: give --param NAME=VALUE,VALUE,… or another axis.',
    );
  }
  const tasks = await readTasks('task', files, flags);
  saySkipped(cli, tasks);
  const recipe = await readRecipe(cli, 'recipe', file, flags);
  const settings = sweepSettings(recipe, {
    params: { ...param, ...(rewardWeight && { [rewardWeightParam]: rewardWeight }) },
    ...(candidates && { candidates }),
    ...(klBudget && { klBudget }),
    ...(schedule && { schedules: schedule }),
  });
  const study = await studyOf(cli, recipe, flags);
  await using _ = study.service;
  const directory =
    flags.output ?? (await defaultDirectory('sweep', study, sweptParams(settings), tasks));
  await makeFolder('--output', directory);
  const report = await withProgress(cli, quiet, directory, (onProgress) =>
    sweep({ ...study, settings, tasks, directory, onProgress }),
  );
  if (flags.json === true) return writeJson(cli.out, report);
  writeLines(cli.out, renderSweep(report, cli.out.palette));
  if (quiet) return;
  const written = escapeLine(path.join(directory, 'sweep.json'));
  cli.err.write(`${cli.err.palette.dim(`written: ${written}`)}\n`);
}
