import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { settingGrid } from '../../evaluation/sweep/setting.ts';
import { summariseSweep } from '../../evaluation/sweep/sweep-summary.ts';
import { rewardWeightParam, type Recipe } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { readTasks, saySkipped, type TaskFlags } from '../evaluation/read-tasks.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { makeFolder } from '../named-file.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { renderSweep } from '../render/sweep.ts';
import { openMeasuredRecipe, requireSettings, type MeasureFlags } from './measured-recipe.ts';

/** Flags of `trimtab sweep`, as commander parses them. */
export interface SweepFlags extends MeasureFlags, TaskFlags {
  readonly param?: Readonly<Record<string, readonly number[]>>;
  readonly rewardWeight?: readonly number[];
  readonly candidates?: readonly number[];
  readonly klBudget?: readonly (number | null)[];
}

/** Measures a recipe in every setting and says which of them are worth taking. */
export async function runSweep(
  cli: Cli,
  file: string,
  files: readonly string[],
  flags: SweepFlags,
): Promise<void> {
  const { param, rewardWeight, candidates, klBudget } = flags;
  if (!(param ?? rewardWeight ?? candidates ?? klBudget)) {
    throw new UsageError(
      'There is nothing to sweep: give --param NAME=VALUE,VALUE,… or another axis.',
    );
  }
  const tasks = await readTasks('task', files, flags);
  saySkipped(cli, tasks);
  const params = { ...param, ...(rewardWeight && { [rewardWeightParam]: rewardWeight }) };
  const measured = await openMeasuredRecipe(cli, file, Object.keys(params), flags);
  const { recipe } = measured;
  const settings = settingGrid(
    {
      params,
      ...(candidates && { candidates }),
      ...(klBudget && { klBudget }),
    },
    recipe.guidance,
  );
  requireSettings(recipe, settings);
  const directory = flags.output ?? measured.defaultDirectory('sweep', tasks);
  await makeFolder('--output', directory);
  await using runner = await measured.open();
  const measurements = await runner.measure(settings, tasks, directory);
  const summary = summariseSweep(measurements, tasks, guidingRewards(recipe));
  const report = path.join(directory, 'sweep.json');
  const result = { recipe: recipe.name, directory, ...summary };
  await writeFile(report, `${JSON.stringify(result, null, 2)}\n`);
  if (flags.json === true) return writeJson(cli.out, result);
  writeLines(cli.out, renderSweep(summary, cli.out.palette));
  if (flags.quiet !== true) {
    cli.err.write(`${cli.err.palette.dim(`written: ${escapeLine(report)}`)}\n`);
  }
}

/** A reward of weight 0 only reports. */
function guidingRewards({ rewards }: Recipe): string[] {
  return [...rewards].filter(([, { weight }]) => weight !== 0).map(([name]) => name);
}
