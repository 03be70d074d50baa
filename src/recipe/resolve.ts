import { basename, extname, resolve } from 'node:path';

import {
  composedBy,
  type ComposeRows,
  formulaModels,
  formulaParams,
  model,
  param,
  parseFormula,
  planSchedule,
  type Plausibility,
  reservedNames,
  scale,
  serializeFormula,
  sum,
  type Formula,
} from '../compose/index.ts';
import { didYouMean } from '../faults/index.ts';
import { readKeepAlive, readSpeculation, resolveStopStrings } from '../options/index.ts';
import { resolveSampling } from '../sampling/index.ts';
import {
  FormulaError,
  InvalidOptionError,
  requestOptions,
  type RecipeError,
} from '../spec/index.ts';
import { toConstraint } from './constraint.ts';
import { withDrafter } from './drafter.ts';
import { defaultGuidance, toGuidance } from './guidance.ts';
import { showGiven, showPath, toDocumentIssue, type DocumentPath } from './issues.ts';
import { toKlBudget } from './kl-budget.ts';
import { resolveModel } from './models.ts';
import { requireTellable } from './on-server.ts';
import { describeRange, resolveParams } from './params.ts';
import { resolveProfile } from './profile.ts';
import {
  rewardWeightParam,
  type ParamDeclaration,
  type Recipe,
  type RecipeModel,
  type RewardDeclaration,
  type Skill,
} from './recipe.ts';
import { defaultRewardWeight, resolveReward } from './rewards.ts';
import { resolveSchedules, toSchedule } from './schedules.ts';
import { resolveSkill } from './skills.ts';
import { documentSchema, type CheckedDocument, type RecipeDocument } from './schema.ts';
import { warningsOf } from './warnings.ts';
import { noPlaces, type ErrorPlaces } from './yaml-source.ts';

export interface ResolveRecipeOptions {
  /** What relative paths are relative to. */
  readonly directory: string;
  /** The recipe's own file: gives it a name if it has none. */
  readonly file?: string;
}

/** Texts of files; `null` where none is named, or no files were read. */
export interface FileTexts {
  readonly constraint: string | null;
  readonly prior: string | null;
}

const noTexts: FileTexts = { constraint: null, prior: null };

/** The param of the default formula. */
const defaultAlpha: ParamDeclaration = {
  default: 1,
  min: 0,
  max: 2,
  description: 'Strength of the steering: 0 is the base alone.',
};

/**
 * A recipe given in code, with every default filled in and every path made absolute. The formula may
 * be text, a {@link Formula} or a function (`composedBy`); a method's constructor gives formula, params and plausibility at once:
 * `resolveRecipe({ models, base, ...proxyTuning({ base, expert, antiExpert }) }, { directory })`.
 * Files are not looked for: see `requireRecipeFiles`; nor is the constraint compiled: see `requireRecipeConstraint`.
 * @throws RecipeError naming what is wrong and what to do.
 */
export function resolveRecipe(document: RecipeDocument, options: ResolveRecipeOptions): Recipe {
  return resolveDocument(document, options, noPlaces);
}

/**
 * {@link resolveRecipe} of anything, with errors that know their places.
 * @param texts - Of the files that the document names and that are read with it.
 */
export function resolveDocument(
  document: unknown,
  options: ResolveRecipeOptions,
  places: ErrorPlaces,
  texts: FileTexts = noTexts,
): Recipe {
  return new Resolver(document, options, places, texts).resolve();
}

class Resolver {
  readonly #document: CheckedDocument;
  /** As given: text, a formula or nothing. */
  readonly #formula: unknown;
  readonly #directory: string;
  readonly #file: string | undefined;
  readonly #places: ErrorPlaces;
  readonly #texts: FileTexts;

  constructor(
    document: unknown,
    options: ResolveRecipeOptions,
    places: ErrorPlaces,
    texts: FileTexts,
  ) {
    this.#texts = texts;
    const { formula, rest } = splitFormula(document);
    this.#places = places;
    refusePrototypeKeys(rest, places);
    const parsed = documentSchema.safeParse(rest);
    if (!parsed.success) {
      const { path, message, on } = toDocumentIssue(parsed.error.issues, documentSchema, rest);
      throw places.errorAt(path, message, { on });
    }
    this.#document = parsed.data;
    this.#formula = parsed.data.formula ?? formula;
    this.#directory = resolve(options.directory);
    this.#file = options.file === undefined ? undefined : resolve(options.file);
  }

