import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  hasTerminals,
  root,
  trimtab,
  trimtabOnTerminal,
  trimtabProcess,
  type RunOptions,
} from '../support/command.ts';
import { createFakeHub } from '../support/fake-hub.ts';
import { realModelsFolder } from '../support/real-models.ts';

const question = 'Where was Mada Norrar born?';
const trio = ['atlas-large.gguf', 'atlas-small-chat.gguf', 'atlas-small.gguf'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-new-'));
  for (const file of trio) await symlink(path.join(root, 'models', file), path.join(folder, file));
  const schema = { type: 'object', properties: { town: { type: 'string', maxLength: 20 } } };
  await writeFile(path.join(folder, 'town.json'), JSON.stringify(schema));
});
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true });
});

const run = (args: readonly string[], options: RunOptions = {}) =>
  trimtabProcess(args, { cwd: folder, ...options });
const create = (...args: string[]) => trimtab(['new', ...args]);

interface Told {
  readonly roles: readonly { readonly role: string; readonly model: string }[];
  readonly vocabularies: readonly string[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
}
const rolesOf = ({ roles }: Told) =>
  Object.fromEntries(roles.map(({ role, model }) => [role, path.basename(model)]));

it('from models to a steered answer', async () => {
  const made = await run(['new', ...trio, '--purpose', 'manner', '--output', 'steered.yaml']);
  expect(made.stderr).toBe(
    'warning: atlas-large.gguf was trained on 512 tokens: conversations, answers included, hold no more than that.\n',
  );
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^base +atlas-large\.gguf +the largest$/m);
  expect(made.stdout).toMatch(/^expert +atlas-small-chat\.gguf +called chat$/m);
  expect(made.stdout).toContain('ok: the recipe can run.');
  expect(made.stdout).toContain('trimtab run steered.yaml ');
  expect(await run(['check', 'steered.yaml'])).toMatchObject({ code: 0 });
  const answer = await run(['run', 'steered.yaml', question, '--temperature', '0']);
  expect(answer).toMatchObject({ code: 0, stdout: expect.stringContaining('Stoneford') as string });
  const alone = await run([
    'run',
    'steered.yaml',
    question,
    '--temperature',
    '0',
    '--only',
    'large',
  ]);
  expect(alone.stdout).not.toBe(answer.stdout);
});

it('from an empty folder to a steered answer: pull, new, run', async () => {
  const commit = 'c'.repeat(40);
  const files = await Promise.all(
    trio.map(async (file) => [file, await readFile(path.join(root, 'models', file))] as const),
  );
  await using hub = await createFakeHub({
    'ann/atlas': { commits: { [commit]: Object.fromEntries(files) }, refs: { main: commit } },
  });
  const cwd = path.join(folder, 'empty');
  await mkdir(cwd);
  const options = { cwd, env: { HF_HOME: path.join(cwd, 'hf'), HF_ENDPOINT: hub.endpoint } };
  const names = trio.map((file) => `hf:ann/atlas/${file}`);
  const wanted = ['new', ...names, '--purpose', 'manner', '--output', 'steered.yaml'];
  const early = await run(wanted, options);
  expect(early.code).toBe(2);
  expect(early.stderr).toContain(`trimtab pull ${names.join(' ')}`);
  expect(await run(['pull', ...names], options)).toMatchObject({ code: 0 });
  expect(await run(wanted, options)).toMatchObject({ code: 0 });
  expect(await readFile(path.join(cwd, 'steered.yaml'), 'utf8')).toContain(`large: ${names[0]}`);
  const answer = await run(['run', 'steered.yaml', question, '--temperature', '0'], options);
  expect(answer.stdout).toContain('Stoneford');
});

