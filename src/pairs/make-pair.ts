import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { LoadedRecipe, type EngineOptions } from '../engine/index.ts';
import { contentId, readConversations, type RecipeStudy } from '../evaluation/index.ts';
import { isThere, replaceFile } from '../files/index.ts';
import { modelPath, type PlaceOptions, type Recipe } from '../recipe/index.ts';
import { createLocalService } from '../service/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { writeRows } from './base-rows.ts';
import { calibratePair, type PairCalibration } from './calibrate-pair.ts';
import { evaluatePair, promptedBase, type EvaluatedPair } from './evaluate-pair.ts';
import { openPairFolder, readJson, type PairFolder } from './pair-folder.ts';
import { openPairRecipe, pairRoles, untunedRecipe, type PairModels } from './pair-recipe.ts';
import type { OnPairProgress } from './progress.ts';
import { findTuningPython, type PythonEnvironmentOptions } from './python-environment.ts';
import type { Rivals } from './rivals.ts';
import { resolveTuning, type TuningOptions, type TuningSettings } from './settings.ts';
import { splitConversations, type ConversationSplit } from './split.ts';
import { tuneAdapter, type TunedAdapter } from './tune-adapter.ts';
import { tokenizeConversations, writeExamples, type TuningExamples } from './tuning-examples.ts';

export interface MakePairOptions
  extends
    PairModels,
    TuningOptions,
    Rivals,
    Pick<PlaceOptions, 'fetchMissing'>,
    Omit<PythonEnvironmentOptions, 'onLine'> {
  /** Path of a file of conversations: see `readConversations`. */
  readonly data: string;
  /** Field of the data whose equal values are not to be split; by default `group`, where there is one. */
  readonly groupBy?: string | undefined;
  /** Folder of the pair. One that was begun with the same options goes on. */
  readonly output: string;
  /** A Hugging Face folder with the small model's weights, in place of dequantising those of its file. */
  readonly weights?: string | undefined;
  /** Of PyTorch; by default as many as it thinks best. */
  readonly threads?: number | undefined;
  /** Of Trimtab, for the records. */
  readonly version: string;
  /** Year-month-day, for the records. */
  readonly today: string;
  readonly engineOptions?: EngineOptions | undefined;
  readonly onProgress?: OnPairProgress | undefined;
}

/** A pair, and what it is worth. */
export interface MadePair extends EvaluatedPair, PairCalibration {
  readonly folder: PairFolder;
  readonly conversations: {
    readonly training: number;
    readonly development: number;
    readonly test: number;
    /** Said twice, or longer than may be: left out. */
    readonly repeated: number;
    readonly tooLong: number;
    /** Why rows of the file are none. */
    readonly skipped: readonly string[];
  };
  readonly tuned: TunedAdapter;
  readonly warnings: readonly string[];
}

/**
 * Makes a pair of a small model and conversations: tunes a LoRA adapter on it, with which it is the expert, and
 * without which it is the twin. Chooses the strength on conversations that were not learned from, and compares the
 * base that the pair steers with what else one might do, on others still. What is done is kept: the same call
 * goes on where it was left.
 * @throws InvalidOptionError, RecipeError; LibraryError without a Python that can tune; {@link TuningError}; what
 *   loading and evaluating throw; the signal's reason.
 */
export async function makePair(options: MakePairOptions): Promise<MadePair> {
  const { signal, onProgress = () => {}, engineOptions = {}, data } = options;
  const settings = resolveTuning(options);
  requireBase(options, settings);
  onProgress({ stage: 'reading', done: 0, of: 0 });
  const text = await readFile(data, 'utf8');
  const { conversations, skipped } = readConversations(text, data, options.groupBy);
  const split = splitConversations(conversations, settings.seed);
  const place: PlaceOptions = {
    ...(options.fetchMissing && { fetchMissing: options.fetchMissing }),
  };
  const { recipe: untuned, document } = await untunedRecipe(options, place);
  const folder = await openPairFolder(options.output, makingOf(options, settings, split));
  await writeConversations(split, folder);
  const stage: Stage = { options, settings, folder, onProgress };
  const { examples, tuned } = await tuneOnce(untuned, split, stage);

  const recipe = await openPairRecipe(document, folder, place);
  const warnings = [...recipe.warnings];
  const prompted = promptedBase(untuned, options.instruction);
  await using service = await createLocalService({
    recipes: prompted === null ? [recipe] : [recipe, prompted],
    engineOptions,
    onWarning: (warning) => warnings.push(warning),
  });
  const study: RecipeStudy = {
    service,
    recipe,
    seed: settings.seed,
    version: options.version,
    ...(signal && { signal }),
  };
  const { development } = examples;
  const strength = settings.inside ? settings.strength : null;
  const calibrating = { study, folder, development, tuned, strength, today: options.today };
  const { alpha, checked, curve } = await calibratePair({ ...calibrating, onProgress });
  const evaluated = await evaluatePair({
    ...options,
    study,
    folder,
    examples,
    alpha,
    prompted,
    hasOwnBase: options.base !== undefined,
    onProgress,
  });
  return {
    ...evaluated,
    folder,
    conversations: {
      training: examples.training.length,
      development: development.length,
      test: examples.test.length,
      repeated: split.repeated,
      tooLong: examples.tooLong,
      skipped,
    },
    tuned,
    checked,
    alpha,
    curve,
    warnings,
  };
}

