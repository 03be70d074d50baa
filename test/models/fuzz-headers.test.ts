import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import type { FuzzHeadersResults } from '../../lab/hostile/fuzz-headers.ts';

const root = path.join(import.meta.dirname, '../..');

/** 10,000 by hand: `npm run fuzz`. */
const variants = 150;

it('ends no process, however a file is damaged or forged', async () => {
  const script = path.join(root, 'bench', 'fuzz-headers.ts');
  // Others than the first ones, and one that once did.
  for (const [first, count] of [
    [1_000_000, variants],
    [1649, 1],
  ]) {
    const flags = ['--variants', String(count), '--first', String(first), '--json'];
    const program = ['--import', 'tsx', script, ...flags];
    const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root });
    const { aborts, outcomes } = JSON.parse(stdout) as FuzzHeadersResults;
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
