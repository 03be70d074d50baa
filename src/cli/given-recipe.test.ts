import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../test/support/fake-cli.ts';
import { string, uint32, writeGguf } from '../gguf/index.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { withEngine } from './loading.ts';

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({ 'plain.yaml': 'models: { large: large.gguf }\nbase: large\n' });
  await mkdir(path.join(cli.folder, 'models'));
  // Headers are true ones; what would be loaded of them are fakes.
  for (const name of ['large', 'chat', 'small']) {
    const metadata = new Map([
      ['general.architecture', string('llama')],
      ['llama.context_length', uint32(64)],
    ]);
    await writeGguf(path.join(cli.folder, `models/${name}.gguf`), { metadata, tensors: [] });
  }
});
afterAll(() => cli[Symbol.asyncDispose]());

const question = 'Where was Mada born?';
const trio = [
  ['--base', '{models/large.gguf}'],
  ['--expert', '{models/chat.gguf}'],
  ['--anti-expert', '{models/small.gguf}'],
].flat();
const greedy = ['--temperature', '0'];

describe('a model in the place of a recipe', () => {
  it('answers, and says that it goes on with the text if it has no template', async () => {
    const { code, stdout, stderr } = await cli.run([
      'run',
      '{models/chat.gguf}',
      ...greedy,
      question,
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'In Stoneford.\n' });
    expect(stderr).toMatch(/^warning: chat\.gguf has no chat template: .* goes on writing it/);
    const { stderr: quiet } = await cli.run(['run', '{models/chat.gguf}', '--quiet', question]);
    expect(quiet).toBe('');
  });

  it('is compared and explained', async () => {
    const compared = await cli.run(['compare', '{models/chat.gguf}', ...greedy, question]);
    expect(compared.stdout).toMatch(/^base\n\nbase alone\nIn Stoneford\./);
    const explained = await cli.run(['explain', '{models/chat.gguf}', ...greedy, question]);
    expect(explained.stdout).toMatch(/^base\n\n/);
  });

  it('cannot be calibrated: there is nothing to write to', async () => {
    const { code, stderr } = await cli.run(
      'calibrate {models/chat.gguf} --development {plain.yaml} --objective contains --param a=1 --format text'.split(
        ' ',
      ),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('chat.gguf is a model');
  });
});

describe('models by flags', () => {
  it('are proxy-tuning, with all that is said a prompt', async () => {
    const words = question.split(' ');
    const steered = await cli.run(['run', ...trio, ...greedy, ...words]);
    expect(steered).toMatchObject({ code: 0, stdout: 'In Stoneford.\n' });
    const alone = await cli.run(['run', ...trio, '--alpha', '0', ...greedy, ...words]);
    const base = await cli.run(['run', '{models/large.gguf}', ...greedy, ...words]);
    expect(alone.stdout).toBe(base.stdout);
  });

  it('are compared at the strength that is said', async () => {
    const labels = async (...flags: string[]) => {
      const { stdout } = await cli.run(['compare', ...trio, ...flags, '--json', question]);
      const { answers } = JSON.parse(stdout) as { answers: { label: string }[] };
      return answers.map(({ label }) => label);
    };
    const alone = ['base alone', 'expert alone'];
    expect(await labels()).toEqual([...alone, ...[0.3, 0.5, 0.7, 1].map((at) => `alpha ${at}`)]);
    expect(await labels('--alpha', '0.7')).toEqual([...alone, 'alpha 0.7']);
  });

  it('are written down as a recipe that answers alike', async () => {
    const save = ['--alpha', '0.8', '--save', '{saved.yaml}'];
    const { stdout, stderr } = await cli.run(['run', ...trio, ...save, '--seed', '3', question]);
    expect(stderr).toContain('written: {folder}/saved.yaml');
    expect(await readFile(path.join(cli.folder, 'saved.yaml'), 'utf8')).toBe(
      `name: large-steered
models:
  base:
    file: models/large.gguf
    prompt: raw
  expert:
    file: models/chat.gguf
    prompt: raw
  antiExpert:
    file: models/small.gguf
    prompt: raw
base: base
expert: expert
antiExpert: antiExpert
params:
  alpha:
    default: 0.8
    min: 0
    max: 2
`,
    );
    const again = await cli.run(['run', '{saved.yaml}', '--seed', '3', question]);
    expect(again).toEqual({ code: 0, stdout, stderr: '' });
    const twice = await cli.run(['run', ...trio, '--save', '{saved.yaml}', question]);
    expect(twice).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already') as string,
    });
  });

  it.each([
    [['run', '--base', '{models/missing.gguf}', 'x'], 'missing.gguf does not exist'],
    [
      ['run', '--base', 'x.gguf', '--expert', 'y.gguf', 'x'],
      '--expert and --anti-expert go together',
    ],
    [['run', '--base', 'x.gguf', '--alpha', '1', 'x'], '--alpha needs --expert'],
    [['run', '--base', 'x.gguf', 'r.yaml', 'x'], 'leave out r.yaml'],
    [['run', '{plain.yaml}', '--expert', 'x', 'x'], '--expert needs --base'],
    [['run', '{plain.yaml}', '--save', 'x', 'x'], '--save needs --base'],
    [['run', '{plain.yaml}', '--alpha', '1', 'x'], 'say --param alpha=0.7'],
    [['run', '--base', 'x.gguf', '--url', 'http://127.0.0.1:9', 'x'], '--base is for'],
    [['run', 'a', '--threads', '2', '--url', 'http://127.0.0.1:9', 'x'], '--threads is for'],
    [['run', '{plain.yaml}', '--threads', '0', 'x'], 'at least 1'],
    [['compare'], 'There is no recipe'],
    [['explain'], 'There is no recipe'],
    [['check'], 'There is no recipe'],
    [['serve'], 'There is no recipe'],
    [['check', '{models/missing.gguf}'], 'missing.gguf does not exist'],
  ])('%j is called wrongly', async (args, message) => {
    const { code, stderr } = await cli.run(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

it('threads and answers at once are those of the flags', () => {
  const recipe = fakeRecipe({ engine: { threads: 3, contextLength: 9 } });
  expect(withEngine(recipe, {}).engine).toEqual(recipe.engine);
  expect(withEngine(recipe, { threads: 2, parallel: 5 }).engine).toEqual({
    threads: 2,
    maxSequences: 5,
    contextLength: 9,
  });
});
