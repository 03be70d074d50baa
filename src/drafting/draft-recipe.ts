import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { alignVocabularies } from '../compose/index.ts';
import { estimateMemory, type MemoryEstimate } from '../engine/index.ts';
import {
  placeRecipe,
  resolveRecipe,
  toRecipeName,
  toWrittenPlace,
  type Recipe,
  type RecipeDocument,
} from '../recipe/index.ts';
import { InvalidOptionError, type JsonSchema } from '../spec/index.ts';
import { readModels, type GivenModel, type ReadModelsOptions } from './given-model.ts';
import { warningsOfModels } from './model-warnings.ts';
import { purposes, type Purpose } from './purposes.ts';
import { sketchRewards } from './reward-traits.ts';
import { findRoles, type Roles, type SaidRoles } from './roles.ts';
import { sketchSchema } from './schema-answers.ts';
import type { Sketch, SketchOptions } from './sketch.ts';
import { sketchSteering } from './steering.ts';
import { sketchContext, sketchGuidance } from './two-views.ts';
import { chooseViews } from './views.ts';
import { writeDraft } from './write-draft.ts';

/** Models are paths of GGUF files or names of the hub. */
export interface DraftRecipeOptions extends SaidRoles<string>, ReadModelsOptions {
  readonly purpose: Purpose;
  /** Models whose roles are to be found; those whose roles are known are `base`, `expert` and `antiExpert`. */
  readonly models?: readonly string[] | undefined;
  /** Letters, digits, dots, _ and -; by default made of the base's file and the purpose. */
  readonly name?: string | undefined;
  /** Where the recipe will lie: `directory` by default. */
  readonly folder?: string | undefined;
  /** What a view is told: a manner, a guiding prompt, or facts. */
  readonly system?: string | undefined;
  /** The JSON schema of `schema`. */
  readonly schemaFile?: string | undefined;
  /** Where editors find the schema of recipes. */
  readonly editorSchema?: string | undefined;
}

/** A model of a draft. */
export interface DraftRole {
  readonly role: 'base' | 'expert' | 'antiExpert';
  /** Absolute path, or its name of the hub. */
  readonly model: string;
  /** Why it is that, e.g. `the largest`. */
  readonly reason: string;
}

export interface RecipeDraft {
  /** The recipe as commented YAML. */
  readonly text: string;
  /** What it says. */
  readonly recipe: Recipe;
  readonly roles: readonly DraftRole[];
  /** How the vocabularies of the others relate to the base's, a sentence for each. */
  readonly vocabularies: readonly string[];
  readonly memory: MemoryEstimate;
  /** What works, but is worth a thought. */
  readonly warnings: readonly string[];
}

const sketches: Readonly<Record<Purpose, (options: SketchOptions) => Sketch>> = {
  manner: (options) => sketchSteering('manner', options),
  expert: (options) => sketchSteering('expert', options),
  reasoner: (options) => sketchSteering('reasoner', options),
  guidance: sketchGuidance,
  context: sketchContext,
  rewards: sketchRewards,
  schema: sketchSchema,
};

/**
 * Drafts a recipe for a purpose: finds out from the models' headers which is the base, which the tuned expert and which its
 * untuned twin, chooses what each sees, and writes it down with comments. No weights are loaded and nothing is written.
 * @throws RecipeError for what is no model, or of the hub and not in the cache; VocabularyMismatchError for models that
 *   cannot be composed; InvalidOptionError for a number of models that the purpose has no use for, or a wrong schema.
 */
export async function draftRecipe(options: DraftRecipeOptions): Promise<RecipeDraft> {
  const { purpose, directory, folder = directory, editorSchema } = options;
  const roles = await rolesOf(options);
  const vocabularies = alignAll(roles);
  const schemaFile = await schemaFileOf(options, folder);
  const sketch = sketches[purpose]({ roles, system: options.system, schemaFile: schemaFile?.file });
  const expert = sketch.document.expert ?? null;
  const views = chooseViews(sketch.models, expert);
  const document = {
    name: options.name ?? nameOf(roles.base, purpose),
    ...sketch.document,
    models: modelsOf(sketch.document, views.prompts, folder),
  };
  const constraint = schemaFile && { jsonSchema: schemaFile.schema };
  const recipe = await placeRecipe(
    resolveRecipe({ ...document, ...(constraint && { constraint }) }, { directory: folder }),
    options,
  );
  const memory = await estimateMemory(recipe);
  return {
    text: writeDraft(sketch, document, editorSchema ?? 'node_modules/trimtab/recipe.schema.json'),
    recipe,
    roles: toDraftRoles(roles),
    vocabularies,
    memory,
    warnings: [
      ...warningsOfModels(roles),
      ...views.warnings,
      ...sketch.warnings,
      ...recipe.warnings,
      ...memoryWarning(memory),
    ],
  };
}

