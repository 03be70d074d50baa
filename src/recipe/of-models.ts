import { open } from 'node:fs/promises';
import { basename } from 'node:path';

import { addressHint } from '../faults/index.ts';
import { isHubName } from '../hub/hub-name.ts';
import { GgufError, RecipeError, type ModelSource } from '../spec/index.ts';
import { modelPath, placeRecipe, type PlaceOptions } from './place.ts';
import type { Recipe } from './recipe.ts';
import { toRecipeName } from './recipe-name.ts';
import { resolveRecipe } from './resolve.ts';
import type { RecipeDocument } from './schema.ts';

/** Models by their roles, each the path of a GGUF file or a name of the hub: what a recipe is made of. */
export interface RoleFiles {
  readonly base: string;
  readonly expert?: string | undefined;
  readonly antiExpert?: string | undefined;
  /** Strength of the steering: 1 by default. */
  readonly alpha?: number | undefined;
}

export interface RecipeOfModelsOptions extends PlaceOptions {
  /** What relative paths are relative to. */
  readonly directory: string;
}

export interface RecipeOfModels {
  readonly recipe: Recipe;
  /** What would be written down to have it again. */
  readonly document: RecipeDocument;
}

/** Whether a path is that of a model, or a name of the hub, rather than of a recipe. */
export async function isModel(path: string): Promise<boolean> {
  if (isHubName(path) || /\.gguf$/i.test(path)) return true;
  await using handle = await open(path).catch(() => null);
  const first = Buffer.alloc(4);
  await handle?.read(first, 0, 4, 0).catch(() => {}); // a folder
  return first.toString('latin1') === 'GGUF';
}

/**
 * The recipe of models alone: a base, or proxy-tuning of base, expert and anti-expert. One without a chat template is
 * seen through the expert's, else through another's; where none has one, all see the text as it is and go on
 * writing it, and a warning says so.
 * @throws RecipeError for a file that is no model, or an expert or an anti-expert without the other.
 */
export async function recipeOfModels(
  given: RoleFiles,
  options: RecipeOfModelsOptions,
): Promise<RecipeOfModels> {
  const resolveOf = (document: RecipeDocument): Promise<Recipe> =>
    placeRecipe(resolveRecipe(document, { directory: options.directory }), options);
  const { models } = await resolveOf(toDocument(given));
  const having: string[] = [];
  const lacking: string[] = [];
  for (const { name, source } of models.values()) {
    ((await hasTemplate(source, given)) ? having : lacking).push(name);
  }
  const [template] = having;
  const prompt = template === undefined ? 'raw' : { templateOf: template };
  const needy = having.includes('expert') ? [] : lacking; // the expert's is there for all
  const document = toDocument(given, new Map(needy.map((name) => [name, prompt])));
  const recipe = await resolveOf(document);
  if (template !== undefined) return { recipe, document };
  const file = basename(modelPath(models.get('base')!.source));
  const warning =
    `${file} has no chat template: it sees your text as it is, and goes on writing it. A recipe can give it one: ` +
    '`prompt: { template: … }`.';
  return { recipe: { ...recipe, warnings: [...recipe.warnings, warning] }, document };
}

type Prompt = Exclude<RecipeDocument['models'][string], string>['prompt'];

/** @param prompts - By the models' names, which are their roles. */
function toDocument(
  { base, expert, antiExpert, alpha }: RoleFiles,
  prompts: ReadonlyMap<string, Prompt> = new Map(),
): RecipeDocument {
  const files = Object.entries({ base, expert, antiExpert }).flatMap(([role, file]) =>
    file === undefined ? [] : [[role, file] as const],
  );
  const models = files.map(([role, file]) => {
    const prompt = prompts.get(role);
    return [role, prompt === undefined ? file : { file, prompt }] as const;
  });
  return {
    name: nameOf(base) + (files.length > 1 ? '-steered' : ''),
    models: Object.fromEntries(models),
    base: 'base',
    ...(expert !== undefined && { expert: 'expert' }),
    ...(antiExpert !== undefined && { antiExpert: 'antiExpert' }),
    ...(alpha !== undefined && {
      params: { alpha: { default: alpha, min: Math.min(0, alpha), max: Math.max(2, alpha) } },
    }),
  };
}

/** `models/Qwen 0.5B.gguf` -> `Qwen-0.5B`. */
function nameOf(file: string): string {
  return toRecipeName(basename(file).replace(/\.gguf(?=@|$)/i, ''));
}

async function hasTemplate(source: ModelSource, given: RoleFiles): Promise<boolean> {
  const { describeModel, readGgufHeader } = await import('../gguf/index.ts');
  const path = modelPath(source);
  try {
    return describeModel(await readGgufHeader(path)).chatTemplate !== null;
  } catch (cause) {
    if (!(cause instanceof GgufError)) throw cause;
    const hint = [given.base, given.expert, given.antiExpert].map((file = '') => addressHint(file));
    throw new RecipeError(cause.message + (hint.find((each) => each !== '') ?? ''), {}, { cause });
  }
}
