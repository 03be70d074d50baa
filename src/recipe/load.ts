import { readFile, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';

import { addressHint } from '../faults/index.ts';
import { largestBasisBytes } from '../preference/index.ts';
import { RecipeError, type Constraint } from '../spec/index.ts';
import { requireCompilable } from './compilable.ts';
import { constraintFileOf, type ConstraintEntry } from './constraint.ts';
import { showPath, type DocumentPath } from './issues.ts';
import { fileKey, modelPath, placeRecipe, type PlaceOptions } from './place.ts';
import { isModel, recipeOfModels } from './of-models.ts';
import { withPlainScales } from './plain-scales.ts';
import { priorFileOf } from './profile-prior.ts';
import type { Recipe } from './recipe.ts';
import { resolveDocument } from './resolve.ts';
import { maxRecipeBytes, noPlaces, readYaml, type ErrorPlaces } from './yaml-source.ts';

export interface ParseRecipeOptions {
  /** What relative paths are relative to. */
  readonly directory: string;
  /** Named in errors; gives the recipe a name if it has none. */
  readonly file?: string;
}

/**
 * Reads a recipe; a GGUF file, or a name of the hub, is one of that model alone: see `recipeOfModels`. Reads its
 * constraint and its profiles' prior, too, where they have files, and makes sure that the constraint compiles and
 * that the other files it names exist, here or, by their names of the hub, in the cache. Nothing is loaded.
 * @throws RecipeError with file, line and column.
 */
export async function loadRecipe(path: string, options: PlaceOptions = {}): Promise<Recipe> {
  if (await isModel(path)) {
    return (await recipeOfModels({ base: path }, { ...options, directory: '.' })).recipe;
  }
  const file = resolve(path);
  const source = readYaml(await readText(file), file);
  return loadDocument(source.value, file, source, options);
}

/** A recipe as it is while its rewards are measured. */
export interface UncalibratedRecipe {
  readonly recipe: Recipe;
  /** Its file's text. */
  readonly text: string;
  /** Names of the rewards that are to be measured. */
  readonly rewards: readonly string[];
}

/**
 * Reads a recipe file as {@link loadRecipe} does, to measure the scales of its rewards: those without a
 * `normalization`, or all, give plain values, attributes as means over an answer's tokens.
 * @throws RecipeError with file, line and column.
 */
export async function loadUncalibrated(
  path: string,
  which: 'missing' | 'all',
  options: PlaceOptions = {},
): Promise<UncalibratedRecipe> {
  const file = resolve(path);
  const text = await readText(file);
  const source = readYaml(text, file);
  const { document, rewards } = withPlainScales(source.value, which);
  return { recipe: await loadDocument(document, file, source, options), text, rewards };
}

/** @param document - What the file says, or what stands for it. */
async function loadDocument(
  document: unknown,
  file: string,
  source: ErrorPlaces,
  options: PlaceOptions,
): Promise<Recipe> {
  const directory = dirname(file);
  const texts = {
    constraint: await readConstraint(document, directory, source),
    prior: await readPrior(document, directory, source),
  };
  const recipe = resolveDocument(document, { directory, file }, source, texts);
  if (recipe.constraint !== null) {
    const { constraint: entry } = document as { readonly constraint: ConstraintEntry };
    await requireCompilable(recipe.constraint, compile, entry, source);
  }
  const placed = await placeRecipe(recipe, options, source);
  await requireFiles(placed, source);
  return placed;
}

/** The compiler is loaded for the recipes that have a constraint. @throws ConstraintError */
async function compile(constraint: Constraint): Promise<void> {
  const { compileConstraint } = await import('../grammar/index.ts');
  compileConstraint(constraint);
}

/**
 * Reads a recipe's text. Files are not looked for: see `requireRecipeFiles`; nor is the constraint compiled: see
 * `requireRecipeConstraint`.
 * @throws RecipeError with line and column.
 */
export function parseRecipe(text: string, options: ParseRecipeOptions): Recipe {
  const source = readYaml(text, options.file);
  return resolveDocument(source.value, options, source);
}

/** @throws RecipeError if a file that the recipe names does not exist, or a model of the hub is not in the cache. */
export async function requireRecipeFiles(recipe: Recipe): Promise<void> {
  await requireFiles(await placeRecipe(recipe), noPlaces);
}

async function requireFiles(recipe: Recipe, places: ErrorPlaces): Promise<void> {
  for (const { name, source, adapters } of recipe.models.values()) {
    if (source.kind === 'server') {
      if (source.caFile === null) continue;
      await requireFile(['models', name, 'caFile'], source.caFile, recipe.directory, places);
      continue;
    }
    await requireFile(['models', name, 'file'], modelPath(source), recipe.directory, places);
    for (const [i, adapter] of adapters.entries()) {
      const path = ['models', name, 'adapters', i, fileKey(adapter)];
      await requireFile(path, adapter.file, recipe.directory, places);
    }
  }
  for (const { name, adapter } of recipe.skills.values()) {
    const path = ['skills', name, fileKey(adapter)];
    await requireFile(path, adapter.file, recipe.directory, places);
  }
  for (const { name, source } of recipe.rewards.values()) {
    if (source.kind === 'scalar' && source.headFile !== null) {
      const path = ['rewards', name, 'headFile'];
      await requireFile(path, source.headFile, recipe.directory, places);
    }
    if (source.kind === 'module') {
      await requireFile(['rewards', name, 'module'], source.file, recipe.directory, places);
    }
  }
}

/** The text of the file that holds the constraint; `null` if none does. */
async function readConstraint(
  document: unknown,
  directory: string,
  places: ErrorPlaces,
): Promise<string | null> {
  const named = constraintFileOf(document);
  if (named === null) return null;
  const part = { path: ['constraint', named.key], what: 'a constraint', maxBytes: maxRecipeBytes };
  return readPart(named.path, part, directory, places);
}

/** The text of the basis that the profile's prior is in; `null` if none is named. */
async function readPrior(
  document: unknown,
  directory: string,
  places: ErrorPlaces,
): Promise<string | null> {
  const named = priorFileOf(document);
  if (named === null) return null;
  const part = { path: ['profile', 'prior'], what: 'a basis', maxBytes: largestBasisBytes };
  return readPart(named, part, directory, places);
}

/** A part of a recipe that has a file of its own. */
interface RecipePart {
  /** Where the recipe names the file. */
  readonly path: DocumentPath;
  /** What the file should be: one too large to be that is not read. */
  readonly what: string;
  readonly maxBytes: number;
}

async function readPart(
  written: string,
  part: RecipePart,
  directory: string,
  places: ErrorPlaces,
): Promise<string> {
  const { path } = part;
  const file = resolve(directory, written);
  await requireFile(path, file, directory, places);
  try {
    return await readUtf8(file, part);
  } catch (cause) {
    const message = `${showPath(path)}: ${file} cannot be read: ${reasonOf(cause)}`;
    throw places.errorAt(path, message, { cause });
  }
}

async function requireFile(
  path: DocumentPath,
  file: string,
  directory: string,
  places: ErrorPlaces,
): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === true) return;
  const written = relative(directory, file);
  const what = found === undefined ? 'there is no file' : 'this is not a file:';
  const hint = written.startsWith('~')
    ? ' ~ is not expanded: write the path out.'
    : addressHint(written);
  throw places.errorAt(
    path,
    `${showPath(path)}: ${what} ${file} (${written}, seen from ${directory}).${hint}`,
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readUtf8(file, { what: 'a recipe', maxBytes: maxRecipeBytes });
  } catch (cause) {
    throw new RecipeError(
      `The recipe ${file} cannot be read: ${reasonOf(cause)}`,
      { file },
      { cause },
    );
  }
}

async function readUtf8(
  file: string,
  { what, maxBytes }: Pick<RecipePart, 'what' | 'maxBytes'>,
): Promise<string> {
  const { size } = await stat(file);
  if (size > maxBytes) {
    throw new RangeError(
      `it has ${size} bytes, and ${what} has at most ${maxBytes}. Is it a model?`,
    );
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
}

/** A reason that ends its sentence. */
function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such file.';
  if (code === 'EISDIR') return 'it is a folder.';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not text in UTF-8.';
  const message = cause instanceof Error ? cause.message : String(cause);
  return /[.?]$/.test(message) ? message : `${message}.`;
}