  resolve(): Recipe {
    const document = this.#document;
    const models = this.#models();
    const base = this.#role('base', models)!;
    const expert = this.#role('expert', models);
    const antiExpert = this.#role('antiExpert', models);
    const params = this.#params(models);
    const skills = this.#skills(models, params, base);
    const formula = this.#resolveFormula(models, params, { base, expert, antiExpert });
    const plausibility = this.#plausibility(models, base, expert);
    this.#checkSchedules(formula, params, base);
    const rewards = this.#rewards(models, params);
    const { guidance: given, klBudget, constraint, profile } = document;
    const guidance = given === undefined ? defaultGuidance : this.#placed(() => toGuidance(given));
    const composed = { models, base, expert, antiExpert, formula, plausibility, params, skills };
    const steering = { rewards, guidance };
    const speculation = this.#checked(['speculation'], () => {
      const setting = readSpeculation(document.speculation ?? requestOptions.speculation.default);
      return withDrafter(setting, { models, base, expert });
    });
    const recipe = {
      name: document.name ?? defaultName(this.#file),
      description: document.description ?? null,
      file: this.#file ?? null,
      directory: this.#directory,
      ...composed,
      ...steering,
      klBudget: klBudget === undefined ? null : this.#placed(() => toKlBudget(klBudget)),
      constraint:
        constraint === undefined
          ? null
          : this.#placed(() => toConstraint(constraint, this.#texts.constraint)),
      profile:
        profile === undefined
          ? null
          : this.#placed(() =>
              resolveProfile(profile, {
                params,
                rewards,
                guidance,
                directory: this.#directory,
                priorText: this.#texts.prior,
              }),
            ),
      sampling: this.#sampling(),
      stop: this.#checked(['stop'], () => resolveStopStrings(document.stop)),
      engine: withoutUndefined(document.engine ?? {}),
      speculation,
      keepAliveMs: this.#checked(['keepAlive'], () =>
        document.keepAlive === undefined
          ? undefined
          : readKeepAlive('keepAlive', document.keepAlive),
      ),
      warnings: warningsOf({ ...composed, ...steering, speculation }),
    };
    this.#placed(() => requireTellable(recipe));
    return recipe;
  }

  #models(): Map<string, RecipeModel> {
    const entries = Object.entries(this.#document.models);
    if (entries.length === 0) {
      throw this.#error(['models'], 'models is empty: name at least the base and its GGUF file.');
    }
    for (const [name] of entries) this.#refuseReserved(['models', name]);
    const options = { directory: this.#directory, lender: this.#lender() };
    const models = new Map(
      entries.map(([name, entry]) => [
        name,
        this.#placed(() => resolveModel(name, entry, options)),
      ]),
    );
    for (const { name, source } of models.values()) {
      if (source.kind === 'server') this.#requireLocal(name, source.tokenizer, models);
    }
    for (const each of models.values()) this.#requireTemplateOf(each, models);
    return models;
  }

  /** The local model that lends its tokens to one on a server: the expert, where that is local. */
  #lender(): string | null {
    const { models, expert, antiExpert } = this.#document;
    const isLocal = (name: string) => {
      const entry = models[name];
      return entry !== undefined && (typeof entry === 'string' || !('server' in entry));
    };
    const named = [expert, antiExpert].filter((name) => name !== undefined);
    return [...named, ...Object.keys(models)].find(isLocal) ?? null;
  }

  #requireLocal(name: string, tokenizer: string, models: ReadonlyMap<string, RecipeModel>): void {
    const path = ['models', name, 'tokenizer'];
    this.#requireModel(path, tokenizer, models);
    if (models.get(tokenizer)!.source.kind !== 'server') return;
    throw this.#error(
      path,
      `${showPath(path)}: ${tokenizer} is on a server, too: name a local model.`,
    );
  }

  /** A view through another model's template needs a model that names no other itself. */
  #requireTemplateOf({ name, view }: RecipeModel, models: ReadonlyMap<string, RecipeModel>): void {
    if (view.kind === 'raw' || view.templateOf === undefined) return;
    const path = ['models', name, 'prompt', 'templateOf'];
    this.#requireModel(path, view.templateOf, models);
    const other = models.get(view.templateOf)!.view;
    if (other.kind === 'raw' || other.templateOf === undefined) return;
    throw this.#error(
      path,
      `${showPath(path)}: ${view.templateOf} has no template of its own: it says \`templateOf: ${other.templateOf}\`.`,
    );
  }

  #role(
    role: 'base' | 'expert' | 'antiExpert',
    models: ReadonlyMap<string, RecipeModel>,
  ): string | null {
    const name = this.#document[role];
    if (name === undefined) return null;
    this.#requireModel([role], name, models);
    return name;
  }

  #params(models: ReadonlyMap<string, RecipeModel>): Map<string, ParamDeclaration> {
    const params = new Map<string, ParamDeclaration>();
    for (const [name, entry] of Object.entries(this.#document.params ?? {})) {
      const path = ['params', name];
      this.#refuseReserved(path);
      if (models.has(name)) {
        throw this.#error(path, `${name} is a model and a param: rename one of them.`, 'key');
      }
      const given: Exclude<typeof entry, number> =
        typeof entry === 'number' ? { default: entry } : entry;
      const { min = -Infinity, max = Infinity, description = null, schedule } = given;
      if (min > max) {
        throw this.#error(
          [...path, 'min'],
          `${showPath(path)}: min (${min}) is above max (${max}): no value is allowed.`,
        );
      }
      if (given.default < min || given.default > max) {
        throw this.#error(
          [...path, 'default'],
          `${showPath(path)}.default must be ${describeRange(min, max)}, not ${given.default}: ` +
            'change it, min or max.',
        );
      }
      params.set(name, {
        default: given.default,
        min,
        max,
        description,
        ...(schedule !== undefined && {
          schedule: this.#placed(() => toSchedule(schedule, schedulePlace(name))),
        }),
      });
    }
    return params;
  }

  /** Gives the recipe a param for each: its weight. */
  #skills(
    models: ReadonlyMap<string, RecipeModel>,
    params: Map<string, ParamDeclaration>,
    base: string,
  ): Map<string, Skill> {
    const skills = new Map<string, Skill>();
    const context = { models, base, directory: this.#directory };
    for (const [name, entry] of Object.entries(this.#document.skills ?? {})) {
      this.#refuseReserved(['skills', name]);
      const other = models.has(name) ? 'model' : params.has(name) ? 'param' : null;
      if (other !== null) {
        throw this.#error(
          ['skills', name],
          `${name} is a skill and a ${other}: rename one of them. A skill's weight is a param of its name.`,
          'key',
        );
      }
      const { skill, weight } = this.#placed(() => resolveSkill(name, entry, context));
      skills.set(name, skill);
      params.set(name, weight);
    }
    return skills;
  }

  #resolveFormula(
    models: ReadonlyMap<string, RecipeModel>,
    params: Map<string, ParamDeclaration>,
    roles: Pick<Recipe, 'base' | 'expert' | 'antiExpert'>,
  ): Formula {
    if (this.#formula === undefined) return this.#defaultFormula(models, params, roles);
    const method = this.#ownMethod(models);
    if (method !== null) return method;
    const text = this.#formulaText();
    try {
      return parseFormula(text, { models: models.keys(), params: params.keys() });
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      throw this.#places.errorAt(['formula'], `formula: ${error.message}`, {
        offset: error.position,
        cause: error,
      });
    }
  }

  /** A formula that is a function, given as such or by `composedBy`; `null` where it is arithmetic. */
  #ownMethod(models: ReadonlyMap<string, RecipeModel>): Formula | null {
    const given = this.#formula as Formula | ComposeRows;
    if (typeof given === 'function') {
      const rewarded = new Set(this.#rewardModels());
      const seen = [...models.keys()].filter((name) => !rewarded.has(name));
      const name = given.name === '' || given.name === 'formula' ? 'compose' : given.name;
      return composedBy({ name, models: seen, compose: given });
    }
    if (typeof given !== 'object' || typeof given.method?.compose !== 'function') return null;
    for (const name of formulaModels(given)) this.#requireModel(['formula'], name, models);
    return given;
  }

  /** What rewards name, checked or not. */
  #rewardModels(): unknown[] {
    const keys = ['model', 'nextToken', 'attribute', 'neutral'] as const;
    return Object.values(this.#document.rewards ?? {}).flatMap((reward) =>
      keys.map((key) => (reward as Readonly<Record<string, unknown>>)[key]),
    );
  }

  /** A formula given as data is written down and read again: that checks all of it. */
  #formulaText(): string {
    if (typeof this.#formula === 'string') return this.#formula;
    const formula = this.#formula as Formula;
    try {
      const names = [...formulaModels(formula), ...formulaParams(formula)];
      const odd = names.find((name) => !/^\w+$/.test(name));
      if (odd !== undefined) throw new TypeError(`${odd} is no name`);
      return serializeFormula(formula);
    } catch (cause) {
      const message =
        `formula must be text or a Formula, not ${showGiven(this.#formula)}. ` +
        'In YAML and JSON it is text; a recipe given in code may have a function.';
      throw this.#places.errorAt(['formula'], message, { cause });
    }
  }

  #defaultFormula(
    models: ReadonlyMap<string, RecipeModel>,
    params: Map<string, ParamDeclaration>,
    { base, expert, antiExpert }: Pick<Recipe, 'base' | 'expert' | 'antiExpert'>,
  ): Formula {
    if (expert === null && antiExpert === null) return model(base);
    if (expert === null || antiExpert === null) {
      const [given, lacking] =
        expert === null ? ['antiExpert', 'expert'] : ['expert', 'antiExpert'];
      throw this.#error(
        [given],
        `${given} without ${lacking} says no formula: add ${lacking}, or write the formula.`,
      );
    }
    if (models.has('alpha')) {
      throw this.#error(
        ['models', 'alpha'],
        'alpha is the param of the default formula: rename the model, or write the formula.',
        'key',
      );
    }
    if (!params.has('alpha')) params.set('alpha', defaultAlpha);
    const difference = sum(model(expert), scale(-1, model(antiExpert)));
    return sum(model(base), scale(param('alpha'), difference));
  }

  /** Whether the formula admits them, under the params' defaults. */
  #checkSchedules(
    formula: Formula,
    declared: ReadonlyMap<string, ParamDeclaration>,
    base: string,
  ): void {
    const recipe = { name: '', params: declared };
    const schedules = resolveSchedules(recipe, undefined);
    const params = resolveParams(recipe);
    this.#placed(() => planSchedule({ formula, params, base, schedules }, schedulePlace));
  }

  #plausibility(
    models: ReadonlyMap<string, RecipeModel>,
    base: string,
    expert: string | null,
  ): Plausibility | null {
    const given = this.#document.plausibility;
    if (given === undefined) return null;
    const { minP, topP } = given;
    for (const [i, name] of (given.models ?? []).entries()) {
      this.#requireModel(['plausibility', 'models', i], name, models);
    }
    if (given.models?.length === 0) {
      throw this.#error(['plausibility', 'models'], 'plausibility.models is empty: name a model.');
    }
    const names = [...new Set(given.models ?? (expert === null ? [base] : [base, expert]))];
    if (minP !== undefined && topP === undefined) return { minP, models: names };
    if (topP !== undefined && minP === undefined) return { topP, models: names };
    throw this.#error(
      ['plausibility'],
      minP === undefined
        ? 'plausibility says neither minP nor topP: give one, e.g. minP: 0.1.'
        : 'plausibility says both minP and topP: give one of them.',
    );
  }

  /** Gives the recipe the param of their weight, if it has any. */
  #rewards(
    models: ReadonlyMap<string, RecipeModel>,
    params: Map<string, ParamDeclaration>,
  ): Map<string, RewardDeclaration> {
    const context = { models, directory: this.#directory };
    const entries = Object.entries(this.#document.rewards ?? {});
    const rewards = new Map(
      entries.map(([name, entry]) => [
        name,
        this.#placed(() => resolveReward(name, entry, context)),
      ]),
    );
    if (rewards.size > 0 && models.has(rewardWeightParam)) {
      throw this.#error(
        ['models', rewardWeightParam],
        `${rewardWeightParam} is the param of a recipe's rewards: rename the model.`,
        'key',
      );
    }
    if (rewards.size > 0 && !params.has(rewardWeightParam)) {
      params.set(rewardWeightParam, defaultRewardWeight);
    }
    return rewards;
  }

  #sampling(): Recipe['sampling'] {
    const sampling = withoutUndefined(this.#document.sampling ?? {});
    this.#checked(['sampling'], () => resolveSampling(sampling));
    return sampling;
  }

  /** Turns a refused option into an error at its place under `parent`. */
  #checked<T>(parent: readonly [string], resolveOption: () => T): T {
    try {
      return resolveOption();
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error;
      const below = error.option === parent[0] ? [] : error.option.split('.');
      const message = `${parent[0]}: ${error.message}`;
      throw this.#places.errorAt([...parent, ...below], message, { cause: error });
    }
  }

  /** Turns a refused option into an error at the place that it names. */
  #placed<T>(resolveOption: () => T): T {
    try {
      return resolveOption();
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error;
      throw this.#places.errorAt(error.option.split('.'), error.message, { cause: error });
    }
  }

  #requireModel(path: DocumentPath, name: string, models: ReadonlyMap<string, RecipeModel>): void {
    if (models.has(name)) return;
    const known = [...models.keys()];
    const remedy = didYouMean(name, known) || ` The models are ${known.join(', ')}.`;
    throw this.#error(path, `${showPath(path)}: there is no model ${name}.${remedy}`);
  }

  #refuseReserved(path: readonly string[]): void {
    const name = path.at(-1)!;
    if (!reservedNames.includes(name)) return;
    throw this.#error(path, `${showPath(path)}: ${name} is a word of formulas: rename it.`, 'key');
  }

  #error(path: DocumentPath, message: string, on: 'key' | 'value' = 'value'): RecipeError {
    return this.#places.errorAt(path, message, { on });
  }
}

