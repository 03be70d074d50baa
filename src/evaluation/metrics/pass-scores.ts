import { InvalidOptionError } from '../../spec/index.ts';
import { passAtK } from './pass-at-k.ts';

/** Sizes that pass@k is reported for unless they are given, as far as there are samples. */
const usualSizes: readonly number[] = [1, 10, 100];

/**
 * The sizes k that pass@k is reported for: those given, or 1, 10 and 100 as far as there are samples.
 * @throws InvalidOptionError for a size that is given twice, or is no integer from 1 to `samples`.
 */
export function passSizes(samples: number, given?: readonly number[]): readonly number[] {
  if (given === undefined) return usualSizes.filter((k) => k <= samples);
  for (const k of given) passAtK(samples, 0, k);
  if (given.length > 0 && new Set(given).size === given.length) return given;
  throw new InvalidOptionError('k', `k must name each size once, not ${given.join(', ')}.`);
}

/** `pass@k` of one program for each size. @param passed - How many of the samples pass. */
export function passScores(
  samples: number,
  passed: number,
  sizes: readonly number[],
): Record<string, number> {
  return Object.fromEntries(sizes.map((k) => [`pass@${k}`, passAtK(samples, passed, k)]));
}

export function isPassMetric(metric: string): boolean {
  return metric.startsWith('pass@');
}
