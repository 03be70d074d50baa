// From an empty folder to a steered answer of a real model, as somebody types it who has nothing yet.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { trimtabProcess } from '../../support/command.ts';
import { createFakeHub, type FakeHub } from '../../support/fake-hub.ts';
import { temporaryFolder } from '../../support/random-models.ts';
import { findRealModel } from '../../support/real-models.ts';

const file = findRealModel('smollm2-135m-instruct-q4_1', 'three commands from a hub');
const repo = 'someone/SmolLM2-135M-Instruct-GGUF';
const name = `hf:${repo}`;
const question = 'What is the sea like?';

describe.skipIf(file === undefined)('from an empty folder to a steered answer', () => {
  let hub: FakeHub;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    const commit = 'c'.repeat(40);
    const files = {
      'README.md': Buffer.from('# A model\n'),
      'SmolLM2-135M-Instruct-Q4_1.gguf': await readFile(file!),
    };
    hub = await createFakeHub({ [repo]: { commits: { [commit]: files }, refs: { main: commit } } });
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const run = async (...args: string[]) => {
    const env = { HF_HOME: path.join(folder.path, 'hf'), HF_ENDPOINT: hub.endpoint };
    const ended = await trimtabProcess(args, { cwd: folder.path, env });
    if (ended.code !== 0) throw new Error(`trimtab ${args.join(' ')}: ${ended.stderr}`);
    return ended;
  };

  it('pull, new, run', async () => {
    const pulled = await run('pull', name);
    expect(pulled.stderr).toMatch(/^SmolLM2-135M-Instruct-Q4_1\.gguf: fetching 93\.\d MiB$/m);
    expect(pulled.stdout).toMatch(/^hf:someone\/.*\.gguf@c{40}\n/);

    const purpose = ['--purpose', 'guidance', '--system', 'You are a pirate. Talk as pirates do.'];
    const made = await run('new', name, ...purpose, '--output', 'pirate.yaml');
    expect(made.stderr).toBe('');
    expect(made.stdout).toContain('ok: the recipe can run.');
    const recipe = await readFile(path.join(folder.path, 'pirate.yaml'), 'utf8');
    expect(recipe).toContain(`file: ${name}`);
    expect(recipe).not.toContain(folder.path);

    const ask = async (...more: string[]) => {
      const options = ['--temperature', '0', '--max-tokens', '24'];
      return (await run('run', 'pirate.yaml', question, ...options, ...more)).stdout;
    };
    const steered = await ask();
    expect(steered.split(' ').length).toBeGreaterThan(5);
    expect(steered).not.toContain('<|');
    expect(await ask('--only', 'plain')).not.toBe(steered);
  });

  it('compare shows strengths about the recipe’s own, and at 1 the model itself', async () => {
    const args = ['compare', 'pirate.yaml', question, '--max-tokens', '12', '--json'];
    const { stdout } = await run(...args);
    const { answers } = JSON.parse(stdout) as { answers: { label: string; text: string }[] };
    const labels = ['guided alone (base)', 'gamma 1', 'gamma 1.5', 'gamma 2.25', 'gamma 3'];
    expect(answers.map(({ label }) => label)).toEqual(labels);
    expect(answers[1]!.text.slice(0, 8)).toBe(answers[0]!.text.slice(0, 8));
    expect(answers[3]!.text).not.toBe(answers[0]!.text);
  });
});