async function rolesOf(options: DraftRecipeOptions): Promise<Roles> {
  const { purpose, models = [], base, expert, antiExpert } = options;
  const named = Object.entries({ base, expert, antiExpert }).flatMap(([role, place]) =>
    place === undefined ? [] : [{ role, place }],
  );
  const { least, most } = purposes[purpose];
  const count = models.length + named.length;
  if (count < least || count > most) {
    const wanted = least === most ? String(least) : `${least} to ${most}`;
    throw new InvalidOptionError(
      'models',
      `${purpose} is made of ${wanted} ${most === 1 ? 'model' : 'models'}, and ${count} are named.`,
    );
  }
  const all = [...named.map(({ place }) => place), ...models];
  const read = await readModels(all, options);
  const twice = read.find((model, i) => read.slice(0, i).some(({ file }) => file === model.file));
  if (twice !== undefined) {
    throw new InvalidOptionError('models', `${twice.title} is named twice: name each model once.`);
  }
  const said: SaidRoles = Object.fromEntries(named.map(({ role }, i) => [role, read[i]]));
  return findRoles(read.slice(named.length), said);
}

/** @throws VocabularyMismatchError */
function alignAll({ base, expert, antiExpert }: Roles): string[] {
  const others = [expert, antiExpert].filter((model) => model !== null && model !== base);
  return others.flatMap((other) => {
    if (other?.tokens == null || base.tokens === null) return [];
    const names = { base: base.title, other: other.title };
    return [alignVocabularies(base.tokens, other.tokens, names).report];
  });
}

interface SchemaFile {
  /** As the recipe names it. */
  readonly file: string;
  readonly schema: JsonSchema;
}

/** @throws InvalidOptionError */
async function schemaFileOf(
  { purpose, schemaFile, directory }: DraftRecipeOptions,
  folder: string,
): Promise<SchemaFile | null> {
  if (purpose !== 'schema') {
    if (schemaFile === undefined) return null;
    throw refuseSchema(`A schema is for the purpose schema, and this is ${purpose}.`);
  }
  if (schemaFile === undefined) throw refuseSchema('Name the file of a JSON schema.');
  const file = path.resolve(directory, schemaFile);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refuseSchema(`${schemaFile} cannot be read.`, cause);
  });
  try {
    const schema = JSON.parse(text) as JsonSchema;
    return { file: toWrittenPlace(file, folder), schema };
  } catch (cause) {
    throw refuseSchema(`${schemaFile} is not JSON: ${(cause as Error).message}.`, cause);
  }
}

function refuseSchema(why: string, cause?: unknown): InvalidOptionError {
  return new InvalidOptionError('schemaFile', why, { cause });
}

type Models = RecipeDocument['models'];

function modelsOf(
  document: RecipeDocument,
  prompts: ReturnType<typeof chooseViews>['prompts'],
  folder: string,
): Models {
  const models = Object.entries(document.models).map(([name, entry]) => {
    if (typeof entry === 'object' && 'server' in entry) return [name, entry] as const;
    const { file: given, ...rest } = typeof entry === 'string' ? { file: entry } : entry;
    const prompt = prompts.get(name);
    const file = toWrittenPlace(given, folder);
    const full = { file, ...(prompt !== undefined && { prompt }), ...rest };
    return [name, Object.keys(full).length === 1 ? file : full] as const;
  });
  return Object.fromEntries(models);
}

/** `hf:ann/Qwen-7B-GGUF:Q4_K_M`, guidance -> `Qwen-7B-GGUF-guidance`. */
function nameOf({ place }: GivenModel, purpose: Purpose): string {
  const [stem = ''] = path
    .basename(place.replace(/^hf:[^/]+\/([^/:@]+).*$/, '$1'))
    .split(/\.gguf$/i);
  return `${toRecipeName(stem)}-${purpose}`;
}

function toDraftRoles(roles: Roles): DraftRole[] {
  return (['base', 'expert', 'antiExpert'] as const).flatMap((role) => {
    const model = roles[role];
    return model === null ? [] : [{ role, model: model.place, reason: roles.reasons[role] }];
  });
}

function memoryWarning({ totalBytes, availableBytes }: MemoryEstimate): string[] {
  if (totalBytes <= availableBytes) return [];
  const [needed, free] = [totalBytes, availableBytes].map(
    (bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB`,
  );
  return [
    `It needs about ${needed}, and ${free} are free: take smaller files, or lower engine.contextLength or engine.maxSequences.`,
  ];
}
