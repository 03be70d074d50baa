import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { matchListed, type CacheListing, type ListedModel } from '../../hub/index.ts';
import { hubNamesIn } from '../../recipe/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import { UsageError } from '../failure.ts';

/** Where recipes are looked for that nobody names. */
const usualPlaces = ['.', 'recipes'];

/** What is larger is no recipe. */
const maxRecipeBytes = 2 ** 20;

/**
 * The recipes that name a model of the cache, by that.
 * @param places - Recipes and folders of recipes; this folder and `recipes` in it by default.
 * @throws UsageError for a place that does not exist.
 */
export async function recipesUsing(
  listing: CacheListing,
  places?: readonly string[],
): Promise<Map<ListedModel, string[]>> {
  const users = new Map<ListedModel, string[]>();
  for (const file of await recipeFiles(places)) {
    const used = new Set(
      hubNamesIn(await readFile(file, 'utf8')).flatMap((name) => meant(listing, name)),
    );
    for (const model of used) users.set(model, [...(users.get(model) ?? []), file]);
  }
  return users;
}

/** Every model that a name may mean; none that only looks like one. */
function meant(listing: CacheListing, name: string): readonly ListedModel[] {
  try {
    return matchListed(listing, name);
  } catch (error) {
    if (error instanceof InvalidOptionError) return [];
    throw error;
  }
}

async function recipeFiles(places: readonly string[] | undefined): Promise<string[]> {
  const files = new Map<string, string>();
  for (const place of places ?? usualPlaces) {
    const found = await stat(place).catch(() => null);
    if (found === null && places !== undefined) {
      throw new UsageError(`--recipes: there is no file or folder ${place}.`);
    }
    if (found === null) continue;
    for (const file of found.isDirectory() ? await yamlFilesIn(place) : [place]) {
      const { size } = await stat(file);
      if (size <= maxRecipeBytes) files.set(path.resolve(file), path.normalize(file));
    }
  }
  return [...files.values()].toSorted();
}

async function yamlFilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => path.join(folder, name));
}
