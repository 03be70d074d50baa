import { resolve } from 'node:path';

import { z } from 'zod';

import { didYouMean } from '../faults/index.ts';
import { InvalidOptionError, requestOptions } from '../spec/index.ts';
import { toPlace } from './file-place.ts';
import type { ParamDeclaration, RecipeModel, RewardDeclaration, RewardSource } from './recipe.ts';
import { checkBounds } from './reward-bounds.ts';

/** The weights that a reward may have. */
export const { range: rewardWeightRange } = requestOptions.rewards.kind;

/** Time for one set of candidates where a reward does not say. */
export const rewardTimeoutMs = 1000;

/** The param that a recipe with rewards has, unless it declares its own. */
export const defaultRewardWeight: ParamDeclaration = {
  default: 1,
  min: 0,
  max: 10,
  description: "Multiplies the rewards' weights: 0 is the recipe without rewards.",
};

const scope = z.enum(['prefix', 'answer', 'both']);

export const rewardSchema = z
  .strictObject({
    model: z.string().optional().describe('A reward model with a scalar head. A name in models.'),
    head: z.string().min(1).optional().describe('model: which of several heads.'),
    headFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "model: a safetensors file with the head, or a learned basis (JSON), whose dimensions are heads, by its path or as hf:owner/name/file; in the model's own file by default.",
      ),
    nextToken: z
      .string()
      .optional()
      .describe('A one-call reward model: its logits score every next token. A name in models.'),
    attribute: z
      .string()
      .optional()
      .describe(
        'A small model under a system prompt that asks for the attribute; with `neutral`: the answer is ' +
          'worth the difference of its log-probabilities under the two. A name in models.',
      ),
    neutral: z
      .string()
      .optional()
      .describe('attribute: the same file under a neutral prompt. A name in models.'),
    answerTokens: z
      .number()
      .gt(0)
      .optional()
      .describe(
        "attribute: the usual length of the recipe's answers, in tokens. An answer is then worth the mean " +
          'over its tokens, not the sum, so that long ones compare with short ones.',
      ),
    words: z
      .record(z.string().min(1), z.number())
      .optional()
      .describe('Words and phrases, and what one occurrence of each in the answer adds.'),
    caseSensitive: z
      .boolean()
      .optional()
      .describe('words: whether upper and lower case differ; false by default.'),
    patterns: z
      .record(z.string().min(1), z.number())
      .optional()
      .describe("Regular expressions in RE2's syntax, and what one match of each adds."),
    length: z
      .strictObject({
        target: z.number().gt(0).describe('How long the answer should be.'),
        unit: z
          .enum(['characters', 'words', 'sentences', 'tokens'])
          .optional()
          .describe("What is counted; 'words' by default."),
      })
      .optional()
      .describe("How near the answer's length is to a target."),
    readability: z
      .strictObject({ grade: z.number().describe('Years of schooling that a reader needs.') })
      .optional()
      .describe("How near the answer's reading grade is to a target; of whole answers in English."),
    module: z
      .string()
      .min(1)
      .optional()
      .describe('A JavaScript module that exports a reward. It runs only where that is allowed.'),
    options: z.unknown().optional().describe('module: given to it with every call, as JSON.'),
    scope: scope
      .optional()
      .describe(
        "model, module: what its values mean something on, unfinished answers ('prefix'), finished ones " +
          "('answer', a model's default) or 'both' (a module's default).",
      ),
    weight: z
      .number()
      .min(rewardWeightRange.from)
      .max(rewardWeightRange.to)
      .optional()
      .describe('What its values are multiplied by; 1 by default. 0 is for reports alone.'),
    normalization: z
      .strictObject({
        mean: z.number().describe("Mean of its values on the base's own answers."),
        deviation: z.number().gt(0).describe('Standard deviation of those values.'),
      })
      .optional()
      .describe('Makes weights comparable: the weight applies to (value - mean) / deviation.'),
    bounds: z
      .strictObject({
        min: z.number().optional().describe('Its least value.'),
        max: z.number().optional().describe('Its largest value.'),
      })
      .optional()
      .describe(
        'model, module: what its values are never beyond, before normalization. Where a reward guides every token, ' +
          'only candidates that may still be chosen are then valued. A value beyond them is an error.',
      ),
    timeoutMs: z
      .int()
      .min(1)
      .max(600_000)
      .optional()
      .describe(
        `Milliseconds it may take for one set of candidates; ${rewardTimeoutMs} by default.`,
      ),
  })
  .describe(
    'What scores an answer: one of model, nextToken, attribute, words, patterns, length, readability, ' +
      'module.',
  );

type RewardEntry = z.output<typeof rewardSchema>;

/** The keys that say what a reward is. */
type Kind =
  | 'model'
  | 'nextToken'
  | 'attribute'
  | 'words'
  | 'patterns'
  | 'length'
  | 'readability'
  | 'module';

type ModelKey = 'model' | 'nextToken' | 'attribute' | 'neutral';

/** A reward's entry, and what its source is made with. */
interface GivenReward {
  /** Its place. */
  readonly at: string;
  readonly entry: RewardEntry;
  /** The model that the entry names there. */
  readonly model: (key: ModelKey) => RecipeModel;
  /** What relative paths are relative to. */
  readonly directory: string;
}

