// The examples that take models by their files, with real ones.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { root } from '../../support/command.ts';
import { nodeExample } from '../../support/node-example.ts';
import { findRealModel } from '../../support/real-models.ts';

const folder = path.join(root, 'examples/real-models');
const [smollm, small, large] = [
  'smollm2-135m-instruct-q4_1',
  'qwen2.5-coder-0.5b-instruct-q4_k_m',
  'qwen2.5-coder-1.5b-instruct-q4_k_m',
].map((name) => findRealModel(name, 'examples with it'));

/** By example: its models, and what its output must say. */
const examples: readonly [string, (string | undefined)[], (lines: readonly string[]) => void][] = [
  [
    'guidance.ts',
    [smollm],
    ([none, prompted, guided]) => {
      expect(none).toMatch(/^gamma 0: The sea/);
      expect(prompted).toMatch(/^gamma 1: /);
      expect(guided).toMatch(/^gamma 1\.5: .*(sea|matey|lad|ship|arr)/i);
      expect(guided!.split(': ')[1]).not.toBe(none!.split(': ')[1]);
    },
  ],
  [
    'sibling.ts',
    [large, small],
    ([models, alone, steered]) => {
      expect(models).toMatch(/^large .*1\.5b.*, expert .*0\.5b.*, twin .*0\.5b/);
      expect(alone).toMatch(/^alpha 0: .*William Shakespeare.* \(0 of \d+ tokens moved\)$/);
      expect(steered).toMatch(/^alpha 1: .* \([1-9]\d* of \d+ tokens moved\)$/);
    },
  ],
  ['tools.ts', [small], ([call]) => expect(call).toMatch(/^set_alarm \{"time":"07:30"\}$/)],
];

describe.each(examples)('examples/real-models/%s', (name, files, check) => {
  it.skipIf(files.includes(undefined))('shows what it says', async () => {
    const written = await nodeExample(path.join(folder, name), ...(files as string[]));
    expect(written).toMatch(/\n$/);
    console.log(written);
    check(written.trimEnd().split('\n'));
  });
});

it('every one is here, short, and imports the package by its name', async () => {
  expect(await readdir(folder)).toEqual(examples.map(([name]) => name));
  for (const [name] of examples) {
    const text = await readFile(path.join(folder, name), 'utf8');
    expect(text).toContain("from 'trimtab'");
    expect(text.split('\n').length).toBeLessThanOrEqual(55);
  }
});
