import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';

const recipe = `# Who we are.
name: warm
models:
  large: { file: large.gguf, prompt: raw }
  plain: { file: small.gguf, prompt: raw }
  warmly: { file: small.gguf, prompt: raw, system: Be warm. }
base: large
rewards:
  warm: { attribute: warmly, neutral: plain, weight: 0 } # by a prompt
  letters: { patterns: { "[a-d]": 1 }, weight: 3, normalization: { mean: 7, deviation: 2 } }
profile:
  attributes:
    warm: { reward: warm, high: warmth, low: coolness }
  prompts: ["Where?", "Who?"]
engine: { contextLength: 256, maxSequences: 4, threads: 1 }
`;

let cli: FakeCli;

beforeEach(async () => {
  cli = await createFakeCli({
    'warm.yaml': recipe,
    'bare.yaml': recipe.replace(/profile:[^]*?(?=engine)/, ''),
    'alike.yaml': recipe
      .replace(/ {2}(warm|letters): \{ (attribute|patterns)[^]*?\n/g, '')
      .replace('rewards:', 'rewards:\n  zeds: { words: { zzz: 1 }, weight: 0 }')
      .replace(/profile:[^]*?(?=engine)/, ''),
    'plain.yaml': 'models: { large: { file: large.gguf, prompt: raw } }\nbase: large\n',
    'prompts.jsonl': '{ "question": "Why?" }\nWhen?\n',
  });
});
afterEach(() => cli[Symbol.asyncDispose]());

const read = (name: string) => readFile(path.join(cli.folder, name), 'utf8');
const calibrate = (file: string, ...flags: string[]) =>
  cli.run([
    'calibrate',
    `{${file}}`,
    '--rewards',
    '--answers',
    '6',
    '--output',
    '{kept}',
    ...flags,
  ]);

it('is what a recipe without scales is told to run, and makes it one that works', async () => {
  const before = await cli.run(['check', '{warm.yaml}']);
  expect(before).toMatchObject({ code: 2 });
  expect(before.stderr).toContain('`trimtab calibrate RECIPE --rewards` estimates it');
  const { code, stdout, stderr } = await calibrate('warm.yaml');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/warm\s+\S+\s+\S+\s+a token/)]);
  expect(stdout).not.toContain('letters');
  expect(stderr).toContain('written: ');
  const written = await read('warm.yaml');
  expect(written).toMatch(/answerTokens: [\d.]+, normalization: \{ mean: \S+, deviation: \S+ \}/);
  expect(written).toContain('# by a prompt');
  const profile = ['profile', 'new', 'ann', '--recipe', '{warm.yaml}', '--data-dir', '{data}'];
  const asked = await cli.run(profile);
  expect(asked.code).toBe(0);
});

it('keeps scales that are there, unless it is told to overwrite them', async () => {
  await calibrate('warm.yaml');
  const written = await read('warm.yaml');
  const again = await calibrate('warm.yaml');
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('--overwrite')]);
  expect(await read('warm.yaml')).toBe(written);
  const { code, stderr } = await calibrate('warm.yaml', '--overwrite', '--output', '{other}');
  expect([code, stderr]).toEqual([0, expect.stringContaining('letters has a weight of 3')]);
  expect(await read('warm.yaml')).not.toContain('mean: 7');
});

it('writes nothing on a dry run, and another file where that is asked for', async () => {
  const dry = await calibrate('warm.yaml', '--dry-run', '--json');
  expect(JSON.parse(dry.stdout)).toMatchObject({
    recipe: 'warm',
    isWritten: false,
    answers: 6,
    scales: { warm: { mean: expect.any(Number) } },
  });
  expect(await read('warm.yaml')).toBe(recipe);
  expect((await calibrate('warm.yaml', '--save', '{scaled.yaml}')).code).toBe(0);
  expect(await read('warm.yaml')).toBe(recipe);
  expect(await read('scaled.yaml')).toContain('answerTokens');
  const twice = await calibrate('warm.yaml', '--save', '{scaled.yaml}');
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('is there already')]);
});

it('writes nothing where no reward tells answers apart', async () => {
  const { code, stderr } = await calibrate('alike.yaml', '--prompts', '{prompts.jsonl}');
  expect([code, stderr]).toEqual([0, expect.stringContaining('alike.yaml is as it was')]);
  expect(stderr).not.toContain('written');
  const { stdout } = await calibrate('alike.yaml', '--prompts', '{prompts.jsonl}', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ isWritten: false, scales: {} });
});

it('answers prompts of a file, as text or JSON', async () => {
  const given = await calibrate('bare.yaml', '--prompts', '{prompts.jsonl}', '--quiet');
  expect([given.code, given.stderr]).toEqual([0, '']);
  const answers = (await read('kept/results.jsonl')).trim().split('\n');
  expect(answers).toHaveLength(6);
});

it('is not to be taken for a search', async () => {
  const search = await cli.run(['calibrate', '{warm.yaml}', '--overwrite']);
  expect([search.code, search.stderr]).toEqual([
    2,
    expect.stringContaining('--overwrite: a search'),
  ]);
  const nothing = await cli.run(['calibrate', '{warm.yaml}']);
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('--rewards')]);
});

it.each([
  [['bare.yaml'], 'no profile that names prompts'],
  [['plain.yaml'], 'no rewards'],
  [['warm.yaml', '--save', '/elsewhere.yaml'], 'not in the folder'],
  [['warm.yaml', '--prompts', '{none.txt}'], '--prompts'],
  [['warm.yaml', '--param', 'alpha=1'], '--param: --rewards measures rewards'],
  [['warm.yaml', '--limit', '3'], '--limit: --rewards'],
])('refuses %j', async ([file, ...flags], message) => {
  const { code, stderr } = await calibrate(file!, ...flags);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
