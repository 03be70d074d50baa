import path from 'node:path';

import { studyId, type EvaluationTask, type RecipeStudy } from '../../evaluation/index.ts';
import type { Recipe, SamplingOptions } from '../../index.ts';
import { createLocalService } from '../../service/index.ts';
import type { Cli } from '../cli.ts';
import { itemsPerLane } from '../evaluation/run-evaluation.ts';
import type { LocalFlags } from '../evaluation/open-systems.ts';
import { warn, withEngine } from '../loading.ts';
import { optionsOf } from '../options/option-flags.ts';
import { programOptionsOf, type ProgramFlags } from '../options/programs.ts';
import { readManifest } from '../package-files.ts';

/** Flags that say how settings are measured, as commander parses them. */
export interface MeasureFlags extends LocalFlags, SamplingOptions, ProgramFlags {
  readonly output?: string;
  readonly maxFailures?: number;
}

/** A study of a recipe in this process, as the flags say. Its service is to be disposed of. */
export async function studyOf(cli: Cli, recipe: Recipe, flags: MeasureFlags): Promise<RecipeStudy> {
  const { quiet, parallel, allowModules = false, maxFailures } = flags;
  if (quiet !== true) warn(cli, recipe.warnings);
  const { seed: _, ...options } = optionsOf({ ...flags }, ['answer', 'sampling']);
  return {
    ...programOptionsOf(flags),
    recipe,
    service: await createLocalService({
      recipes: [withEngine(recipe, flags)],
      engineOptions: { ...cli.engineOptions, allowModules },
    }),
    options,
    seed: flags.seed ?? 0,
    version: readManifest().version,
    signal: cli.interruption.signal,
    ...(parallel !== undefined && { concurrency: itemsPerLane * parallel }),
    ...(maxFailures !== undefined && { maxFailures }),
  };
}

/** Where results of these tasks are kept unless told otherwise: the same for the same measurements. */
export async function defaultDirectory(
  purpose: string,
  study: RecipeStudy,
  swept: readonly string[],
  tasks: readonly EvaluationTask[],
): Promise<string> {
  const id = await studyId(study, swept, tasks);
  return path.join('evaluations', `${purpose}-${study.recipe.name}-${id}`);
}
