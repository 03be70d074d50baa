import { alignVocabularies } from '../../compose/index.ts';
import { loadModel } from '../../llama/index.ts';
import { createChatRenderer, type ChatRenderer } from '../../prompt/index.ts';
import type { RecipeModel } from '../../recipe/index.ts';
import {
  ContextLengthError,
  engineDefaults,
  type LanguageModel,
  type ModelContext,
  type Prompt,
  type TokenId,
  type Vocabulary,
} from '../../spec/index.ts';
import { LanePool } from '../cache/lane-pool.ts';
import type { TaskShare } from '../cache/lane.ts';
import { decodeBatch } from '../decode/decode-batch.ts';
import { CandidateLanes } from './candidate-lanes.ts';
import { viewPrompt } from '../request/prompts.ts';
import { defaultThreads } from '../load/settings.ts';

/** A prompt and some answers to it, as texts. */
export interface AnsweredPrompt {
  readonly prompt: Prompt;
  /** As a model writes them: many begin with a space. */
  readonly answers: readonly string[];
}

export interface AnswerFeaturesOptions {
  /** Called with how many prompts are done, of how many. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** It runs alone. */
const share: TaskShare = { owner: '', request: null, priority: 'interactive' };

/** Answers that are computed together, as forks of their prompt. */
const mostForks = 8;

/** An {@link AnsweredPrompt} in the model's tokens. */
interface TokenizedPrompt {
  readonly prompt: readonly TokenId[];
  readonly answers: readonly (readonly TokenId[])[];
}

/**
 * The hidden states after whole answers, their end included, that a scalar reward of `modelFile` would
 * read. The model sees prompts through its own chat template, or as bare text where it has none.
 * @returns Shape `[prompts][answers][embeddingLength]`.
 * @throws GgufError, ModelLoadError, TemplateError; ContextLengthError for an answer that does not fit;
 *   the signal's reason.
 */
export async function readAnswerFeatures(
  modelFile: string,
  prompts: readonly AnsweredPrompt[],
  { onProgress, signal = new AbortController().signal }: AnswerFeaturesOptions = {},
): Promise<Float32Array[][]> {
  if (prompts.length === 0) return [];
  using model = await loadModel(modelFile, { signal });
  await using renderer = createChatRenderer();
  const tokenized: TokenizedPrompt[] = [];
  for (const each of prompts) tokenized.push(await tokenize(each, model, renderer, signal));

  using context = await createContext(model, tokenized);
  const pool = new LanePool(context, { isUnified: true });
  const features: Float32Array[][] = [];
  for (const [i, each] of tokenized.entries()) {
    features.push(await hiddenStatesOf(pool, each, signal));
    onProgress?.(i + 1, prompts.length);
  }
  return features;
}

async function tokenize(
  { prompt, answers }: AnsweredPrompt,
  model: LanguageModel,
  renderer: ChatRenderer,
  signal: AbortSignal,
): Promise<TokenizedPrompt> {
  const { vocabulary, trainedContextLength: contextLength } = model;
  const viewing = {
    declaration: declarationOf(model),
    weights: model,
    context: { contextLength },
    alignment: alignVocabularies(vocabulary, vocabulary),
  };
  const seen = await viewPrompt(prompt, viewing, renderer, signal);
  const whole = answers.map((answer) => wholeAnswer(answer, vocabulary));
  const longest = Math.max(...whole.map(({ length }) => length));
  if (seen.length + longest > contextLength) {
    throw new ContextLengthError(
      `A prompt of ${seen.length} tokens with an answer of ${longest} does not fit ${model.name}, which ` +
        `was trained on ${contextLength}: leave it out, or take a model with a longer context.`,
    );
  }
  return { prompt: seen, answers: whole };
}

function declarationOf({ name, chatTemplate }: LanguageModel): RecipeModel {
  return {
    name,
    source: { kind: 'file', path: name },
    view: chatTemplate === null ? { kind: 'raw' } : { kind: 'chat', template: null },
    markup: 'text',
    system: undefined,
    gpuLayers: -1,
    adapters: [],
  };
}

function wholeAnswer(answer: string, vocabulary: Vocabulary): TokenId[] {
  const tokens = vocabulary.tokenize(answer, { addSpecial: false, parseSpecial: false });
  const { eos, endOfGeneration } = vocabulary.special;
  const end = eos ?? endOfGeneration[0];
  return end === undefined ? tokens : [...tokens, end];
}

/** A context with room for one prompt and some answers to it. */
function createContext(
  model: LanguageModel,
  prompts: readonly TokenizedPrompt[],
): Promise<ModelContext> {
  const longestPrompt = Math.max(...prompts.map(({ prompt }) => prompt.length));
  const longestAnswer = Math.max(
    ...prompts.flatMap(({ answers }) => answers.map(({ length }) => length)),
  );
  return model.createContext({
    contextLength: longestPrompt + longestAnswer,
    maxSequences: 1 + mostForks,
    batchSize: engineDefaults.batchSize,
    maxRows: 1 + mostForks,
    threads: defaultThreads(model),
    adaptThreads: true,
    flashAttention: engineDefaults.flashAttention,
    kvType: engineDefaults.kvType,
    hiddenStates: true,
    unifiedCache: true,
    unifiedCells: longestPrompt + mostForks * longestAnswer,
  });
}

async function hiddenStatesOf(
  pool: LanePool,
  { prompt, answers }: TokenizedPrompt,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  using candidates = new CandidateLanes(pool, prompt, share);
  const states: Float32Array[] = [];
  for (let begin = 0; begin < answers.length; begin += mostForks) {
    const take = (hiddenState: Float32Array, i: number): void => {
      states[begin + i] = hiddenState.slice();
    };
    const running = candidates.run(answers.slice(begin, begin + mostForks), take, signal);
    await Promise.all([running, decodeAll(pool)]);
  }
  return states;
}

async function decodeAll(pool: LanePool): Promise<void> {
  while ((await decodeBatch(pool)) !== undefined);
}
