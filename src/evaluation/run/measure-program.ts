import type { GenerationResult } from '../../spec/index.ts';
import { passScores } from '../metrics/pass-scores.ts';
import { steeringScores } from '../metrics/steering-scores.ts';
import { programSource } from './program-source.ts';
import type { ProgramItem } from '../task.ts';
import { forEachConcurrently } from './concurrently.ts';
import type { ProgramSample } from './item-result.ts';
import { itemSeed } from './item-seed.ts';
import { generate, toAnswer, toCost } from './measure-answer.ts';
import type { Measurement, MeasureOptions } from './measurement.ts';

/** Samples of a program in work at once: they share the forward of its prompt. */
const samplesAtOnce = 4;

/** Completes a program, as often as samples are asked for, and runs each of them with its tests. */
export async function measureProgram(
  item: ProgramItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const { sampling, signal } = options;
  const run = options.runners.get(item.language)!;
  const samples: ProgramSample[] = [];
  const results: GenerationResult[] = [];
  const indexes = Array.from({ length: sampling.samples }, (_, index) => index);
  await forEachConcurrently(indexes, samplesAtOnce, signal, async (index, ending) => {
    const seed = index === 0 ? options.seed : itemSeed(options.seed, item.id, index);
    const result = await generate({ text: item.prompt }, { ...options, seed, signal: ending });
    const outcome = await run(programSource(item, result.text), ending);
    results[index] = result;
    samples[index] = { ...toAnswer(result), outcome: outcome.passed ? 'passed' : outcome.reason };
  });
  return {
    result: {
      scores: { ...scoresOf(samples, sampling.sizes), ...steeringScores(results) },
      samples,
    },
    cost: toCost(results),
  };
}

/** pass@k of samples, for each size k. */
export function scoresOf(
  samples: readonly ProgramSample[],
  sizes: readonly number[],
): Record<string, number> {
  const passed = samples.filter(({ outcome }) => outcome === 'passed').length;
  return passScores(samples.length, passed, sizes);
}
