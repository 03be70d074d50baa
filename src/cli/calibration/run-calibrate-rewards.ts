import path from 'node:path';

import {
  calibrateRewards,
  contentId,
  readPrompts,
  type RewardCalibration,
  type TextPrompt,
} from '../../evaluation/index.ts';
import { replaceFile } from '../../files/index.ts';
import { loadUncalibrated, writeRewardScales, type Recipe } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { withProgress } from '../evaluation/progress.ts';
import { UsageError } from '../failure.ts';
import { pullModels } from '../hub/pull-models.ts';
import { writeJson } from '../json.ts';
import { warn } from '../loading.ts';
import { fromFile, makeFolder, parseFile, requireNew, requireWritable } from '../named-file.ts';
import type { PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { renderRewardScales } from '../render/reward-scales.ts';
import { studyOf, type MeasureFlags } from '../sweep/measure-flags.ts';
import { requireUnchanged } from './run-calibrate.ts';

/** Flags of `trimtab calibrate --rewards`, as commander parses them. */
export interface CalibrateRewardsFlags extends MeasureFlags, PullFlags {
  readonly prompts?: string;
  readonly answers: number;
  readonly overwrite?: boolean;
  readonly save?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Estimates the scales of a recipe's rewards on its own answers, and writes them down. */
export async function runCalibrateRewards(
  cli: Cli,
  file: string,
  flags: CalibrateRewardsFlags,
): Promise<void> {
  const { overwrite = false, quiet = false, dryRun = false } = flags;
  const target = await targetOf(file, flags);
  const fetchMissing = (names: readonly string[]) => pullModels(cli, names, flags);
  const pulling = flags.pull === true ? { fetchMissing } : {};
  const which = overwrite ? 'all' : 'missing';
  const { recipe, text, rewards } = await fromFile('recipe', file, () =>
    loadUncalibrated(file, which, pulling),
  );
  requireRewards(recipe, rewards);
  const prompts = await readGivenPrompts(recipe, flags.prompts);
  const study = await studyOf(cli, recipe, flags);
  await using _ = study.service;
  const directory = flags.output ?? defaultDirectory(recipe, [text, prompts, flags.answers]);
  await makeFolder('--output', directory);
  const found = await withProgress(cli, quiet, directory, (onProgress) =>
    calibrateRewards({
      ...study,
      rewards,
      prompts,
      answers: flags.answers,
      directory,
      onProgress,
    }),
  );
  if (!quiet) warn(cli, warningsOf(recipe, found));
  const isWritten = !dryRun && Object.keys(found.scales).length > 0;
  if (isWritten) {
    await requireUnchanged(file, text);
    await replaceFile(target, writeRewardScales(text, found.scales));
  }
  if (flags.json === true) return writeJson(cli.out, { recipe: recipe.name, isWritten, ...found });
  writeLines(cli.out, renderRewardScales(found, cli.out.palette));
  if (quiet) return;
  const done = isWritten
    ? `written: ${target}`
    : `${file} is as it was${dryRun ? ': --dry-run' : ''}`;
  cli.err.write(`${cli.err.palette.dim(cli.err.plain(done))}\n`);
}

/** The file that is written. @throws UsageError for one that is there already, or whose paths would be others. */
async function targetOf(file: string, { save }: CalibrateRewardsFlags): Promise<string> {
  if (save === undefined) return file;
  if (path.resolve(path.dirname(save)) !== path.resolve(path.dirname(file))) {
    throw new UsageError(
      `--save: ${save} is not in the folder of ${file}, from which its models are named: save it there.`,
    );
  }
  await requireNew('--save', save);
  await requireWritable('--save', save);
  return save;
}

function requireRewards({ name, rewards }: Recipe, missing: readonly string[]): void {
  if (missing.length > 0) return;
  throw new UsageError(
    rewards.size === 0
      ? `recipe: ${name} has no rewards, so there is nothing to measure.`
      : `recipe: every reward of ${name} has a normalization: --overwrite estimates them again.`,
  );
}

/** @throws UsageError where there are none. */
async function readGivenPrompts(
  { name, profile }: Recipe,
  file: string | undefined,
): Promise<readonly TextPrompt[]> {
  if (file !== undefined) return parseFile('--prompts', file, (text) => readPrompts(text, file));
  if (profile !== null) return profile.prompts;
  throw new UsageError(
    `${name} has no profile that names prompts: give some with --prompts, a file with one to a line.`,
  );
}

/** Where answers are kept unless told otherwise: the same for the same recipe and prompts. */
function defaultDirectory({ name }: Recipe, measured: unknown): string {
  return path.join('evaluations', `calibrate-rewards-${name}-${contentId(measured)}`);
}

function warningsOf({ rewards }: Recipe, { scales, constant }: RewardCalibration): string[] {
  const weighed = Object.keys(scales).filter((name) => rewards.get(name)!.weight !== 0);
  return [
    ...constant.map(
      (name) =>
        `${name} gave every answer the same value: it has no scale here. Ask other prompts.`,
    ),
    ...weighed.map(
      (name) =>
        `${name} has a weight of ${rewards.get(name)!.weight}, which now multiplies deviations: see that it ` +
        'still does what it should.',
    ),
  ];
}
