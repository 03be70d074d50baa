import { readFile } from 'node:fs/promises';
import path from 'node:path';

import {
  calibrate,
  type CalibrationOptions,
  type CalibrationTrial,
} from '../../evaluation/calibration/calibrate.ts';
import {
  parseConstraint,
  parseObjective,
  showConstraint,
  showObjective,
} from '../../evaluation/calibration/objective.ts';
import { compareReached, type Reached } from '../../evaluation/calibration/reached.ts';
import { sharedItems } from '../../evaluation/calibration/shared-items.ts';
import type { EvaluationTask } from '../../evaluation/index.ts';
import { replaceFile } from '../../evaluation/run/run-directory.ts';
import { paramSetting } from '../../evaluation/sweep/setting.ts';
import { summariseSweep } from '../../evaluation/sweep/sweep-summary.ts';
import type { Recipe } from '../../index.ts';
import { resolveParams, writeCalibration, type Calibration } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { readTasks, saySkipped, type TaskFlags } from '../evaluation/read-tasks.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { makeFolder } from '../named-file.ts';
import { writeLines } from '../output.ts';
import { readManifest } from '../package-files.ts';
import { renderCalibration, type CalibrationReport } from '../render/calibration.ts';
import {
  openMeasuredRecipe,
  requireSettings,
  type MeasureFlags,
  type SettingRunner,
} from '../sweep/measured-recipe.ts';
import { requireFirstTest } from './first-test.ts';

/** Flags of `trimtab calibrate`, as commander parses them. */
export interface CalibrateFlags extends MeasureFlags, TaskFlags {
  readonly development: readonly string[];
  readonly objective: string;
  readonly param: Readonly<Record<string, readonly number[]>>;
  readonly constraint?: readonly string[];
  readonly refine: number;
  readonly test?: readonly string[];
  readonly dryRun?: boolean;
}

type Params = CalibrationTrial['params'];

/** Finds params on the development set, scores them once on the test set, and writes them down. */
export async function runCalibrate(
  cli: Cli,
  file: string,
  flags: CalibrateFlags,
  today: string,
): Promise<void> {
  const objective = parseObjective(flags.objective);
  const constraints = (flags.constraint ?? []).map(parseConstraint);
  const development = await readTasks('--development', flags.development, flags);
  const test = await readTasks('--test', flags.test ?? [], flags);
  saySkipped(cli, [...development, ...test]);
  requireApart(development, test);
  // An item that failed for one candidate would make the others' scores another sample's.
  const measured = await openMeasuredRecipe(cli, file, Object.keys(flags.param), {
    ...flags,
    maxFailures: 0,
  });
  const { recipe } = measured;
  const text = await readFile(file, 'utf8');
  const present = presentOf(recipe, flags);
  const directory = flags.output ?? measured.defaultDirectory('calibrate', development);
  await makeFolder('--output', directory);
  await using runner = await measured.open();
  const develop = measurer(runner, development, path.join(directory, 'development'));
  const { chosen, trials } = await calibrate({
    params: flags.param,
    present,
    objective,
    constraints,
    refinements: flags.refine,
    measure: develop,
  });
  const compare = async (tasks: readonly EvaluationTask[], measure: Measure) =>
    compareReached(objective, await measure(different(present, chosen.params)), tasks);
  const developed = await compare(development, develop);
  if (test.length > 0) await requireFirstTest(directory, chosen.params, test);
  const tested =
    test.length === 0
      ? null
      : await compare(test, measurer(runner, test, path.join(directory, 'test')));
  const calibration: Calibration = {
    date: today,
    version: readManifest().version,
    params: chosen.params,
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

type Measure = CalibrationOptions['measure'];

function measurer(
  runner: SettingRunner,
  tasks: readonly EvaluationTask[],
  directory: string,
): Measure {
  return async (settings) =>
    summariseSweep(await runner.measure(settings, tasks, directory), tasks);
}

/** The present params and the chosen ones; once if they are the same. */
function different(present: Params, chosen: Params): ReturnType<typeof paramSetting>[] {
  const settings = [paramSetting(present), paramSetting(chosen)];
  return settings.filter(({ name }, i) => i === 0 || name !== settings[0]!.name);
}

/** @throws UsageError if an item is in both. */
function requireApart(
  development: readonly EvaluationTask[],
  test: readonly EvaluationTask[],
): void {
  const shared = sharedItems(development, test);
  const [first] = shared;
  if (first === undefined) return;
  throw new UsageError(
    `--test: ${shared.length} of its items are in the development set, too, e.g. ${first.item} of ` +
      `${first.test}, which is in ${first.development}: a test set holds what was never looked at.`,
  );
}

/** What the recipe says of the params now. @throws UsageError, InvalidOptionError */
function presentOf(recipe: Recipe, { param, refine }: CalibrateFlags): Record<string, number> {
  if (!(Number.isInteger(refine) && refine >= 0)) {
    throw new UsageError(`--refine: it must be an integer of at least 0, not ${refine}.`);
  }
  const defaults = resolveParams(recipe);
  for (const [name, values] of Object.entries(param)) {
    requireSettings(
      recipe,
      values.map((value) => paramSetting({ [name]: value })),
    );
  }
  return Object.fromEntries(Object.keys(param).map((name) => [name, defaults[name]!]));
}

/** @throws UsageError if the file no longer holds the text: it may take long to calibrate. */
async function requireUnchanged(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8')) === text) return;
  throw new UsageError(
    `${file} was changed while it was calibrated, and is left as it is. Calibrate again: what does ` +
      'not depend on the change is not measured again.',
  );
}
