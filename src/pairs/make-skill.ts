import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';

import { LoadedRecipe, type EngineOptions } from '../engine/index.ts';
import { readConversations } from '../evaluation/index.ts';
import { createFolder } from '../files/index.ts';
import { modelPath, recipeOfModels, type PlaceOptions } from '../recipe/index.ts';
import type { OnPairProgress } from './progress.ts';
import { findTuningPython, type PythonEnvironmentOptions } from './python-environment.ts';
import { resolveTuning, type TuningOptions } from './settings.ts';
import { splitConversations } from './split.ts';
import { tuneAdapter, type TunedAdapter } from './tune-adapter.ts';
import { tokenizeConversations, writeExamples } from './tuning-examples.ts';
import { skillDefaults } from './skill-defaults.ts';

export interface MakeSkillOptions
  extends
    Pick<TuningOptions, 'epochs' | 'rate' | 'batch' | 'maxTokens' | 'seed'>,
    Pick<PlaceOptions, 'fetchMissing'>,
    Omit<PythonEnvironmentOptions, 'onLine'> {
  /** Path of a file of conversations: see `readConversations`. */
  readonly data: string;
  readonly groupBy?: string | undefined;
  /** A GGUF file, or a name of the hub. */
  readonly model: string;
  /** The expert's file; `OUTPUT.work` beside it has what tuning needs, to go on after an interruption. */
  readonly output: string;
  /** What the file says that it is for; its own name by default. */
  readonly task?: string | undefined;
  readonly threads?: number | undefined;
  /** Year-month-day, for the file. */
  readonly today: string;
  readonly engineOptions?: EngineOptions | undefined;
  readonly onProgress?: OnPairProgress | undefined;
}

/** An expert, and how much likelier it makes answers that were not learned from. */
export interface MadeSkill {
  readonly file: string;
  readonly tuned: TunedAdapter;
  readonly conversations: { readonly training: number; readonly development: number };
  readonly skipped: readonly string[];
}

/**
 * Tunes an SVF expert on conversations: scales of the singular values of the model's feed-forward matrices, for the likelihood
 * of the answers. The epoch is the best by conversations that were not learned from.
 * @throws InvalidOptionError, RecipeError; LibraryError without a Python that can tune; TuningError; the signal's reason.
 */
export async function makeSkill(options: MakeSkillOptions): Promise<MadeSkill> {
  const { signal, onProgress = () => {}, data, output, threads = null, fetchMissing } = options;
  const settings = resolveTuning({ ...skillDefaults, ...withoutUndefined(options) });
  const { conversations, skipped } = readConversations(
    await readFile(data, 'utf8'),
    data,
    options.groupBy,
  );
  const split = splitConversations(conversations, settings.seed);
  const python = await findTuningPython({
    ...options,
    onLine: (facts) => onProgress({ stage: 'preparing Python', done: 0, of: 0, facts }),
  });
  const place = { directory: '.', ...(fetchMissing && { fetchMissing }) };
  const { recipe } = await recipeOfModels({ base: options.model }, place);
  onProgress({ stage: 'reading', done: 0, of: 0 });
  const loading = { ...options.engineOptions, ...(signal && { signal }) };
  const examples = await (async () => {
    await using loaded = await LoadedRecipe.load(recipe, loading);
    const { maxTokens } = settings;
    return tokenizeConversations(split, { loaded, model: recipe.base, maxTokens, signal });
  })();
  const tuning = `${path.resolve(output)}.work`;
  createFolder(tuning);
  const adapter = path.join(tuning, 'expert.gguf');
  const files = await writeExamples(examples, { tuning });
  const tuned = await tuneAdapter({
    python,
    model: modelPath(recipe.models.get(recipe.base)!.source),
    weights: null,
    folder: { adapter, tuning },
    settings,
    examples: { ...files, rows: null },
    svf: { task: options.task ?? path.parse(output).name, date: options.today },
    threads,
    signal,
    onProgress,
  });
  await rename(adapter, output);
  return {
    file: path.resolve(output),
    tuned,
    conversations: {
      training: examples.training.length,
      development: examples.development.length,
    },
    skipped,
  };
}

function withoutUndefined(options: MakeSkillOptions): TuningOptions {
  const { epochs, rate, batch, maxTokens, seed } = options;
  const given = Object.entries({ epochs, rate, batch, maxTokens, seed });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
