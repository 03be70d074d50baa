import { stat } from 'node:fs/promises';

import type { InferenceService, LoadProgress, Recipe, ServedRecipe } from '../index.ts';
import { modelPath } from '../recipe/index.ts';
import { createLocalService } from '../service/index.ts';
import type { Cli } from './cli.ts';
import type { Output } from './output.ts';
import { formatBytes, formatPercent } from './render/numbers.ts';
import { createProgressBar, type ProgressBar } from './render/progress-bar.ts';

/** Models below this load in the blink of an eye. */
const progressBytes = 200e6;

export interface LoadSettings {
  readonly quiet?: boolean | undefined;
  readonly allowModules?: boolean | undefined;
}

/** A service of one recipe in this process, and what loads it. */
export interface RecipeHere {
  readonly service: InferenceService;
  /** Loads its models; on a terminal with a progress bar, and the recipe's warnings, on stderr. */
  readonly load: () => Promise<ServedRecipe>;
}

/** Flags that say how a recipe's models run, as commander parses them. */
interface EngineFlags {
  /** Answers at once. */
  readonly parallel?: number | undefined;
  readonly threads?: number | undefined;
}

/** The recipe with answers at once, and threads, as the flags say in place of its own. */
export function withEngine(recipe: Recipe, { parallel, threads }: EngineFlags): Recipe {
  return {
    ...recipe,
    engine: {
      ...recipe.engine,
      ...(parallel !== undefined && { maxSequences: parallel }),
      ...(threads !== undefined && { threads }),
    },
  };
}

export async function openHere(
  cli: Cli,
  recipe: Recipe,
  { quiet = false, allowModules = false }: LoadSettings = {},
): Promise<RecipeHere> {
  const bar = createProgressBar(cli.err, cli.now);
  const say = (warnings: readonly string[]) => {
    if (quiet) return;
    bar.clear();
    warn(cli, warnings);
  };
  let onProgress: ((progress: LoadProgress) => void) | undefined;
  const service = await createLocalService({
    recipes: [recipe],
    engineOptions: { ...cli.engineOptions, allowModules },
    onProgress: (progress) => onProgress?.(progress),
    onWarning: (warning) => say([warning]),
  });
  const { signal } = cli.interruption;
  return {
    service,
    async load() {
      say(recipe.warnings);
      const files = await fileSizes(recipe);
      if (!quiet && sum(files.values()) >= progressBytes)
        onProgress = showProgress(cli.err, bar, files);
      try {
        return await service.load(recipe.name, signal);
      } finally {
        bar.clear();
        onProgress = undefined;
      }
    },
  };
}

/** @param files - Bytes by file. */
function showProgress(
  output: Output,
  bar: ProgressBar,
  files: ReadonlyMap<string, number>,
): (progress: LoadProgress) => void {
  const total = sum(files.values());
  const loaded = new Map<string, number>();
  return ({ file, share, model }) => {
    loaded.set(file, share * (files.get(file) ?? 0));
    const done = sum(loaded.values()) / total;
    bar.draw(
      'loading',
      done,
      `${formatPercent(done)} of ${formatBytes(total)}  ${output.plain(model)}`,
    );
  };
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

export function warn({ err }: Pick<Cli, 'err'>, warnings: readonly string[]): void {
  for (const warning of warnings) {
    err.write(`${err.palette.warn('warning:')} ${err.plain(warning)}\n`);
  }
}

/** Bytes by file; one that is named twice counts once. */
async function fileSizes(recipe: Recipe): Promise<Map<string, number>> {
  const files = new Set([...recipe.models.values()].map(({ source }) => modelPath(source)));
  const sizes = await Promise.all(
    [...files].map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0),
  );
  return new Map([...files].map((file, i) => [file, sizes[i]!]));
}
