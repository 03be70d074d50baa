import path from 'node:path';

import { checkRecipe } from '../engine/index.ts';
import { createFolder, isThere, replaceFile } from '../files/index.ts';
import { placeRecipe, type Recipe, type RecipeModel } from '../recipe/index.ts';
import { InvalidOptionError, RecipeError } from '../spec/index.ts';
import { configurationVariable, vllmCommand } from './command.ts';
import { pairDtypes, type PairDtype } from './dtypes.ts';
import { readFacts, vocabularyRefusal, type ModelFacts } from './headers.ts';
import { placeOf, requirePlace, roles, type ModelPlace, type Role } from './places.ts';
import { modelRefusals, recipeRefusals, requestWarnings } from './refusals.ts';
import { steeredPair, type SteeredPair } from './steered-pair.ts';
import { templateRead, viewRefusals, type CheckedModels } from './views.ts';

/** The configuration's name in its folder, as the plugin looks for it. */
const configurationName = 'trimtab-vllm.json';
const templateName = 'chat-template.jinja';

/** Of the configuration's format. */
const version = 1;

export interface ExportVllmOptions {
  /** The folder that is written; made where it is missing. */
  readonly output: string;
  /**
   * What vLLM serves: a folder in Hugging Face's format, or a name of the hub. By default the recipe's file, converted
   * by the commands that are returned.
   */
  readonly base?: string | undefined;
  /** The expert, likewise. */
  readonly expert?: string | undefined;
  /** The anti-expert, likewise. */
  readonly antiExpert?: string | undefined;
  /** What the pair is computed in; `float32` by default. */
  readonly dtype?: PairDtype | undefined;
  /** Write over a configuration that is there; `false` by default. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VllmExport {
  /** Absolute path of the configuration. */
  readonly file: string;
  /** Commands to be run before, as words: each makes a folder of a GGUF file. */
  readonly conversions: readonly (readonly string[])[];
  /** To be set for vLLM. */
  readonly environment: Readonly<Record<string, string>>;
  /** The words that start vLLM. */
  readonly command: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Writes the configuration with which Trimtab's plugin runs a recipe's pair inside vLLM, beside the base. Nothing is loaded.
 * @throws RecipeError naming everything that the plugin has no part for: any formula but
 *   `base + param * (expert - antiExpert)`, rewards, constraints, profiles, budgets, masks; prompts or tokens that differ.
 * @throws InvalidOptionError for a configuration that is there already, and for folders that are not.
 */
export async function exportVllm(given: Recipe, options: ExportVllmOptions): Promise<VllmExport> {
  const { dtype = pairDtypes[0], force = false, signal } = options;
  const folder = path.resolve(options.output);
  const file = path.join(folder, configurationName);
  if (!force && (await isThere(file))) {
    throw new InvalidOptionError(
      'output',
      `${file} is there already: give another folder, or force it.`,
    );
  }
  for (const role of roles) await requirePlace(role, options[role]);
  const recipe = await placeRecipe(given);
  const steered = requireForm(recipe);
  const { facts, checked } = await requireAlike(recipe, steered.models, signal);
  const [base] = steered.models;
  const template = templateRead(recipe, base!, checked, facts[0]!.bos);
  const places = placesOf(steered.models, options, folder);

  createFolder(folder);
  const chatTemplate = template === null ? null : path.join(folder, templateName);
  if (chatTemplate !== null) await replaceFile(chatTemplate, template!);
  const { default: alpha, min, max, schedule = null } = recipe.params.get(steered.pair.param)!;
  const configuration = {
    version,
    recipe: recipe.name,
    expert: places.expert.place,
    antiExpert: places.antiExpert.place,
    dtype,
    // No number of JSON is infinite.
    alpha: {
      default: alpha,
      ...(min !== -Infinity && { min }),
      ...(max !== Infinity && { max }),
      schedule,
    },
  };
  await replaceFile(file, `${JSON.stringify(configuration, null, 2)}\n`);
  return {
    file,
    conversions: roles.map((role) => places[role].conversion).filter((each) => each !== null),
    environment: { [configurationVariable]: folder },
    command: vllmCommand({
      recipe,
      base: places.base.place,
      ends: [...new Set(facts.flatMap(({ ends }) => ends))],
      longest: Math.min(...facts.map(({ longest }) => longest)),
      chatTemplate,
    }),
    warnings: requestWarnings(recipe),
  };
}

/** The base, the expert and the anti-expert. */
interface SteeredModels {
  readonly pair: SteeredPair;
  readonly models: readonly RecipeModel[];
}

/** @throws RecipeError for what the document itself says. */
function requireForm(recipe: Recipe): SteeredModels {
  const pair = steeredPair(recipe.formula, recipe.base);
  const names = pair === null ? [] : [recipe.base, pair.expert, pair.antiExpert];
  const models = names.map((name) => recipe.models.get(name)!);
  refuse(recipe, [...recipeRefusals(recipe, pair), ...modelRefusals(models)]);
  return { pair: pair!, models };
}

/** @throws RecipeError where the models read other prompts, or other tokens; what could not be read. */
async function requireAlike(
  recipe: Recipe,
  models: readonly RecipeModel[],
  signal: AbortSignal | undefined,
): Promise<{ facts: ModelFacts[]; checked: CheckedModels }> {
  const facts = await Promise.all(models.map((model) => readFacts(model)));
  const report = await checkRecipe(recipe, signal === undefined ? {} : { signal });
  const checked = new Map(report.models.map((model) => [model.name, model]));
  const [base, ...others] = facts;
  const tokens = others.flatMap((other) => vocabularyRefusal(base!, other) ?? []);
  refuse(recipe, tokens);
  // Memory and the like are vLLM's matter; a prompt that cannot be made is ours.
  if (models.some(({ name }) => checked.get(name)!.samplePrompt === null)) throw report.problems[0];
  refuse(recipe, viewRefusals(models, checked));
  return { facts, checked };
}

function placesOf(
  models: readonly RecipeModel[],
  options: ExportVllmOptions,
  folder: string,
): Record<Role, ModelPlace> {
  const places = roles.map((role, i) => [role, placeOf(role, models[i]!, options[role], folder)]);
  return Object.fromEntries(places) as Record<Role, ModelPlace>;
}

function refuse({ name, file }: Recipe, reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  const lines = reasons.map((reason) => `\n- ${reason}`).join('');
  throw new RecipeError(`${name} cannot run inside vLLM:${lines}`, { file: file ?? undefined });
}
