import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';
import type { Dialogue } from '../../../test/support/fake-terminal.ts';

const before = process.cwd();
let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({ 'town.json': '{}' });
  await mkdir(path.join(cli.folder, 'empty'));
  process.chdir(path.join(cli.folder, 'empty'));
});
afterAll(async () => {
  process.chdir(before);
  await cli[Symbol.asyncDispose]();
});

const create = (line: string, dialogue?: Dialogue) =>
  cli.run(['new', ...line.split(' ').filter((word) => word !== '')], {
    env: { HF_HOME: path.join(cli.folder, 'hf') },
    ...(dialogue !== undefined && { dialogue }),
  });

describe('trimtab new', () => {
  it.each([
    ['', '--purpose is needed, one of manner, expert'],
    ['--purpose manner', 'Name the models: GGUF files'],
    ['--purpose fun', 'Allowed choices are manner'],
    ['a.gguf --purpose manner', 'model: manner is made of 2 to 3 models, and 1 are named'],
    ['a.gguf b.gguf --purpose guidance', 'model: guidance is made of 1 model, and 2 are named'],
    ['{large.gguf} --purpose guidance', 'The file is empty'],
    ['hf:ann/tiny:Q8_0 --purpose guidance', 'trimtab pull hf:ann/tiny:Q8_0'],
  ])('%s ends with 2', async (line, message) => {
    const { code, stdout, stderr } = await create(line);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('has nothing to ask about where there are no models', async () => {
    const { code, stderr } = await create('--no-color', [['What is it for?', '\r']]);
    expect(stderr).toContain('There are no models: no GGUF file is in this folder');
    expect(code).toBe(2);
  });

  it('asks for models that are here, but not for later parts and projectors', async () => {
    for (const name of ['m.gguf', 'p-00002-of-00002.gguf', 'mmproj-m.gguf']) {
      await writeFile(name, 'no model');
    }
    const { code, stdout } = await create('--no-color', [
      ['What is it for?', '\u001B[B\u001B[B\u001B[B\r'],
      ['Which models (1)?', ' \r'],
      ['What is the model asked for?', '\r'],
    ]);
    expect(stdout).toContain('m.gguf (8 B)');
    expect(stdout).not.toMatch(/00002|mmproj/);
    expect(code).toBe(2); // it is none
  });

  it('can be left at every question', async () => {
    const { code } = await create('--no-color', [['What is it for?', '\u0003']]);
    expect(code).toBe(130);
  });
});
