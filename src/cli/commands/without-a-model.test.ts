import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { trimtab } from '../../../test/support/command.ts';
import { writeTinyModel } from '../../../test/support/random-models.ts';
import { commands } from '../commands.ts';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-commands-'));
  model = await writeTinyModel(folder, 'tiny', { contextLength: 64 });
});

afterAll(() => rm(folder, { recursive: true }));

describe('trimtab', () => {
  it('shows every command, and how it ends', async () => {
    const { code, stdout, stderr } = await trimtab(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    const names = commands.filter(({ isHidden }) => isHidden !== true).map(({ name }) => name);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('Exit codes: 0 done; 1 failed; 2 called wrongly');
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect((await trimtab(['--version'])).stdout).toBe(`${version}\n`);
  });

  it.each(commands.map(({ name }) => name))('%s has help', async (name) => {
    const { code, stdout, stderr } = await trimtab([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: trimtab ${name}`));
    expect(stdout).toContain('--no-color');
  });

  it.each([
    [['rnu'], "unknown command 'rnu'\n(Did you mean run?)"],
    [['run'], 'There is no recipe'],
    [['docs', 'a', 'b'], 'too many arguments'],
  ])('%j ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await trimtab(args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('names the place in a bad recipe, and where in the code when asked to', async () => {
    const file = path.join(folder, 'bad.yaml');
    await writeFile(file, 'models:\n  a: x.gguf\nbase: b\n');
    const { code, stderr } = await trimtab(['run', file, 'x']);
    expect(stderr).toBe(`error: ${file}:3:7: base: there is no model b. Did you mean \`a\`?\n`);
    expect(code).toBe(2);
    const missing = await trimtab(['run', path.join(folder, 'none.yaml'), 'x']);
    expect(missing.stderr).toMatch(
      /^error: recipe: .*none\.yaml cannot be read: there is no such file/,
    );
    expect(missing.code).toBe(2);
  });
});

describe('inspect', () => {
  it('tells what a file is', async () => {
    const { code, stdout } = await trimtab(['inspect', model, '--tensors', '--metadata']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^file +GGUF 3, /m);
    expect(stdout).toMatch(/^architecture +llama$/m);
    expect(stdout).toMatch(/^context +64 tokens$/m);
    expect(stdout).toMatch(/^token_embd\.weight +\S+ +\d+ × \d+ +\S+ \S+$/m);
    expect(stdout).toMatch(/^tokenizer\.ggml\.tokens +string × [\d,]+: ".*, …$/m);
    const bare = await trimtab(['inspect', model]);
    expect(bare.stdout).not.toContain('token_embd.weight');
    expect(bare.stdout).not.toContain('tokenizer.ggml.tokens');
  });

  it('shows its chat template, if it has one', async () => {
    const { stdout } = await trimtab(['inspect', model]);
    expect(stdout).toMatch(/^chat template +below$/m);
    expect(stdout).toMatch(/\nchat template\n {2}\{% for m in messages %\}.*\n {2}\{% endfor %\}/);
    const bare = await writeTinyModel(folder, 'bare', { chatTemplate: null });
    const told = (await trimtab(['inspect', bare])).stdout;
    expect(told).toMatch(/^chat template +none$/m);
    expect(told).not.toMatch(/^chat template$/m);
  });

  it('tells it as JSON', async () => {
    const { stdout } = await trimtab(['inspect', model, '--json', '--tensors', '--metadata']);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      file: model,
      version: 3,
      architecture: 'llama',
      contextLength: 64,
    });
    expect(told.tensors[0].name).toBe('token_embd.weight');
    expect(told.metadata['general.architecture']).toBe('llama');
    const bare = JSON.parse((await trimtab(['inspect', model, '--json'])).stdout) as object;
    expect(bare).not.toHaveProperty('tensors');
    expect(bare).not.toHaveProperty('metadata');
  });

  it.each([
    ['no model', 'GGUF'],
    ['nothing', ''],
  ])('of a file that is %s ends with 2', async (_, text) => {
    const file = path.join(folder, 'bad.gguf');
    await writeFile(file, text);
    const { code, stderr } = await trimtab(['inspect', file]);
    expect(stderr).toMatch(/^error: file: /);
    expect(code).toBe(2);
  });
});

describe('docs', () => {
  it('lists pages, and prints one', async () => {
    const pages = JSON.parse((await trimtab(['docs', '--json'])).stdout) as {
      name: string;
      file: string;
    }[];
    expect(pages.map(({ name }) => name)).toEqual(expect.arrayContaining(['evaluation', 'server']));
    expect(pages.some(({ name }) => name.startsWith('adr/'))).toBe(false);
    const { stdout } = await trimtab(['docs']);
    for (const { name, file } of pages) {
      expect(stdout).toContain(`${name} `);
      expect(stdout).toContain(file);
    }
    const [{ name, file }] = pages as [{ name: string; file: string }];
    const text = await readFile(file, 'utf8');
    expect(await trimtab(['docs', name])).toEqual({ code: 0, stdout: text, stderr: '' });
    expect(JSON.parse((await trimtab(['docs', name, '--json'])).stdout)).toMatchObject({
      name,
      text,
    });
  });

  it('suggests the page that is meant, or says which there are', async () => {
    const near = await trimtab(['docs', 'evaluaton']);
    expect(near).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: page: there is no page evaluaton. Did you mean `evaluation`?\n',
    });
    expect((await trimtab(['docs', 'zzz'])).stderr).toMatch(/no page zzz\. There are .*server/);
  });
});
