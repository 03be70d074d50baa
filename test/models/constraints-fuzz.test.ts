import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import type { FuzzResults } from '../../lab/constraints/fuzz.ts';

const root = path.join(import.meta.dirname, '../..');

/** 10,000 by hand: `npx tsx lab/constraints/fuzz.ts --schemas 10000`. */
const schemas = 200;

it('answers random schemas with values that ajv accepts, steered, rewarded and hot', async () => {
  const script = path.join(root, 'bench', 'constraints-fuzz.ts');
  // Others than the first ones, which whoever changes the compiler tries first.
  const flags = ['--schemas', String(schemas), '--first', '1000000', '--json'];
  const program = ['--import', 'tsx', script, ...flags];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root });
  const { faults, answers, refused } = JSON.parse(stdout) as FuzzResults;
  expect(faults).toEqual([]);
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
  expect(answers + refusals).toBe(schemas);
  expect(answers).toBeGreaterThan(0.75 * schemas);
});