/** What the steps of a pair have in common. */
interface Stage {
  readonly options: MakePairOptions;
  readonly settings: TuningSettings;
  readonly folder: PairFolder;
  readonly onProgress: OnPairProgress;
}

/** Conversations as tokens, and the adapter that was tuned on them, now or before. */
async function tuneOnce(
  untuned: Recipe,
  split: ConversationSplit,
  { options, settings, folder, onProgress }: Stage,
): Promise<{ readonly examples: TuningExamples; readonly tuned: TunedAdapter }> {
  const { signal, engineOptions, weights, threads = null } = options;
  const outcome = path.join(folder.tuning, 'outcome.json');
  const before = (await isThere(folder.adapter)) ? await readJson<TunedAdapter>(outcome) : null;
  const python =
    before === null
      ? await findTuningPython({
          ...options,
          onLine: (facts) => onProgress({ stage: 'preparing Python', done: 0, of: 0, facts }),
        })
      : '';
  const prepared = await withLoaded(
    untuned,
    { ...engineOptions, ...(signal && { signal }) },
    async (loaded) => {
      onProgress({ stage: 'reading', done: 0, of: 0 });
      const { maxTokens, inside } = settings;
      const reading = { loaded, model: pairRoles.expert, maxTokens, signal };
      const examples = await tokenizeConversations(split, reading);
      const { base, twin } = pairRoles;
      const rows =
        inside && before === null
          ? await writeRows(examples, { loaded, base, twin, folder, signal, onProgress })
          : null;
      return { examples, rows };
    },
  );
  const { examples, rows } = prepared;
  if (before !== null) return { examples, tuned: before };
  const files = await writeExamples(examples, folder);
  const tuned = await tuneAdapter({
    python,
    model: modelPath(untuned.models.get(pairRoles.expert)!.source),
    weights: weights === undefined ? null : path.resolve(weights),
    folder,
    settings,
    examples: { ...files, rows },
    threads,
    signal,
    onProgress,
  });
  const { epoch, development, untuned: unmoved } = tuned;
  await replaceFile(outcome, JSON.stringify({ epoch, development, untuned: unmoved }));
  return { examples, tuned };
}

/** A recipe's models while something is done with them: PyTorch will want their memory. */
async function withLoaded<Value>(
  recipe: Recipe,
  options: Parameters<typeof LoadedRecipe.load>[1],
  use: (loaded: LoadedRecipe) => Promise<Value>,
): Promise<Value> {
  await using loaded = await LoadedRecipe.load(recipe, options);
  return await use(loaded);
}

/** @throws InvalidOptionError where the composition that shall be tuned for has no base. */
function requireBase({ base }: PairModels, { inside }: TuningSettings): void {
  if (!inside || base !== undefined) return;
  throw new InvalidOptionError(
    'inside',
    'An expert is tuned inside the composition with a base: name the base, or tune it alone.',
  );
}

/** What decides what the pair will be. */
function makingOf(
  { model, base, weights, groupBy }: MakePairOptions,
  settings: TuningSettings,
  split: ConversationSplit,
): Record<string, unknown> {
  const { training, development, test } = split;
  const content = contentId([training, development, test]);
  return { model, base, weights, groupBy, ...settings, conversations: content };
}

/** In the form that models are tuned on, which `trimtab eval` reads, too. */
async function writeConversations(
  { training, development, test }: ConversationSplit,
  { data }: PairFolder,
): Promise<void> {
  for (const [name, conversations] of Object.entries({ training, development, test })) {
    const lines = conversations.map(({ prompt, answer, group }) => {
      const before =
        typeof prompt === 'string'
          ? [{ role: 'user', content: prompt }]
          : 'messages' in prompt
            ? prompt.messages
            : [{ role: 'user', content: prompt.text }];
      const messages = [...before, { role: 'assistant', content: answer }];
      return `${JSON.stringify({ messages, ...(group !== undefined && { group }) })}\n`;
    });
    await replaceFile(path.join(data, `${name}.jsonl`), lines.join(''));
  }
}
