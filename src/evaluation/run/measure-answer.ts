import type { GenerationResult } from '../../spec/index.ts';
import { answerMetrics } from '../metrics/answer-metrics.ts';
import { steeringScores } from '../metrics/steering-scores.ts';
import type { GenerateItem, TextPrompt } from '../task.ts';
import type { GeneratedAnswer } from './item-result.ts';
import { evaluationOwner, type Measurement, type MeasureOptions } from './measurement.ts';
import { withExamples } from './with-examples.ts';

/** Generates an answer and compares it with its references. */
export async function measureAnswer(
  { prompt, metrics, references }: GenerateItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const generated = await generate(prompt, options);
  const scores = metrics.map((name) => [name, answerMetrics[name](generated.text, references)]);
  return {
    result: {
      scores: { ...Object.fromEntries(scores), ...steeringScores([generated]) },
      answer: toAnswer(generated),
    },
    cost: toCost([generated]),
  };
}

/** One answer of a system, its examples before the prompt. */
export function generate(
  prompt: TextPrompt,
  { service, system, seed, signal }: MeasureOptions,
): Promise<GenerationResult> {
  const only = system.only === null ? {} : { only: system.only };
  return service.stream({
    recipe: system.recipe,
    prompt: withExamples(prompt, system.examples),
    owner: evaluationOwner,
    signal,
    options: { ...system.options, ...only, seed },
  }).result;
}

/** What is kept of an answer. */
export function toAnswer({ text, finishReason, usage }: GenerationResult): GeneratedAnswer {
  return { text, tokenCount: usage.completionTokens, finishReason };
}

/** What answers to one prompt took together. */
export function toCost(results: readonly GenerationResult[]): NonNullable<Measurement['cost']> {
  const total = (of: (result: GenerationResult) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0);
  const models = Object.keys(results[0]!.usage.models);
  const byModel = (count: 'forwards' | 'cachedTokens'): Record<string, number> =>
    Object.fromEntries(
      models.map((name) => [name, total(({ usage }) => usage.models[name]![count])]),
    );
  return {
    promptTokens: total(({ usage }) => usage.promptTokens),
    completionTokens: total(({ usage }) => usage.completionTokens),
    forwards: byModel('forwards'),
    cachedTokens: byModel('cachedTokens'),
    prefillMs: total(({ timings }) => timings.prefillMs),
    decodeMs: total(({ timings }) => timings.decodeMs),
  };
}
