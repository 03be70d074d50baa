import { expect, it } from 'vitest';

import type { FuzzSchemasResults } from '../../lab/hostile/fuzz-schemas.ts';
import { measureExperiment } from '../support/run-experiment.ts';

/** 10,000 by hand: `npm run lab -- fuzz-schemas --schemas 10000`. */
const schemas = 200;

it('answers random schemas with values that ajv accepts, steered, rewarded and hot', async () => {
  // Others than the first ones, which whoever changes the compiler tries first.
  const { faults, answers, refused } = await measureExperiment<FuzzSchemasResults>(
    'fuzz-schemas',
    '--schemas',
    String(schemas),
    '--first',
    '1000000',
  );
  expect(faults).toEqual([]);
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
  expect(answers + refusals).toBe(schemas);
  expect(answers).toBeGreaterThan(0.75 * schemas);
});
