import { InvalidOptionError } from '../../spec/index.ts';

/**
 * The probability that at least one of `k` samples passes, estimated without bias from `passed` of
 * `samples`: `1 − C(n − c, k) / C(n, k)`.
 * @throws InvalidOptionError unless `0 ≤ passed ≤ samples` and `1 ≤ k ≤ samples`.
 * @see Chen et al. 2021, "Evaluating Large Language Models Trained on Code", arXiv:2107.03374
 */
export function passAtK(samples: number, passed: number, k: number): number {
  requireCount('samples', samples, 1, Number.MAX_SAFE_INTEGER);
  requireCount('passed', passed, 0, samples);
  requireCount('k', k, 1, samples);
  if (samples - passed < k) return 1;
  let allFail = 1;
  for (let i = samples - passed + 1; i <= samples; i++) allFail *= 1 - k / i;
  return 1 - allFail;
}

function requireCount(option: string, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return;
  throw new InvalidOptionError(
    option,
    `${option} must be an integer from ${from} to ${to}, not ${value}.`,
  );
}