interface KindRules {
  /** Keys that belong to this kind. */
  readonly own: readonly (keyof RewardEntry)[];
  readonly toSource: (given: GivenReward) => RewardSource;
}

const kinds: Readonly<Record<Kind, KindRules>> = {
  model: {
    own: ['head', 'headFile', 'scope', 'bounds'],
    toSource: ({
      at,
      entry: { headFile, head = null, scope: valid = 'answer' },
      model,
      directory,
    }) => ({
      kind: 'scalar',
      model: model('model').name,
      headFile: headFile === undefined ? null : toPlace(headFile, directory, `${at}.headFile`),
      head,
      scope: valid,
    }),
  },
  nextToken: {
    own: [],
    toSource: ({ model }) => ({ kind: 'next-token', model: model('nextToken').name }),
  },
  attribute: { own: ['neutral', 'answerTokens'], toSource: toAttribute },
  words: {
    own: ['caseSensitive'],
    toSource: ({ entry: { words, caseSensitive = false } }) => ({
      kind: 'words',
      words: new Map(Object.entries(words!)),
      caseSensitive,
    }),
  },
  patterns: {
    own: [],
    toSource: ({ entry }) => ({
      kind: 'patterns',
      patterns: new Map(Object.entries(entry.patterns!)),
    }),
  },
  length: {
    own: [],
    toSource: ({ entry }) => {
      const { target, unit = 'words' } = entry.length!;
      return { kind: 'length', target, unit };
    },
  },
  readability: {
    own: [],
    toSource: ({ entry }) => ({ kind: 'readability', grade: entry.readability!.grade }),
  },
  module: {
    own: ['options', 'scope', 'bounds'],
    toSource: ({ entry: { module, scope: valid = null, options = null }, directory }) => ({
      kind: 'module',
      file: resolve(directory, module!),
      scope: valid,
      options,
    }),
  },
};

const kindNames = Object.keys(kinds) as readonly Kind[];

export interface RewardContext {
  readonly models: ReadonlyMap<string, RecipeModel>;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/**
 * A reward's declaration with its defaults, and absolute paths.
 * @throws InvalidOptionError whose option is the place, e.g. `rewards.drift.neutral`.
 */
export function resolveReward(
  name: string,
  entry: RewardEntry,
  { models, directory }: RewardContext,
): RewardDeclaration {
  const at = `rewards.${name}`;
  const kind = kindOf(at, entry);
  refuseForeignKeys(at, entry, kind);
  if (entry.bounds !== undefined) checkBounds(`${at}.bounds`, entry.bounds);
  const source = kinds[kind].toSource({
    at,
    entry,
    model: (key) => requireRewardModel(`${at}.${key}`, entry[key], models),
    directory,
  });
  return {
    name,
    source,
    weight: entry.weight ?? 1,
    normalization: entry.normalization ?? null,
    bounds: entry.bounds ?? null,
    timeoutMs: entry.timeoutMs ?? rewardTimeoutMs,
  };
}

function kindOf(at: string, entry: RewardEntry): Kind {
  const [kind, another] = kindNames.filter((key) => entry[key] !== undefined);
  if (kind !== undefined && another === undefined) return kind;
  throw new InvalidOptionError(
    at,
    kind === undefined
      ? `${at} does not say what scores the answer: give one of ${kindNames.join(', ')}.`
      : `${at} says both ${kind} and ${another}: give one of them.`,
  );
}

function refuseForeignKeys(at: string, entry: RewardEntry, kind: Kind): void {
  for (const owner of kindNames) {
    for (const key of kinds[owner].own) {
      if (entry[key] === undefined || kinds[kind].own.includes(key)) continue;
      throw new InvalidOptionError(
        `${at}.${key}`,
        `${at}.${key} belongs to ${owner}, not to ${kind}: remove it.`,
      );
    }
  }
}

function toAttribute({ at, entry, model }: GivenReward): RewardSource {
  const { answerTokens = null } = entry;
  const [asked, neutral] = [model('attribute'), model('neutral')];
  const isOne = asked.name === neutral.name;
  const [askedFile, neutralFile] = [asked, neutral].map(({ source }) =>
    source.kind === 'file' ? source.path : source.kind === 'hub' ? source.name : source.url,
  );
  if (askedFile === neutralFile && !isOne) {
    return { kind: 'attribute', model: asked.name, neutral: neutral.name, answerTokens };
  }
  throw new InvalidOptionError(
    `${at}.neutral`,
    `${at}: attribute and neutral must be two views of one file, so that only their prompts differ; ` +
      (isOne
        ? `both are ${asked.name}.`
        : `${asked.name} is ${askedFile}, ${neutral.name} is ${neutralFile}.`),
  );
}

function requireRewardModel(
  at: string,
  name: string | undefined,
  models: ReadonlyMap<string, RecipeModel>,
): RecipeModel {
  const model = name === undefined ? undefined : models.get(name);
  if (model !== undefined) return model;
  const known = [...models.keys()];
  if (name === undefined) {
    throw new InvalidOptionError(at, `${at} is missing: name one of ${known.join(', ')}.`);
  }
  const remedy = didYouMean(name, known) || ` The models are ${known.join(', ')}.`;
  throw new InvalidOptionError(at, `${at}: there is no model ${name}.${remedy}`);
}
