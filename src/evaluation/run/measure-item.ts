import {
  EmptySupportError,
  type GenerationResult,
  type Prompt,
  type ScoreServiceRequest,
  type TokenId,
} from '../../spec/index.ts';
import { answerMetrics } from '../metrics/answer-metrics.ts';
import { mc1, mc2 } from '../metrics/choice-accuracy.ts';
import { clozeAccuracy } from '../metrics/cloze-accuracy.ts';
import { pairAccuracy } from '../metrics/pair-accuracy.ts';
import { programSource } from '../programs/program-source.ts';
import { runProgram } from '../programs/run-program.ts';
import type {
  ChoiceItem,
  ClozeItem,
  EvaluationItem,
  GenerateItem,
  PairItem,
  ProgramItem,
  TextItem,
} from '../task.ts';
import type { ItemCost, ItemKey, MeasuredItem } from './item-result.ts';
import type { EvaluationService, EvaluationSystem } from './system.ts';

/** An item, measured. */
export interface Measurement {
  readonly result: Omit<MeasuredItem, keyof ItemKey>;
  /** `null` where nothing was generated. */
  readonly cost: Omit<ItemCost, keyof ItemKey> | null;
}

export interface MeasureOptions {
  readonly service: EvaluationService;
  readonly system: EvaluationSystem;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** No prefix is shared with other users of the service. */
const owner = 'evaluation';

/**
 * Puts an item to a system.
 * @throws What the service throws; EmptySupportError for a score that is not finite; the signal's reason.
 */
export async function measureItem(
  item: EvaluationItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const measurement = await measureKind(item, options);
  for (const [metric, value] of Object.entries(measurement.result.scores)) {
    if (Number.isFinite(value)) continue;
    throw new EmptySupportError(
      `${metric} of item ${item.id} is ${value}: ${options.system.name} can never write its text. ` +
        'A formula with a plausibility bound bans tokens: score without one.',
    );
  }
  return measurement;
}

function measureKind(item: EvaluationItem, options: MeasureOptions): Promise<Measurement> {
  switch (item.kind) {
    case 'generate':
      return measureAnswer(item, options);
    case 'program':
      return measureProgram(item, options);
    case 'text':
      return measureText(item, options);
    case 'choice':
      return measureChoice(item, options);
    case 'cloze':
      return measureCloze(item, options);
    case 'pair':
      return measurePair(item, options);
  }
}

async function measureAnswer(item: GenerateItem, options: MeasureOptions): Promise<Measurement> {
  const generated = await generate(item.prompt, options);
  const scores = item.metrics.map((name) => [
    name,
    answerMetrics[name](generated.text, item.references),
  ]);
  return answered(generated, Object.fromEntries(scores));
}

async function measureProgram(item: ProgramItem, options: MeasureOptions): Promise<Measurement> {
  const { signal } = options;
  const generated = await generate({ text: item.prompt }, options);
  const { passed } = await runProgram(programSource(item, generated.text), { signal });
  return answered(generated, { 'pass@1': passed ? 1 : 0 });
}

/**
 * The whole text where the vocabulary begins texts with a token of its own; else its first token follows
 * nothing and has no probability.
 */
async function measureText({ text }: TextItem, options: MeasureOptions): Promise<Measurement> {
  const { service, system } = options;
  const [first, ...rest] = await service.tokenize(system.recipe, text, {
    only: system.only ?? undefined,
    addSpecial: true,
    parseSpecial: false,
  });
  const scoredText = await score({ tokens: first === undefined ? [] : [first] }, rest, options);
  const bytes = Buffer.byteLength(text);
  return scored([scoredText], { 'nats-per-byte': -scoredText.logprob / bytes });
}

async function measureChoice(item: ChoiceItem, options: MeasureOptions): Promise<Measurement> {
  const continuations = await scoreEach(item.prompt, item.options, options);
  const logprobs = continuations.map(({ logprob }) => logprob);
  return scored(continuations, { mc1: mc1(logprobs, item), mc2: mc2(logprobs, item) });
}

async function measureCloze(item: ClozeItem, options: MeasureOptions): Promise<Measurement> {
  const { text, right, wrong } = item;
  const continuations = await scoreEach({ text }, [right, ...wrong], options);
  const [first, ...others] = continuations;
  return scored(continuations, { accuracy: clozeAccuracy(first!, others) });
}

async function measurePair(item: PairItem, options: MeasureOptions): Promise<Measurement> {
  const continuations = await scoreEach(item.prompt, [item.chosen, item.rejected], options);
  const [chosen, rejected] = continuations;
  return scored(continuations, { accuracy: pairAccuracy(chosen!.logprob, rejected!.logprob) });
}

function generate(prompt: Prompt, options: MeasureOptions): Promise<GenerationResult> {
  const { service, system, seed, signal } = options;
  const only = system.only === null ? {} : { only: system.only };
  return service.stream({
    recipe: system.recipe,
    prompt,
    owner,
    signal,
    options: { ...system.options, ...only, seed },
  }).result;
}

interface ScoredTokens {
  /** In nats. */
  readonly logprob: number;
  readonly tokenCount: number;
  readonly isGreedy: boolean;
}

async function scoreEach(
  prompt: Prompt,
  texts: readonly string[],
  options: MeasureOptions,
): Promise<ScoredTokens[]> {
  return Promise.all(texts.map((text) => score(prompt, text, options)));
}

async function score(
  prompt: Prompt,
  continuation: string | readonly TokenId[],
  { service, system, signal }: MeasureOptions,
): Promise<ScoredTokens> {
  const { params } = system.options;
  const scoring: ScoreServiceRequest['options'] = {
    ...(params && { params }),
    ...(system.only !== null && { only: system.only }),
  };
  const { recipe } = system;
  const { tokens, logprob, isGreedy } = await service.score({
    recipe,
    prompt,
    continuation,
    owner,
    signal,
    options: scoring,
  });
  return { logprob, tokenCount: tokens.length, isGreedy };
}

function scored(
  continuations: readonly ScoredTokens[],
  scores: Readonly<Record<string, number>>,
): Measurement {
  const lines = continuations.map(({ logprob, ...rest }) => ({
    logprob: Number.isFinite(logprob) ? logprob : null,
    ...rest,
  }));
  return { result: { scores, continuations: lines }, cost: null };
}

function answered(
  { text, tokens, finishReason, usage, timings }: GenerationResult,
  scores: Readonly<Record<string, number>>,
): Measurement {
  const models = Object.entries(usage.models);
  return {
    result: { scores, answer: { text, tokenCount: tokens.length, finishReason } },
    cost: {
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      forwards: Object.fromEntries(models.map(([name, { forwards }]) => [name, forwards])),
      cachedTokens: Object.fromEntries(
        models.map(([name, { cachedTokens }]) => [name, cachedTokens]),
      ),
      prefillMs: timings.prefillMs,
      decodeMs: timings.decodeMs,
    },
  };
}
