import { statSync } from 'node:fs';
import path from 'node:path';

import { contentId, recipeFingerprint } from '../../evaluation/index.ts';
import { createLocalService } from '../../service/index.ts';
import type { InferenceService, Recipe, ServedRecipe } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { warn, withEngine } from '../loading.ts';
import { readRecipe } from '../named-file.ts';
import { openServer, refuseHere, requireServed } from '../open-server.ts';
import type { ModuleFlags } from '../options/modules.ts';
import type { LoadFlags } from '../options/load.ts';
import type { OutputFlags } from '../options/output.ts';
import type { ServerFlags } from '../options/server.ts';
import { requireServedModel, type FingerprintedRecipe, type NamedSystem } from './systems.ts';

/** Flags of recipes that run here, as commander parses them. */
export interface LocalFlags extends OutputFlags, ModuleFlags, LoadFlags {
  /** Answers at once. */
  readonly parallel?: number;
}

/** What is compared, and the service that answers for it; recipes load once something is asked. */
export interface OpenSystems extends AsyncDisposable {
  readonly named: readonly NamedSystem[];
  readonly service: InferenceService;
}

/** `--recipe`, split: `recipe` or `recipe/model`. */
interface Reference {
  readonly recipe: string;
  readonly only: string | null;
}

/** Recipes of files, run in this process; with `--url`, of that server. @throws UsageError, RecipeError */
export async function openSystems(
  cli: Cli,
  references: readonly string[],
  flags: LocalFlags & ServerFlags,
): Promise<OpenSystems> {
  const isHere = flags.url === undefined;
  if (!isHere) refuseHere(flags);
  const split = references.map(isHere ? toFileReference : toServedReference);
  const { service, known } = isHere
    ? await openFiles(cli, split, flags)
    : await openRecipesOf(split, flags, cli.interruption.signal);
  return {
    service,
    named: split.map(({ recipe, only }): NamedSystem => {
      const found = known.get(recipe)!;
      if (only !== null) requireServedModel(found.recipe, only);
      return { ...found, only };
    }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

interface KnownRecipes {
  readonly service: InferenceService;
  /** By what a reference calls them. */
  readonly known: ReadonlyMap<string, FingerprintedRecipe>;
}

async function openFiles(
  cli: Cli,
  references: readonly Reference[],
  flags: LocalFlags,
): Promise<KnownRecipes> {
  const files = [...new Set(references.map(({ recipe }) => recipe))];
  const { quiet, allowModules = false } = flags;
  const recipes: Recipe[] = [];
  for (const file of files) recipes.push(await readRecipe(cli, '--recipe', file, flags));
  requireDifferentNames(recipes);
  if (quiet !== true) for (const { warnings } of recipes) warn(cli, warnings);
  const fingerprints = await Promise.all(recipes.map(recipeFingerprint));
  const service = await createLocalService({
    recipes: recipes.map((recipe) => withEngine(recipe, flags)),
    engineOptions: { ...cli.engineOptions, allowModules },
  });
  const served = service.recipes();
  return {
    service,
    known: new Map(
      files.map((file, i) => [file, { recipe: served[i]!, fingerprint: fingerprints[i]! }]),
    ),
  };
}

async function openRecipesOf(
  references: readonly Reference[],
  flags: ServerFlags,
  signal: AbortSignal,
): Promise<KnownRecipes> {
  const service = await openServer(flags, signal);
  const known = references.map(({ recipe }) => {
    const served = requireServed(service, recipe);
    return [recipe, { recipe: served, fingerprint: fingerprintOf(served) }] as const;
  });
  return { service, known: new Map(known) };
}

function toFileReference(reference: string): Reference {
  if (reference.startsWith('hf:')) return { recipe: reference, only: null };
  const file = path.dirname(reference);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (!isFile) return { recipe: path.resolve(reference), only: null };
  return { recipe: path.resolve(file), only: path.basename(reference) };
}

function toServedReference(reference: string): Reference {
  const [recipe = '', only = null] = reference.split('/');
  return { recipe, only };
}

/** What the server says of it: not the files, which only the server sees. */
function fingerprintOf(recipe: ServedRecipe): string {
  const { state: _, failure: __, models: ___, ...declared } = recipe;
  return contentId(declared);
}

function requireDifferentNames(recipes: readonly Recipe[]): void {
  const names = recipes.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated === undefined) return;
  throw new UsageError(
    `--recipe: two recipes are called ${repeated}. Give one of them another \`name:\`.`,
  );
}
