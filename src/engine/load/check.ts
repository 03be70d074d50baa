import { alignVocabularies } from '../../compose/index.ts';
import { describeModel, readModelHeader, type ModelDescription } from '../../gguf/index.ts';
import { compileConstraint, ignoredWarnings } from '../../grammar/index.ts';
import { loadModel } from '../../llama/index.ts';
import { createChatRenderer } from '../../prompt/index.ts';
import {
  isOnServer,
  placeRecipe,
  requireRecipeConstraint,
  type Recipe,
  type RecipeModel,
} from '../../recipe/index.ts';
import { InvalidOptionError, type LanguageModel } from '../../spec/index.ts';
import { expectedExactness, measureExactness, type RecipeExactness } from './exactness.ts';
import { measureCertificates, type CertifiedSample } from './certificates.ts';
import { estimateMemory, requireFit, type MemoryEstimate } from './memory.ts';
import { samplePrompt, type PromptPart } from './sample-prompt.ts';

/** What is known of one of a recipe's models before it runs. `null` is what could not be found out. */
export interface CheckedModel {
  readonly name: string;
  /** Absolute path; of a model of the hub that is not in the cache, its name. */
  readonly file: string;
  /** Of a model of the hub: its file and commit. */
  readonly hub?: string;
  readonly description: ModelDescription | null;
  /** How its vocabulary relates to the base's, in a sentence. */
  readonly vocabularyReport: string | null;
  /** A short conversation as the model would see it. */
  readonly samplePrompt: readonly PromptPart[] | null;
}

export interface RecipeReport {
  readonly models: readonly CheckedModel[];
  /** `null` if a header could not be read. */
  readonly memory: MemoryEstimate | null;
  /** How far its numbers repeat, in a sentence; `null` if a header could not be read. */
  readonly exactness: string | null;
  /** The same, measured; `null` unless that was asked for. */
  readonly measured: RecipeExactness | null;
  /** Of a base on a server, what could be certified of sample answers; `null` unless that was asked for. */
  readonly certificates: readonly CertifiedSample[] | null;
  /** What would make loading or running fail, in the order found. */
  readonly problems: readonly unknown[];
  /** What works but is probably not meant. */
  readonly warnings: readonly string[];
}

export interface CheckRecipeOptions {
  /** Load the weights, and compute the same tokens in several ways. */
  readonly measure?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Finds out everything that can be known of a recipe before running it: headers, vocabularies,
 * templates, memory. Weights are not loaded unless it measures, and what is wrong is collected, not thrown.
 * @throws The signal's reason, if it aborts.
 */
export async function checkRecipe(
  given: Recipe,
  { measure = false, signal }: CheckRecipeOptions = {},
): Promise<RecipeReport> {
  const problems: unknown[] = [];
  /** The result, or `null` and a problem more. */
  const attempt = async <Result>(find: () => Promise<Result>): Promise<Result | null> => {
    signal?.throwIfAborted();
    try {
      return await find();
    } catch (error) {
      signal?.throwIfAborted();
      problems.push(error);
      return null;
    }
  };
  const recipe = (await attempt(() => placeRecipe(given))) ?? given;
  await using renderer = createChatRenderer();
  const vocabularies = new Map<string, LanguageModel>();
  const models: CheckedModel[] = [];
  try {
    const base = recipe.models.get(recipe.base)!;
    const declarations = new Set([base, ...recipe.models.values()]);
    const files: Pick<CheckedModel, 'file' | 'hub' | 'description'>[] = [];
    for (const { name, source } of [...declarations].toSorted(byWhere)) {
      if (source.kind === 'server') {
        files.unshift({ file: source.url, description: null });
        // Its tokens, and the template that it is seen through, are a local model's.
        const lender = vocabularies.get(source.tokenizer);
        if (lender !== undefined) vocabularies.set(name, lender);
        continue;
      }
      const isHere = source.kind === 'file';
      const file = isHere ? source.path : source.name;
      const description = isHere
        ? await attempt(async () => describeModel(await readModelHeader(file)))
        : null;
      files.push({
        file,
        ...(isHere && source.hub !== undefined && { hub: source.hub }),
        description,
      });
      const weights =
        description && (await attempt(() => loadModel(file, { vocabularyOnly: true })));
      if (weights) vocabularies.set(name, weights);
    }
    for (const [i, declaration] of [...declarations].entries()) {
      const { name } = declaration;
      const weights = vocabularies.get(name) ?? null;
      models.push({
        name,
        ...files[i]!,
        vocabularyReport:
          weights &&
          (await attempt(async () => reportVocabulary(recipe, declaration, vocabularies))),
        samplePrompt:
          weights &&
          (await attempt(() => samplePrompt(recipe, declaration, vocabularies, renderer))),
      });
    }
  } finally {
    for (const weights of new Set(vocabularies.values())) weights[Symbol.dispose]();
  }
  const warnings = [...recipe.warnings];
  await attempt(() =>
    requireRecipeConstraint(recipe, (constraint) =>
      warnings.push(...ignoredWarnings(compileConstraint(constraint))),
    ),
  );
  await attempt(async () => requireContextLength(recipe, models));
  const served = [...recipe.models.values()].find(isOnServer);
  const isReadable = models.every(
    ({ name, description }) => description !== null || name === served?.name,
  );
  if (served?.source.kind === 'server' && served.source.isPrivate)
    warnings.push(privacy(served.name));
  const memory = isReadable ? await attempt(() => estimateMemory(recipe)) : null;
  if (memory !== null) await attempt(async () => requireFit(recipe, memory));
  const descriptions = models.flatMap(({ description }) => description ?? []);
  return {
    models,
    memory,
    exactness: isReadable ? expectedExactness(recipe, descriptions) : null,
    measured:
      measure && problems.length === 0
        ? await attempt(() => measureExactness(recipe, signal))
        : null,
    certificates:
      measure && problems.length === 0 && served !== undefined
        ? await attempt(() => measureCertificates(recipe, signal))
        : null,
    problems,
    warnings,
  };
}

/** Local models first: one on a server has the tokens of one of them. */
function byWhere(a: RecipeModel, b: RecipeModel): number {
  return Number(isOnServer(a)) - Number(isOnServer(b));
}

function privacy(name: string): string {
  return (
    `models.${name} is private: its server is shown its own prompt and the tokens of the answer, and nothing else. What the ` +
    'answer says aloud, the server reads.'
  );
}

function reportVocabulary(
  recipe: Recipe,
  { name }: RecipeModel,
  vocabularies: ReadonlyMap<string, LanguageModel>,
): string | null {
  const base = vocabularies.get(recipe.base);
  if (base === undefined) return null; // its own problem is reported
  const names = { base: JSON.stringify(recipe.base), other: JSON.stringify(name) };
  return alignVocabularies(base.vocabulary, vocabularies.get(name)!.vocabulary, names).report;
}

/** @throws InvalidOptionError for a context longer than a model was trained on. */
function requireContextLength({ engine }: Recipe, models: readonly CheckedModel[]): void {
  for (const { name, description } of models) {
    const trained = description?.contextLength ?? Infinity;
    if ((engine.contextLength ?? 0) <= trained) continue;
    throw new InvalidOptionError(
      'engine.contextLength',
      `engine.contextLength is ${engine.contextLength}, but ${name} was trained on ${trained} tokens: lower it.`,
    );
  }
}
