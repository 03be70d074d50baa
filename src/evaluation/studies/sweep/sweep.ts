import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { settleSchedules, type Recipe } from '../../../recipe/index.ts';
import type { ResolvedSchedule } from '../../../spec/index.ts';
import { settingGrid, type SweepAxes, type SweepSetting } from '../setting.ts';
import { summariseSweep, type SweepSummary } from './sweep-summary.ts';
import type { EvaluationTask } from '../../task.ts';
import { measureSettings, requireSettings, type RecipeStudy } from '../measured-recipe.ts';

export interface SweepOptions extends RecipeStudy {
  /** Of {@link sweepSettings}. */
  readonly settings: readonly SweepSetting[];
  readonly tasks: readonly EvaluationTask[];
  /** Where results are kept, in a folder for each setting: a later sweep may add settings. */
  readonly directory: string;
}

/** A sweep as it is written down. */
export interface SweepReport extends SweepSummary {
  readonly recipe: string;
  /** How params were chosen at each token in every setting, by param; `null` is the same at each. */
  readonly schedules: Readonly<Record<string, ResolvedSchedule | null>>;
  readonly directory: string;
}

/**
 * Every combination of the axes' values that the recipe takes.
 * @throws InvalidOptionError for no axis, an axis without values or with one twice, and for what the
 *   recipe does not take.
 */
export function sweepSettings(recipe: Recipe, axes: SweepAxes): SweepSetting[] {
  const settings = settingGrid(axes, recipe.guidance);
  requireSettings(recipe, settings);
  return settings;
}

/** The params that an axis of settings is. */
export function sweptParams(settings: readonly SweepSetting[]): string[] {
  return [...new Set(settings.flatMap(({ options }) => Object.keys(options.params ?? {})))];
}

/**
 * Measures a recipe in every setting and says which of them are worth taking: those that no other one
 * beats in all that is traded off. Written to `sweep.json` in the directory.
 *
 * ```ts
 * const settings = sweepSettings(recipe, { params: { alpha: [0, 0.5, 1] } });
 * const { points } = await sweep({ service, recipe, settings, tasks, directory, seed: 0, version });
 * ```
 * @throws What `evaluate` throws; the signal's reason. What was measured by then is kept.
 */
export async function sweep({
  settings,
  tasks,
  directory,
  ...study
}: SweepOptions): Promise<SweepReport> {
  const measured = await measureSettings(study, sweptParams(settings), settings, tasks, directory);
  const { recipe } = study;
  const summary = summariseSweep(measured, tasks, guidingRewards(recipe));
  const swept = new Set(settings.flatMap(({ options }) => Object.keys(options.schedules ?? {})));
  const schedules = Object.fromEntries(
    Object.entries(settleSchedules(recipe, study.options?.schedules)).filter(
      ([param]) => !swept.has(param),
    ),
  );
  const report = { recipe: recipe.name, schedules, directory, ...summary };
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'sweep.json'), `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

/** A reward of weight 0 only reports. */
function guidingRewards({ rewards }: Recipe): string[] {
  return [...rewards].filter(([, { weight }]) => weight !== 0).map(([name]) => name);
}
