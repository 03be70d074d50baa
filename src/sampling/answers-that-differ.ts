import type { SamplingOptions } from '../spec/index.ts';
import { resolveSampling } from './options.ts';

/** Where a recipe is greedy. */
const ownTemperature = 0.8;

/** The temperature for several answers to one prompt: the recipe's, unless that would give the same one each time. */
export function differingTemperature(sampling: SamplingOptions): number {
  const { temperature } = resolveSampling({}, sampling);
  return temperature > 0 ? temperature : ownTemperature;
}
