import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import { resolveRecipe } from '../recipe/index.ts';
import type { EngineOptions } from '../index.ts';
import type { Cli } from './cli.ts';
import { openHere, withEngine } from './loading.ts';
import { createOutput } from './output.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-loading-'));
  for (const [name, bytes] of [
    ['large', 150e6],
    ['half', 50e6],
    ['small', 1e6],
  ] as const) {
    const file = path.join(folder, `${name}.gguf`);
    await writeFile(file, '');
    await truncate(file, bytes); // sparse: it takes no room
  }
});
afterAll(() => rm(folder, { recursive: true }));

const says = { logits: () => new Float32Array(258) };

/** Tells of halves of what it loads. */
const loader: EngineOptions['loader'] = async (source, options) => {
  options.onProgress?.(0.5);
  return fakeLoader({ large: says, half: says, small: says }).loader(source, options);
};

const recipe = (models: Readonly<Record<string, string>>) =>
  resolveRecipe(
    {
      name: 'mix',
      models: Object.fromEntries(
        Object.entries(models).map(([name, file]) => [name, { file, prompt: 'raw' }]),
      ),
      base: Object.keys(models)[0]!,
      formula: Object.keys(models).join(' + '),
    },
    { directory: folder },
  );

/** What is shown while a recipe loads. */
async function shown(
  models: Readonly<Record<string, string>>,
  { quiet = false, isTTY = true, warnings = [] as readonly string[] } = {},
) {
  let written = '';
  let ms = 0;
  const stream = { isTTY, columns: 90, write: (text: string) => (written += text) };
  const err = createOutput(stream, ['--no-color'], {});
  const { signal } = new AbortController();
  const cli = {
    err,
    now: () => (ms += 100),
    interruption: { signal },
    engineOptions: { loader },
  } as unknown as Cli;
  const { service, load } = await openHere(cli, { ...recipe(models), warnings }, { quiet });
  await using _ = service;
  expect((await load()).state).toBe('ready');
  const lines = stripVTControlCharacters(written).split(/[\r\n]+/);
  return {
    lines: lines.filter((line) => line !== '').map((line) => line.replace(/[━╌]+/, '…')),
    endsShown: written === '' || written.endsWith('\u001B[?25h'),
  };
}

describe('what is shown while models load', () => {
  it('is how much of their files is there, each counted once', async () => {
    const models = { a: 'large.gguf', b: 'half.gguf', c: 'half.gguf' };
    const { lines, endsShown } = await shown(models);
    expect(lines.toSorted()).toEqual([
      expect.stringMatching(/^loading  …  100 % of 191 MiB  \w$/),
      expect.stringMatching(/^loading  …  38 % of 191 MiB  a$/),
      expect.stringMatching(/^loading  …  \d+ % of 191 MiB  \w$/),
      expect.stringMatching(/^loading  …  \d+ % of 191 MiB  \w$/),
    ]);
    expect(endsShown).toBe(true);
  });

  it.each([
    ['small models', { a: 'large.gguf' }, {}],
    ['a pipe', { a: 'large.gguf', b: 'half.gguf' }, { isTTY: false }],
    ['--quiet', { a: 'large.gguf', b: 'half.gguf' }, { quiet: true, warnings: ['Mind the gap.'] }],
  ])('is nothing of %s', async (_, models, options) => {
    expect((await shown(models, options)).lines).toEqual([]);
  });

  it("is the recipe's warnings", async () => {
    const { lines } = await shown(
      { a: 'small.gguf' },
      { isTTY: false, warnings: ['Mind the gap.'] },
    );
    expect(lines).toEqual(['warning: Mind the gap.']);
  });
});

it('has answers at once and threads as flags say', () => {
  const { engine } = recipe({ a: 'small.gguf' });
  const given = recipe({ a: 'small.gguf' });
  expect(withEngine(given, {}).engine).toEqual(engine);
  expect(withEngine(given, { parallel: 7, threads: 3 }).engine).toEqual({
    ...engine,
    maxSequences: 7,
    threads: 3,
  });
});