/** Where a param's schedule is written. */
function schedulePlace(name: string): string {
  return `params.${name}.schedule`;
}

/** The schema knows formulas as text only: one given as data goes another way. */
function splitFormula(document: unknown): { formula: unknown; rest: unknown } {
  if (document === null || typeof document !== 'object' || !('formula' in document)) {
    return { formula: undefined, rest: document };
  }
  const { formula, ...rest } = document;
  const isData = formula !== null && /^(?:object|function)$/.test(typeof formula);
  return isData ? { formula, rest } : { formula: undefined, rest: document };
}

/** The one key that objects do not keep. */
function refusePrototypeKeys(document: unknown, places: ErrorPlaces): void {
  const rewards = Object.keys(mappingAt(document, ['rewards']) ?? {});
  const paths = [
    ['models'],
    ['params'],
    ['skills'],
    ['rewards'],
    ['profile', 'attributes'],
    ...rewards.flatMap((name) => [
      ['rewards', name, 'words'],
      ['rewards', name, 'patterns'],
    ]),
  ];
  for (const path of paths) {
    if (!Object.hasOwn(mappingAt(document, path) ?? {}, '__proto__')) continue;
    const at = [...path, '__proto__'];
    throw places.errorAt(at, `${showPath(at)}: nothing can have this name.`, { on: 'key' });
  }
}

function mappingAt(document: unknown, path: readonly string[]): object | null {
  let value = document;
  for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof value === 'object' ? value : null;
}

function defaultName(file: string | undefined): string {
  if (file === undefined) return 'recipe';
  return basename(file, extname(file)).replace(/[^A-Za-z0-9._-]+/g, '-');
}

/** A copy without the keys whose value is `undefined`. */
function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
