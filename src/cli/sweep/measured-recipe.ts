import path from 'node:path';

import {
  contentId,
  recipeFingerprint,
  type EvaluationProgress,
  type EvaluationTask,
} from '../../evaluation/index.ts';
import {
  measureSetting,
  type SettingMeasurements,
} from '../../evaluation/sweep/measure-setting.ts';
import type { SweepSetting } from '../../evaluation/sweep/setting.ts';
import type { MeasuredSetting } from '../../evaluation/sweep/sweep-summary.ts';
import { withoutGroups } from '../../evaluation/task.ts';
import type { Recipe, SamplingOptions } from '../../index.ts';
import { resolveGuidance, resolveKlBudget, resolveParams } from '../../recipe/index.ts';
import type { Cli } from '../cli.ts';
import { openLocalContest, type LocalFlags } from '../evaluation/local-contest.ts';
import { createProgressBar } from '../evaluation/progress.ts';
import { readRecipe } from '../named-file.ts';
import { programOptionsOf, type ProgramFlags } from '../options/programs.ts';
import { samplingOf } from '../options/sampling.ts';
import { readManifest } from '../package-files.ts';
import { escapeLine } from '../render/escape.ts';

/** Flags that say how settings are measured, as commander parses them. */
export interface MeasureFlags extends LocalFlags, SamplingOptions, ProgramFlags {
  readonly maxTokens: number;
  readonly stop?: readonly string[];
  readonly output?: string;
  readonly maxFailures?: number;
}

/** A recipe of a file that can be measured in many settings. */
export interface MeasuredRecipe {
  readonly recipe: Recipe;
  /** Where results of these tasks are kept unless told otherwise: the same for the same measurements. */
  defaultDirectory(purpose: string, tasks: readonly EvaluationTask[]): string;
  /** Loads the models and measures; what was measured before is read. */
  open(): Promise<SettingRunner>;
}

/** Measures settings on tasks, one after the other. */
export interface SettingRunner extends AsyncDisposable {
  measure(
    settings: readonly SweepSetting[],
    tasks: readonly EvaluationTask[],
    directory: string,
  ): Promise<MeasuredSetting[]>;
}

/** Two items in work for each answer at once: there is always one that waits. */
const itemsPerLane = 2;

/**
 * @param swept - Params that settings give: what the recipe says of them does not matter.
 * @throws UsageError, RecipeError
 */
export async function openMeasuredRecipe(
  cli: Cli,
  file: string,
  swept: readonly string[],
  flags: MeasureFlags,
): Promise<MeasuredRecipe> {
  const recipe = await readRecipe('recipe', file);
  const contest = await openLocalContest(cli, 'recipe', [file], flags);
  const system = await systemOf(recipe, swept, flags);
  const programs = programOptionsOf(flags);
  const { samples = 1 } = programs;
  const run = { seed: flags.seed ?? 0, version: readManifest().version, samples };
  return {
    recipe,
    defaultDirectory: (purpose, tasks) =>
      path.join(
        'evaluations',
        `${purpose}-${recipe.name}-${contentId({ system, run, tasks: withoutGroups(tasks) })}`,
      ),
    async open() {
      const service = await contest.open();
      return {
        measure: (settings, tasks, directory) =>
          measureAll(cli, settings, flags, {
            ...programs,
            ...run,
            system,
            tasks,
            directory,
            service,
          }),
        [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
      };
    },
  };
}

/** @throws InvalidOptionError for a param that the recipe has not, or a value out of its range. */
export function requireSettings(recipe: Recipe, settings: readonly SweepSetting[]): void {
  for (const { options } of settings) {
    resolveParams(recipe, options.params);
    resolveGuidance(recipe, options.guidance);
    resolveKlBudget(recipe, options.klBudget);
  }
}

/** Params are given with every request, so that the same one is known whatever the defaults become. */
async function systemOf(
  recipe: Recipe,
  swept: readonly string[],
  flags: MeasureFlags,
): Promise<SettingMeasurements['system']> {
  const { seed: _, ...sampling } = samplingOf(flags);
  const { maxTokens, stop } = flags;
  const params = Object.entries(resolveParams(recipe)).filter(([name]) => !swept.includes(name));
  return {
    recipe: recipe.name,
    fingerprint: await recipeFingerprint({ ...recipe, params: new Map() }),
    options: {
      ...sampling,
      maxTokens,
      ...(stop && { stop }),
      params: Object.fromEntries(params),
      ...(recipe.rewards.size > 0 && { reportRewards: [...recipe.rewards.keys()] }),
    },
  };
}

async function measureAll(
  cli: Cli,
  settings: readonly SweepSetting[],
  { quiet = false, parallel, maxFailures }: MeasureFlags,
  measurements: SettingMeasurements,
): Promise<MeasuredSetting[]> {
  const { signal } = cli.interruption;
  const measured: MeasuredSetting[] = [];
  let total: EvaluationProgress = { done: 0, of: 0, failed: 0 };
  using bar = createProgressBar(cli, quiet, () => performance.now());
  try {
    for (const setting of settings) {
      const evaluation = await measureSetting(setting, {
        ...measurements,
        signal,
        ...(parallel !== undefined && { concurrency: itemsPerLane * parallel }),
        ...(maxFailures !== undefined && { maxFailures }),
        onProgress({ done, of, failed }) {
          total = { done: measured.length * of + done, of: settings.length * of, failed };
          bar.update(total);
        },
      });
      measured.push({ setting, evaluation });
    }
  } catch (error) {
    bar[Symbol.dispose]();
    if (total.done > 0) {
      cli.err.write(
        `${total.done} of ${total.of} items are done and kept in ` +
          `${escapeLine(measurements.directory)}: the same command goes on from there.\n`,
      );
    }
    throw error;
  }
  return measured;
}
