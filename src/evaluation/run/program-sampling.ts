import { InvalidOptionError, type SamplingOptions } from '../../spec/index.ts';
import { samplingDefaults } from '../../sampling/index.ts';
import { passSizes } from '../metrics/pass-scores.ts';
import type { EvaluationTask } from '../task.ts';
import type { ProgramSampling } from './measurement.ts';
import type { EvaluationSystem } from './system.ts';

/** Beyond this it is a mistake: every sample is kept. */
const mostSamples = 10_000;

/** @throws InvalidOptionError for counts out of range, and for samples of tasks without programs. */
export function resolveProgramSampling(
  samples: number,
  sizes: readonly number[] | undefined,
  tasks: readonly EvaluationTask[],
): ProgramSampling {
  if (!Number.isInteger(samples) || samples < 1 || samples > mostSamples) {
    throw new InvalidOptionError(
      'samples',
      `samples must be an integer from 1 to ${mostSamples}, not ${samples}.`,
    );
  }
  const hasPrograms = tasks.some(({ items }) => items.some(({ kind }) => kind === 'program'));
  if (samples > 1 && !hasPrograms) {
    throw new InvalidOptionError(
      'samples',
      `samples is ${samples}, but none of the tasks has programs: only those are sampled again.`,
    );
  }
  return { samples, sizes: passSizes(samples, sizes) };
}

/** @throws InvalidOptionError for several samples of a system that always answers the same. */
export function requireRandomness(
  { name, options }: EvaluationSystem,
  recipe: SamplingOptions,
  samples: number,
): void {
  const { temperature } = { ...samplingDefaults, ...recipe, ...options };
  if (samples === 1 || temperature > 0) return;
  throw new InvalidOptionError(
    'temperature',
    `${samples} samples of ${name} at temperature 0 would all be the same: give a temperature above 0.`,
  );
}
