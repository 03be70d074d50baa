import { readFile } from 'node:fs/promises';

import {
  calibrateRecipe,
  parseConstraint,
  parseObjective,
  requireCalibration,
  showConstraint,
  showObjective,
  type Reached,
} from '../../evaluation/index.ts';
import { replaceFile } from '../../files/index.ts';
import { showSchedule, writeCalibration, type Calibration } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { withProgress } from '../evaluation/progress.ts';
import { readTasks, saySkipped, type TaskFlags } from '../evaluation/read-tasks.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { makeFolder, readRecipe } from '../named-file.ts';
import { writeLines } from '../output.ts';
import { readManifest } from '../package-files.ts';
import { renderCalibration, type CalibrationReport } from '../render/calibration.ts';
import { defaultDirectory, studyOf, type MeasureFlags } from '../sweep/measure-flags.ts';

/** Flags of `trimtab calibrate`, as commander parses them. */
export interface CalibrateFlags extends MeasureFlags, TaskFlags {
  readonly development?: readonly string[];
  readonly objective?: string;
  readonly param?: Readonly<Record<string, readonly number[]>>;
  readonly constraint?: readonly string[];
  readonly refine: number;
  readonly test?: readonly string[];
  readonly dryRun?: boolean;
}

/** Finds params on the development set, scores them once on the test set, and writes them down. */
export async function runCalibrate(
  cli: Cli,
  file: string,
  flags: CalibrateFlags,
  today: string,
): Promise<void> {
  const { param: params } = flags;
  if (flags.development === undefined || flags.objective === undefined || params === undefined) {
    throw new UsageError(
      'A search needs --development, --objective and --param. Or give --rewards, for the scales of rewards.',
    );
  }
  const objective = parseObjective(flags.objective);
  const constraints = (flags.constraint ?? []).map(parseConstraint);
  const development = await readTasks('--development', flags.development, flags);
  const test = await readTasks('--test', flags.test ?? [], flags);
  saySkipped(cli, [...development, ...test]);
  const recipe = await readRecipe(cli, 'recipe', file, flags);
  if (recipe.file === null) {
    throw new UsageError(
      `recipe: ${file} is a model: what is calibrated is a recipe, with params, that is written to.`,
    );
  }
  const text = await readFile(file, 'utf8');
  const search = { recipe, params, refinements: flags.refine, development, test };
  requireCalibration(search);
  const study = await studyOf(cli, recipe, flags);
  await using _ = study.service;
  const directory =
    flags.output ?? (await defaultDirectory('calibrate', study, Object.keys(params), development));
  await makeFolder('--output', directory);
  const found = await withProgress(cli, flags.quiet === true, directory, (onProgress) =>
    calibrateRecipe({ ...study, ...search, objective, constraints, directory, onProgress }),
  );
  const { chosen, trials, present, schedules, developed, tested } = found;
  const shown = Object.entries(schedules).map(([param, how]) => [param, showSchedule(how)]);
  const calibration: Calibration = {
    date: today,
    version: readManifest().version,
    params: chosen.params,
    ...(shown.length > 0 && { schedules: Object.fromEntries(shown) as Record<string, string> }),
    objective: showObjective(objective),
    ...(constraints.length > 0 && { constraints: constraints.map(showConstraint) }),
    development: rounded(developed.calibrated),
    ...(tested !== null && { test: rounded(tested.calibrated) }),
  };
  const isWritten = flags.dryRun !== true;
  if (isWritten) {
    await requireUnchanged(file, text);
    await replaceFile(file, writeCalibration(text, recipe, calibration));
  }
  const report: CalibrationReport = { ...calibration, present, trials, developed, tested };
  if (flags.json === true) return writeJson(cli.out, { recipe: recipe.name, isWritten, ...report });
  writeLines(cli.out, renderCalibration(report, cli.out.palette));
  if (flags.quiet === true) return;
  const done = isWritten ? `written: ${file}` : `${file} is as it was: --dry-run`;
  cli.err.write(`${cli.err.palette.dim(cli.err.plain(done))}\n`);
}

/** As it is written down: four digits say all that there is. */
function rounded({ value, from, to, ...rest }: Reached): Reached {
  return { value: short(value), from: short(from), to: short(to), ...rest };
}

function short(number: number): number {
  return Number(number.toPrecision(4));
}

/** @throws UsageError if the file no longer holds the text: it may take long to calibrate. */
export async function requireUnchanged(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8')) === text) return;
  throw new UsageError(
    `${file} was changed while it was calibrated, and is left as it is. Calibrate again: what does ` +
      'not depend on the change is not measured again.',
  );
}
