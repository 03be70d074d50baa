import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';
import { createFakeHub, type FakeHub } from '../../../test/support/fake-hub.ts';
import { writeSmallModels } from '../../../test/support/gguf/index.ts';

const commit = 'a'.repeat(40);
const using = 'models: { a: "hf:ann/model:Q8_0", b: hf:ann/model/odd.gguf }\nbase: a\n';

let hub: FakeHub;
let cli: FakeCli;
beforeEach(async () => {
  cli = await createFakeCli({ 'far.yaml': using, 'broken.yaml': 'models: [' });
  await mkdir(path.join(cli.folder, 'gguf'));
  await writeSmallModels(path.join(cli.folder, 'gguf'), { vocabSize: 300, blockCount: 1 });
  const weights = await readFile(path.join(cli.folder, 'gguf', 'a.gguf'));
  const files = {
    'm-Q8_0.gguf': weights,
    'm-Q4_0.gguf': Buffer.alloc(2000, 4),
    'odd.gguf': Buffer.alloc(30, 1),
  };
  hub = await createFakeHub({
    'ann/model': { commits: { [commit]: files }, refs: { main: commit } },
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const run = (...args: string[]) =>
  cli.run(args, { env: { HF_HOME: path.join(cli.folder, 'hf'), HF_ENDPOINT: hub.endpoint } });
const models = (verb: string, ...args: string[]) =>
  run('models', verb, ...args, '--recipes', '{.}');
const pull = () => run('pull', 'hf:ann/model:Q8_0', 'hf:ann/model:Q4_0', 'hf:ann/model/odd.gguf');

describe('trimtab models', () => {
  it('lists what was fetched, and who uses it', async () => {
    expect((await models('ls')).stdout).toBe('no model in {folder}/hf/hub\n');
    await pull();
    const { code, stdout } = await models('ls');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^model +size {2}at +recipes$/);
    expect(lines[1]).toMatch(/^hf:ann\/model\/m-Q4_0\.gguf +2\.0 KiB {2}main$/);
    expect(lines[2]).toMatch(
      /^hf:ann\/model\/m-Q8_0\.gguf +\S+ KiB {2}main +\{folder\}\/far\.yaml$/,
    );
    expect(lines[3]).toMatch(/^hf:ann\/model\/odd\.gguf +30 B {2}main +\{folder\}\/far\.yaml$/);
    expect(lines[4]).toMatch(/^3 models, .* KiB, in \{folder\}\/hf\/hub$/);
    const listed = JSON.parse((await models('ls', '--json')).stdout) as {
      models: { name: string; recipes: string[] }[];
    };
    expect(listed.models.map(({ recipes }) => recipes.length)).toEqual([0, 1, 1]);
  });

  it('shows where one is, and what its header says', async () => {
    await pull();
    const { code, stdout } = await models('show', 'hf:ann/model:q8_0');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^hf:ann\/model\/m-Q8_0\.gguf$/m);
    expect(stdout).toMatch(new RegExp(`^at +${commit} main$`, 'm'));
    expect(stdout).toMatch(/^path +\{folder\}\/hf\/hub\/.*m-Q8_0\.gguf$/m);
    expect(stdout).toMatch(/^recipes +\{folder\}\/far\.yaml$/m);
    expect(stdout).toMatch(/^vocabulary +300 tokens/m);
    const odd = await models('show', 'hf:ann/model/odd.gguf');
    expect([odd.code, odd.stdout]).toEqual([0, expect.stringMatching(/^header +.*GGUF/m)]);
    const json = JSON.parse((await models('show', 'hf:ann/model:Q8_0', '--json')).stdout) as object;
    expect(json).toMatchObject({ quant: 'Q8_0', description: { vocabSize: 300 } });
  });

  it('removes one that no recipe uses, and others only with --force', async () => {
    await pull();
    expect(await models('rm', 'hf:ann/model:Q4_0')).toEqual({
      code: 0,
      stdout: 'removed hf:ann/model/m-Q4_0.gguf, 2.0 KiB\n',
      stderr: '',
    });
    const refused = await models('rm', 'hf:ann/model:Q8_0');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      'error: hf:ann/model/m-Q8_0.gguf is used by {folder}/far.yaml: --force removes it all the same.\n',
    ]);
    const forced = await models(
      'rm',
      'hf:ann/model:Q8_0',
      'hf:ann/model/odd.gguf',
      '--force',
      '--json',
    );
    expect((JSON.parse(forced.stdout) as object[]).length).toBe(2);
    expect((await models('ls')).stdout).toBe('no model in {folder}/hf/hub\n');
  });

  it('says and removes what a download that was given up has left', async () => {
    await run('pull', 'hf:ann/model:Q8_0');
    const blobs = path.join(cli.folder, 'hf/hub/models--ann--model/blobs');
    await writeFile(path.join(blobs, `${'1'.repeat(64)}.trimtab.incomplete`), Buffer.alloc(1024));
    expect((await models('ls')).stdout).toContain('1.0 KiB of downloads that are not finished\n');
    const { stdout } = await models('rm', '--unfinished');
    expect(stdout).toMatch(/^removed \{folder\}.*incomplete, 1\.0 KiB$/m);
    expect((await models('ls')).stdout).not.toContain('not finished');
  });

  it.each([
    ['nothing', ['rm'], 2, /Name the models to remove/],
    ['what is no name', ['show', 'model'], 2, /^error: model: "model" names no model/],
    ['what is not there', ['show', 'hf:ann/model:Q2_K'], 1, /is not in \{folder\}\/hf\/hub/],
    [
      'what fits several',
      ['rm', 'hf:ann/model'],
      1,
      /fits 3 models: hf:ann\/model\/m-Q4_0\.gguf@a+, /,
    ],
  ])('refuses %s', async (_, [verb, ...args], code, message) => {
    await pull();
    const ended = await models(verb!, ...args);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(message);
  });

  it('refuses a place of recipes that is none', async () => {
    const { code, stderr } = await run('models', 'ls', '--recipes', '{nowhere}');
    expect([code, stderr]).toEqual([
      2,
      'error: --recipes: there is no file or folder {folder}/nowhere.\n',
    ]);
  });
});
