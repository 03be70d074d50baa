import path from 'node:path';

import { stringify } from 'yaml';

import { isHubName } from '../hub/hub-name.ts';
import type { RecipeDocument } from './schema.ts';

/**
 * A document as YAML. Models' files below `folder`, where it will lie, are named from there, others from the root.
 * @param document - Without a formula as data; its paths are relative to the working directory.
 */
export function writeRecipe(document: RecipeDocument, folder: string): string {
  const models = Object.entries(document.models).map(([name, entry]) => [
    name,
    typeof entry === 'string'
      ? toWrittenPlace(entry, folder)
      : { ...entry, file: toWrittenPlace(entry.file, folder) },
  ]);
  return stringify({ ...document, models: Object.fromEntries(models) }, { lineWidth: 0 });
}

/** A file, or a name of the hub, as a recipe in a folder names it: from there if it is below, else from the root. */
export function toWrittenPlace(file: string, folder: string): string {
  if (isHubName(file)) return file;
  const relative = path.relative(folder, file);
  return relative.startsWith('..') ? path.resolve(file) : relative;
}
