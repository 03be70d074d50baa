import { stat } from 'node:fs/promises';

import { SingleBar } from 'cli-progress';

import { loadRecipe, LoadedRecipe, type LoadOptions, type Recipe } from '../index.ts';
import type { Cli } from './cli.ts';
import { formatBytes } from './render/numbers.ts';

/** Models below this load in the blink of an eye. */
const progressBytes = 200e6;

export interface LoadSettings {
  readonly quiet?: boolean | undefined;
  readonly allowModules?: boolean | undefined;
}

/** Loads a recipe's models; on a terminal with a progress bar, and the recipe's warnings, on stderr. */
export async function loadTrimtab(
  cli: Cli,
  recipe: Recipe | string,
  { quiet = false, allowModules = false }: LoadSettings = {},
): Promise<LoadedRecipe> {
  const resolved = typeof recipe === 'string' ? await loadRecipe(recipe) : recipe;
  if (!quiet) warn(cli, resolved.warnings);
  const { signal } = cli.interruption;
  const files = await fileSizes(resolved);
  const total = sum(files.values());
  const isQuick = quiet || !cli.err.canRedraw || total < progressBytes;
  const trimtab = isQuick
    ? await LoadedRecipe.load(resolved, { signal, allowModules })
    : await loadWithBar(cli, resolved, files, { signal, allowModules });
  if (!quiet) warn(cli, trimtab.warnings);
  return trimtab;
}

async function loadWithBar(
  cli: Cli,
  recipe: Recipe,
  files: ReadonlyMap<string, number>,
  options: LoadOptions,
): Promise<LoadedRecipe> {
  const total = sum(files.values());
  const bar = new SingleBar({
    stream: process.stderr,
    format: `loading ${cli.err.palette.accent('{bar}')} {percentage} % of ${formatBytes(total)}  {model}`,
    barCompleteChar: '━',
    barIncompleteChar: ' ',
    clearOnComplete: true,
    hideCursor: true,
  });
  const loaded = new Map<string, number>();
  bar.start(total, 0, { model: '' });
  try {
    return await LoadedRecipe.load(recipe, {
      ...options,
      onProgress({ file, share, model }) {
        loaded.set(file, share * (files.get(file) ?? 0));
        bar.update(sum(loaded.values()), { model });
      },
    });
  } finally {
    bar.stop();
  }
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
  const files = new Set([...recipe.models.values()].map(({ source }) => source.path));
  const sizes = await Promise.all(
    [...files].map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0),
  );
  return new Map([...files].map((file, i) => [file, sizes[i]!]));
}