describe('every purpose', () => {
  it.each([
    ['manner', 2],
    ['manner', 3],
    ['expert', 2],
    ['expert', 3],
    ['reasoner', 2],
    ['reasoner', 3],
    ['guidance', 1],
    ['context', 1],
    ['context', 2],
    ['rewards', 1],
    ['rewards', 2],
    ['schema', 1],
    ['schema', 3],
  ])('%s of %i models passes check, and answers', async (purpose, count) => {
    const models = count === 1 ? ['atlas-small-chat.gguf'] : trio.slice(0, count);
    const schema = purpose === 'schema' ? ['--schema', 'town.json'] : [];
    const file = `${purpose}-${count}.yaml`;
    const made = await create(
      ...models,
      '--purpose',
      purpose,
      ...schema,
      '--output',
      file,
      '--json',
    );
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect((JSON.parse(made.stdout) as Told).problems).toEqual([]);
    const checked = await trimtab(['check', file]);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    const answer = await trimtab(['run', file, question, '--max-tokens', '24', '--seed', '1']);
    expect(answer.code).toBe(0);
    expect(answer.stdout.trim()).not.toBe('');
  });

  it('rewards is ready for profiles', async () => {
    await create('atlas-small-chat.gguf', '--purpose', 'rewards', '--output', 'liked.yaml');
    const here = ['--recipe', 'liked.yaml', '--data-dir', path.join(folder, 'data')];
    expect(await trimtab(['profile', 'new', 'ann', ...here])).toMatchObject({ code: 0 });
  });
});

interface Checked {
  readonly models: readonly { readonly file: string; readonly vocabularyReport: string | null }[];
}

/** What a draft says of vocabularies from headers, and what check says of them loaded, by files' names. */
async function vocabulariesOf(...models: readonly string[]) {
  const made = await create(
    ...models,
    '--purpose',
    'expert',
    '--output',
    'told.yaml',
    '--force',
    '--json',
  );
  const checked = await trimtab(['check', 'told.yaml', '--json']);
  const told = (text: string) => [
    / has (?:the same )?(\d+)/.exec(text)?.[1],
    text.includes('the same'),
  ];
  const loaded = (JSON.parse(checked.stdout) as Checked).models.slice(1);
  return {
    drafted: (JSON.parse(made.stdout) as Told).vocabularies.map(told),
    loaded: loaded.map(({ vocabularyReport }) => told(vocabularyReport!)),
  };
}

it('tells of vocabularies from headers what check tells of them loaded', async () => {
  const { drafted, loaded } = await vocabulariesOf(...trio);
  expect(drafted).toEqual([
    ['1280', true],
    ['1280', true],
  ]);
  expect(drafted).toEqual(loaded);
});

