import type { Continuation, Prompt, ScoreServiceRequest } from '../../spec/index.ts';
import { natsPerByte } from '../metrics/perplexity.ts';
import { mc1, mc2 } from '../metrics/choice-accuracy.ts';
import { clozeAccuracy } from '../metrics/cloze-accuracy.ts';
import { pairAccuracy } from '../metrics/pair-accuracy.ts';
import type { AnswerItem, ChoiceItem, ClozeItem, PairItem, TextItem, TextPrompt } from '../task.ts';
import { evaluationOwner, type Measurement, type MeasureOptions } from './measurement.ts';
import { withExamples } from './with-examples.ts';

export async function measureChoice(
  item: ChoiceItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const continuations = await scoreEach(item.prompt, item.options, options);
  const logprobs = continuations.map(({ logprob }) => logprob);
  return toMeasurement(continuations, { mc1: mc1(logprobs, item), mc2: mc2(logprobs, item) });
}

export async function measureCloze(
  { text, right, wrong }: ClozeItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const continuations = await scoreEach({ text }, [right, ...wrong], options);
  const [first, ...others] = continuations;
  return toMeasurement(continuations, { accuracy: clozeAccuracy(first!, others) });
}

export async function measurePair(
  { prompt, chosen, rejected }: PairItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const continuations = await scoreEach(prompt, [chosen, rejected], options);
  const [first, second] = continuations;
  return toMeasurement(continuations, { accuracy: pairAccuracy(first!.logprob, second!.logprob) });
}

/**
 * The whole text where the vocabulary begins texts with a token of its own; else its first token follows
 * nothing and has no probability.
 */
export async function measureText(
  { text }: TextItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const { service, system } = options;
  const [first, ...rest] = await service.tokenize(system.recipe, text, {
    only: system.only ?? undefined,
    addSpecial: true,
    parseSpecial: false,
  });
  const scored = await score({ tokens: first === undefined ? [] : [first] }, rest, options);
  return toMeasurement([scored], { [natsPerByte]: -scored.logprob / Buffer.byteLength(text) });
}

export async function measureGivenAnswer(
  { prompt, answer }: AnswerItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const shown = withExamples(prompt, options.system.examples);
  const scored = await score(shown, { answer }, options);
  return toMeasurement([scored], { [natsPerByte]: -scored.logprob / Buffer.byteLength(answer) });
}

interface ScoredTokens {
  /** In nats. */
  readonly logprob: number;
  readonly tokenCount: number;
  readonly isGreedy: boolean;
}

/** Each text by itself after the prompt, the system's examples before it. */
function scoreEach(
  prompt: TextPrompt,
  texts: readonly string[],
  options: MeasureOptions,
): Promise<ScoredTokens[]> {
  const shown = withExamples(prompt, options.system.examples);
  return Promise.all(texts.map((text) => score(shown, text, options)));
}

async function score(
  prompt: Prompt,
  continuation: Continuation,
  { service, system, signal }: MeasureOptions,
): Promise<ScoredTokens> {
  const { recipe, only } = system;
  const { params, schedules } = system.options;
  const options: ScoreServiceRequest['options'] = {
    ...(params && { params }),
    ...(schedules !== undefined && { schedules }),
    ...(only !== null && { only }),
  };
  const request = { recipe, prompt, continuation, owner: evaluationOwner, signal, options };
  const scored = await service.score(request);
  return {
    logprob: scored.logprob,
    tokenCount: scored.tokens.length,
    isGreedy: scored.isGreedy,
  };
}

function toMeasurement(
  continuations: readonly ScoredTokens[],
  scores: Readonly<Record<string, number>>,
): Measurement {
  const lines = continuations.map(({ logprob, ...rest }) => ({
    logprob: Number.isFinite(logprob) ? logprob : null, // JSON has no −Infinity
    ...rest,
  }));
  return { result: { scores, continuations: lines }, cost: null };
}
