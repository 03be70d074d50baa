import { expect, it } from 'vitest';

import type { FuzzHeadersResults } from '../../lab/hostile/fuzz-headers.ts';
import { measureExperiment } from '../support/run-experiment.ts';

/** 10,000 by hand: `npm run lab -- fuzz-headers`. */
const variants = 150;

it('ends no process, however a file is damaged or forged', async () => {
  // Others than the first ones, and one that once did.
  for (const [first, count] of [
    [1_000_000, variants],
    [1649, 1],
  ]) {
    const { aborts, outcomes } = await measureExperiment<FuzzHeadersResults>(
      'fuzz-headers',
      '--variants',
      String(count),
      '--first',
      String(first),
    );
    expect(aborts).toEqual([]);
    expect(Object.values(outcomes).reduce((sum, times) => sum + times, 0)).toBe(count);
    const known = new Set([
      'used',
      'invalid_gguf',
      'model_load_failed',
      'invalid_option',
      'non_finite_logits',
    ]);
    expect(Object.keys(outcomes).filter((outcome) => !known.has(outcome))).toEqual([]);
  }
});
