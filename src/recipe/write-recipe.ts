import path from 'node:path';

import { stringify } from 'yaml';

import { isHubName } from '../hub/hub-name.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { RecipeDocument } from './schema.ts';

/**
 * A document as YAML. Models' files below `folder`, where it will lie, are named from there, others from the root.
 * @param document - Without a formula as data; its paths are relative to the working directory.
 * @throws InvalidOptionError for a formula that is no text: a function cannot be written down.
 */
export function writeRecipe(document: RecipeDocument, folder: string): string {
  if (typeof document.formula !== 'string' && document.formula !== undefined) {
    throw new InvalidOptionError(
      'formula',
      'formula is no text, so it cannot be written down: a method that is a function is part of a program.',
    );
  }
  const models = Object.entries(document.models).map(([name, entry]) => [
    name,
    typeof entry === 'string' ? toWrittenPlace(entry, folder) : withPlaces(entry, folder),
  ]);
  return stringify({ ...document, models: Object.fromEntries(models) }, { lineWidth: 0 });
}

type ModelEntry = Exclude<RecipeDocument['models'][string], string>;

function withPlaces(entry: ModelEntry, folder: string): ModelEntry {
  if ('file' in entry) return { ...entry, file: toWrittenPlace(entry.file, folder) };
  const { caFile } = entry;
  return caFile === undefined ? entry : { ...entry, caFile: toWrittenPlace(caFile, folder) };
}

/** A file, or a name of the hub, as a recipe in a folder names it: from there if it is below, else from the root. */
export function toWrittenPlace(file: string, folder: string): string {
  if (isHubName(file)) return file;
  const relative = path.relative(folder, file);
  return relative.startsWith('..') ? path.resolve(file) : relative;
}
