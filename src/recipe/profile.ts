import { resolve } from 'node:path';

import { z } from 'zod';

import { didYouMean } from '../faults/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { toKlBudget } from './kl-budget.ts';
import { klBudgetSchema } from './option-schema.ts';
import { resolvePrior } from './profile-prior.ts';
import {
  rewardWeightParam,
  type ProfileAttribute,
  type ProfileDeclaration,
  type Recipe,
} from './recipe.ts';
import { rewardScope } from './warnings.ts';

/** About ten answers tell of a few weights, not of many. */
const mostAttributes = 32;

/** Learned weights times this must stay weights: logits are some tens. */
const largestStrength = 100;

/** Two short answers are read, and made, in a moment. */
const defaultMaxTokens = 64;

/** What the names of attributes look like: the user's own values are stored by them. */
const attributeName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    'a name is at most 64 letters, digits and _, and starts with a letter',
  );

const words = z.string().min(1).max(200);

const attributeSchema = z
  .strictObject({
    reward: z
      .string()
      .describe('What measures it in a whole answer. A name in rewards, with a normalization.'),
    param: z
      .string()
      .optional()
      .describe(
        "The formula's param that it acts through; by default it acts as the reward's weight.",
      ),
    high: words.describe('What users like who want more of it, e.g. cheerfulness.'),
    low: words.describe('What users like who want less of it, e.g. soberness.'),
  })
  .describe('What users differ in: how it is measured, how it acts, and its words.');

export const profileSchema = z
  .strictObject({
    attributes: z
      .record(attributeName, attributeSchema)
      .describe(`What users differ in, by name; at most ${mostAttributes}.`),
    prompts: z
      .array(z.string().min(1).max(10_000))
      .min(1)
      .max(1000)
      .readonly()
      .describe('What is answered in the two ways that a user chooses from.'),
    maxTokens: z
      .int()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        `Longest answer to them, in tokens; ${defaultMaxTokens} by default. One that is cut off is shown up to ` +
          'its last whole sentence.',
      ),
    strength: z
      .number()
      .gt(0)
      .max(largestStrength)
      .optional()
      .describe('Multiplies the weights that were learned; 1 by default.'),
    caution: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe(
        'Standard deviations that a preference must be beyond before it acts; 1 by default. 0 acts on ' +
          'every guess.',
      ),
    prior: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A learned basis (JSON) whose dimensions the attributes are: new users are taken to be like ' +
          'those that it was learned from.',
      ),
    klBudget: klBudgetSchema
      .optional()
      .describe(
        "How far an answer may leave the base while a profile acts; the recipe's by default.",
      ),
  })
  .describe('What users differ in, so that answers can be made to their liking.');

type ProfileEntry = z.output<typeof profileSchema>;
type AttributeEntry = z.output<typeof attributeSchema>;

interface ProfileContext extends Pick<Recipe, 'params' | 'rewards' | 'guidance' | 'directory'> {
  /** Of the file that the prior is in; `null` if no files were read. */
  readonly priorText: string | null;
}

/** @throws InvalidOptionError whose option is the place, e.g. `profile.attributes.brief.param`. */
export function resolveProfile(entry: ProfileEntry, context: ProfileContext): ProfileDeclaration {
  const {
    prompts,
    maxTokens = defaultMaxTokens,
    strength = 1,
    caution = 1,
    prior,
    klBudget,
  } = entry;
  const attributes = Object.entries(entry.attributes).map(([name, attribute]) =>
    resolveAttribute(name, attribute, context),
  );
  requireCount(attributes.length);
  requireOnce('reward', attributes);
  requireOnce('param', attributes);
  return {
    attributes,
    prompts: [...new Set(prompts)],
    maxTokens,
    strength,
    caution,
    prior: prior === undefined ? null : priorOf(prior, attributes, context),
    klBudget: klBudget === undefined ? null : toKlBudget(klBudget, 'profile.klBudget'),
  };
}

function priorOf(
  path: string,
  attributes: readonly ProfileAttribute[],
  { directory, priorText: text, rewards }: ProfileContext,
) {
  return resolvePrior({ file: resolve(directory, path), text }, attributes, rewards);
}

function requireCount(count: number): void {
  if (count > 0 && count <= mostAttributes) return;
  throw new InvalidOptionError(
    'profile.attributes',
    `profile.attributes must name 1 to ${mostAttributes} attributes, not ${count}.`,
  );
}

function resolveAttribute(
  name: string,
  { reward, param, high, low }: AttributeEntry,
  { params, rewards, guidance }: ProfileContext,
): ProfileAttribute {
  const at = `profile.attributes.${name}`;
  const measure = requireKnown(`${at}.reward`, 'reward', reward, rewards);
  const { normalization, source } = measure;
  const refusal = (message: string) =>
    new InvalidOptionError(`${at}.reward`, `${at}.reward: ${message}`);
  if (normalization === null) {
    throw refusal(
      `${reward} has no normalization, so weights of it would mean nothing: ` +
        "`trimtab calibrate RECIPE --rewards` estimates it on the recipe's own answers, and writes it down.",
    );
  }
  const scope = rewardScope(source);
  if (scope === 'prefix') {
    throw refusal(
      `${reward} is for unfinished answers, but attributes are measured on whole ones.`,
    );
  }
  if (param === undefined && scope === 'answer' && guidance.method !== 'best-of') {
    throw refusal(
      `${reward} is for whole answers, but guidance by ${guidance.method} asks it about unfinished ` +
        'ones: use guidance: { method: best-of }, or a reward whose scope is both.',
    );
  }
  if (param !== undefined) requireFormulaParam(`${at}.param`, param, params);
  const isPerToken = source.kind === 'attribute' && source.answerTokens !== null;
  return { name, reward, normalization, isPerToken, param: param ?? null, high, low };
}

function requireFormulaParam(at: string, param: string, params: Recipe['params']): void {
  requireKnown(at, 'param', param, params);
  if (param !== rewardWeightParam) return;
  throw new InvalidOptionError(
    at,
    `${at}: ${param} multiplies all rewards: leave param out for the attribute to act as its ` +
      "reward's weight.",
  );
}

function requireKnown<Value>(
  at: string,
  what: 'param' | 'reward',
  name: string,
  known: ReadonlyMap<string, Value>,
): Value {
  const found = known.get(name);
  if (found !== undefined) return found;
  const names = [...known.keys()];
  const remedy =
    names.length === 0
      ? ' The recipe has none.'
      : didYouMean(name, names) || ` The ${what}s are ${names.join(', ')}.`;
  throw new InvalidOptionError(at, `${at}: there is no ${what} ${name}.${remedy}`);
}

/** Two attributes of one measure could not be told apart, and two of one param would undo each other. */
function requireOnce(key: 'reward' | 'param', attributes: readonly ProfileAttribute[]): void {
  const owners = new Map<string, string>();
  for (const attribute of attributes) {
    const used = attribute[key];
    if (used === null) continue;
    const owner = owners.get(used);
    if (owner !== undefined) {
      const at = `profile.attributes.${attribute.name}.${key}`;
      throw new InvalidOptionError(
        at,
        `${at}: ${used} is also the ${key} of ${owner}: give each attribute its own.`,
      );
    }
    owners.set(used, attribute.name);
  }
}
