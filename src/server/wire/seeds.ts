import type { GenerateOptions } from '../../spec/index.ts';

/** The options of each of `n` answers to one prompt: a given seed counts up, a missing one stays so. */
export function repeated(
  options: Omit<GenerateOptions, 'signal'>,
  n: number,
): Omit<GenerateOptions, 'signal'>[] {
  const { seed } = options;
  return Array.from({ length: n }, (_, index) =>
    seed === undefined ? options : { ...options, seed: seed + index },
  );
}
