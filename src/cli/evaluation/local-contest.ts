import { statSync } from 'node:fs';
import path from 'node:path';

import { recipeFingerprint } from '../../evaluation/index.ts';
import { createLocalService } from '../../service/index.ts';
import type { Recipe } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { warn } from '../loading.ts';
import { readRecipe } from '../named-file.ts';
import type { ModuleFlags } from '../options/modules.ts';
import type { OutputFlags } from '../options/output.ts';
import { requireModel, type Contest, type NamedContestant } from './contestants.ts';

/** Flags of recipes that run here, as commander parses them. */
export interface LocalFlags extends OutputFlags, ModuleFlags {
  /** Answers at once. */
  readonly parallel?: number;
}

/** A `--recipe` of a file: `recipe.yaml`, or `recipe.yaml/model`. */
interface FileReference {
  readonly file: string;
  readonly only: string | null;
}

/**
 * Recipe files, run in this process.
 * @param name - The option or argument that names them.
 * @throws UsageError, RecipeError
 */
export async function openLocalContest(
  cli: Cli,
  name: string,
  references: readonly string[],
  { quiet, parallel, allowModules = false }: LocalFlags,
): Promise<Contest> {
  const named = references.map(toFileReference);
  const files = [...new Set(named.map(({ file }) => path.resolve(file)))];
  const recipes = await Promise.all(files.map((file) => readRecipe(name, file)));
  requireDifferentNames(recipes);
  if (quiet !== true) for (const { warnings } of recipes) warn(cli, warnings);
  const contestants = await Promise.all(recipes.map(toContestant));
  return {
    contestants: named.map(({ file, only }): NamedContestant => {
      const recipe = contestants[files.indexOf(path.resolve(file))]!;
      if (only !== null) requireModel(recipe, only);
      return { recipe, only };
    }),
    open: () =>
      createLocalService({
        recipes: recipes.map((recipe) => withParallel(recipe, parallel)),
        engineOptions: { allowModules },
      }),
  };
}

function toFileReference(reference: string): FileReference {
  const file = path.dirname(reference);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (!isFile) return { file: reference, only: null };
  return { file, only: path.basename(reference) };
}

async function toContestant(recipe: Recipe): Promise<NamedContestant['recipe']> {
  const { name, base, expert, models, rewards } = recipe;
  const fingerprint = await recipeFingerprint(recipe);
  return {
    name,
    base,
    expert,
    modelNames: [...models.keys()],
    rewardNames: [...rewards.keys()],
    fingerprint,
  };
}

function withParallel(recipe: Recipe, parallel: number | undefined): Recipe {
  if (parallel === undefined) return recipe;
  return { ...recipe, engine: { ...recipe.engine, maxSequences: parallel } };
}

function requireDifferentNames(recipes: readonly Recipe[]): void {
  const names = recipes.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated === undefined) return;
  throw new UsageError(
    `--recipe: two recipes are called ${repeated}. Give one of them another \`name:\`.`,
  );
}