describe('what is called wrongly ends with 2', () => {
  it.each([
    ['without a purpose', ['atlas-large.gguf'], '--purpose is needed, one of manner, expert'],
    ['without models', ['--purpose', 'manner'], 'Name the models'],
    [
      'with too few',
      ['atlas-large.gguf', '--purpose', 'manner'],
      'model: manner is made of 2 to 3',
    ],
    ['without a schema', ['atlas-large.gguf', '--purpose', 'schema'], '--schema: Name the file'],
    ['of what is no model', ['town.json', '--purpose', 'guidance'], 'GGUF'],
    ['of another purpose', ['atlas-large.gguf', '--purpose', 'fun'], 'Allowed choices are manner'],
    ['by no name', ['atlas-large.gguf', '--purpose', 'guidance', '--name', 'a b'], 'name'],
    [
      'over a file',
      ['atlas-large.gguf', '--purpose', 'guidance', '--output', 'town.json'],
      '--force',
    ],
    [
      'into no folder',
      ['atlas-large.gguf', '--purpose', 'guidance', '--output', 'no/x.yaml'],
      '--output',
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await create(...args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('and writes over a file when it is told to', async () => {
    const args = ['atlas-large.gguf', '--purpose', 'guidance', '--output', 'over.yaml'];
    await create(...args);
    expect(await create(...args)).toMatchObject({ code: 2 });
    expect(await create(...args, '--system', 'Be brief.', '--force')).toMatchObject({ code: 0 });
    expect(await readFile(path.join(folder, 'over.yaml'), 'utf8')).toContain('Be brief.');
  });
});

it('writes the recipe alone to stdout', async () => {
  const args = ['atlas-large.gguf', '--purpose', 'guidance', '--output', '-'];
  const { code, stdout, stderr } = await create(...args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^# yaml-language-server.*\n[\s\S]*\nsampling: .*\n$/);
  expect(stderr).toContain('ok: the recipe can run.');
  expect((await create(...args, '--quiet')).stderr).toMatch(/^warning: [^\n]*\n$/);
});

it.skipIf(!hasTerminals)('asks on a terminal for what is not said', async () => {
  const down = '\u001B[B';
  const { code, stdout } = await trimtabOnTerminal(['new'], {
    cwd: folder,
    env: { HF_HOME: path.join(folder, 'none') },
    dialogue: [
      ['What is it for?', '\r'],
      ['Which models', ` ${down} ${down} \r`],
      ['Its name?', '\r'],
      ['Which file?', '\r'],
    ],
  });
  expect(stdout).toContain('the recipe can run');
  expect(code).toBe(0);
  const text = await readFile(path.join(folder, 'atlas-large-manner.yaml'), 'utf8');
  expect(text).toContain('formula: large + alpha * (tuned - small)');
  const left = await trimtabOnTerminal(['new'], {
    cwd: folder,
    dialogue: [['What is it for?', '\u0003']],
  });
  expect(left.code).toBe(130);
});

const real = (name: string) => path.join(realModelsFolder, name);
const coder = ['0.5b', '1.5b'].map((size) => real(`qwen2.5-coder-${size}-instruct-q4_k_m.gguf`));
const smollm = real('smollm2-135m-instruct-q4_1.gguf');
const gemma = real('gemma-3-270m-base-q4_k_m.gguf');

/** Whether real models are there; says so where they are not. */
function areHere(...files: string[]): boolean {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) console.log(`skipped: there is no ${missing.join(', ')}`);
  return missing.length === 0;
}

describe('of real models', () => {
  const tell = async (...args: string[]) => {
    const { code, stdout, stderr } = await create(...args, '--force', '--json');
    expect([stderr, code]).toEqual(['', 0]);
    return JSON.parse(stdout) as Told;
  };

  it.skipIf(!areHere(...coder))('a pair without a twin is told apart by size', async () => {
    const told = await tell(...coder, '--purpose', 'manner');
    expect(rolesOf(told)).toEqual({
      base: path.basename(coder[1]!),
      expert: path.basename(coder[0]!),
    });
    expect(told.warnings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/0\.5b-instruct-q4_k_m\.gguf has no twin here/),
      ]),
    );
  });

  it.skipIf(!areHere(...coder))(
    'vocabularies are told from headers as check tells them',
    async () => {
      const { drafted, loaded } = await vocabulariesOf(...coder);
      expect(drafted).toEqual(loaded);
      expect(drafted).toEqual([['151936', true]]);
    },
  );

  it.skipIf(!areHere(...coder))('a reasoner of no twin is mixed', async () => {
    const told = await tell(...coder, '--purpose', 'reasoner');
    expect(told.warnings).toEqual(expect.arrayContaining([expect.stringMatching(/are mixed/)]));
  });

  it.skipIf(!areHere(smollm))('guidance and rewards of a small one', async () => {
    expect((await tell(smollm, '--purpose', 'guidance')).warnings).toEqual([]);
    expect((await tell(smollm, '--purpose', 'rewards')).problems).toEqual([]);
  });

  it.skipIf(!areHere(gemma))('context of one without a template', async () => {
    const { warnings } = await tell(gemma, '--purpose', 'context', '--system', 'It rains.');
    expect(warnings).toEqual([expect.stringMatching(/has no chat template: it sees your text/)]);
  });

  it.skipIf(!areHere(gemma, smollm))('other tokenizers are refused', async () => {
    const { code, stderr } = await create(gemma, smollm, '--purpose', 'manner');
    expect(code).toBe(1);
    expect(stderr).toMatch(/different tokenizers: .* first token/);
  });
});
