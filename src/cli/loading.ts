import { stat } from 'node:fs/promises';

import { SingleBar } from 'cli-progress';

import type { InferenceService, LoadProgress, Recipe, ServedRecipe } from '../index.ts';
import { modelPath } from '../recipe/index.ts';
import { createLocalService } from '../service/index.ts';
import type { Cli } from './cli.ts';
import { formatBytes } from './render/numbers.ts';

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
  const say = (warnings: readonly string[]) => {
    if (!quiet) warn(cli, warnings);
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
      const total = sum(files.values());
      if (quiet || !cli.err.canRedraw || total < progressBytes) {
        return service.load(recipe.name, signal);
      }
      using bar = createBar(cli, files);
      onProgress = bar.update;
      return await service.load(recipe.name, signal);
    },
  };
}

interface LoadingBar extends Disposable {
  readonly update: (progress: LoadProgress) => void;
}

/** @param files - Bytes by file. */
function createBar({ err }: Pick<Cli, 'err'>, files: ReadonlyMap<string, number>): LoadingBar {
  const total = sum(files.values());
  const bar = new SingleBar({
    stream: process.stderr,
    format: `loading ${err.palette.accent('{bar}')} {percentage} % of ${formatBytes(total)}  {model}`,
    barCompleteChar: '━',
    barIncompleteChar: ' ',
    clearOnComplete: true,
    hideCursor: true,
  });
  const loaded = new Map<string, number>();
  bar.start(total, 0, { model: '' });
  return {
    update({ file, share, model }) {
      loaded.set(file, share * (files.get(file) ?? 0));
      bar.update(sum(loaded.values()), { model });
    },
    [Symbol.dispose]: () => bar.stop(),
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
