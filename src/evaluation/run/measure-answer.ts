import type { GenerationResult, Prompt } from '../../spec/index.ts';
import { answerMetrics } from '../metrics/answer-metrics.ts';
import { programSource } from '../programs/program-source.ts';
import { runProgram } from '../programs/run-program.ts';
import type { GenerateItem, ProgramItem } from '../task.ts';
import { owner, type Measurement, type MeasureOptions } from './measurement.ts';

/** Generates an answer and compares it with its references. */
export async function measureAnswer(
  { prompt, metrics, references }: GenerateItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const generated = await generate(prompt, options);
  const scores = metrics.map((name) => [name, answerMetrics[name](generated.text, references)]);
  return toMeasurement(generated, Object.fromEntries(scores));
}

/** Completes a program and runs it with its tests. */
export async function measureProgram(
  item: ProgramItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const { signal } = options;
  const generated = await generate({ text: item.prompt }, options);
  const { passed } = await runProgram(programSource(item, generated.text), { signal });
  return toMeasurement(generated, { 'pass@1': passed ? 1 : 0 });
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

function toMeasurement(
  { text, finishReason, usage, timings }: GenerationResult,
  scores: Readonly<Record<string, number>>,
): Measurement {
  const models = Object.entries(usage.models);
  const byModel = (count: 'forwards' | 'cachedTokens'): Record<string, number> =>
    Object.fromEntries(models.map(([name, counts]) => [name, counts[count]]));
  return {
    result: { scores, answer: { text, tokenCount: usage.completionTokens, finishReason } },
    cost: {
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      forwards: byModel('forwards'),
      cachedTokens: byModel('cachedTokens'),
      prefillMs: timings.prefillMs,
      decodeMs: timings.decodeMs,
    },
  };
}
