import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createFakeHub, sha256, type FakeHub } from '../../test/support/fake-hub.ts';
import { systemLinking } from './cache-layout.ts';
import {
  findListed,
  listCached,
  pull,
  removeCached,
  removeUnfinished,
  resolveCached,
} from './index.ts';

const first = 'a'.repeat(40);
const second = 'b'.repeat(40);
const files = {
  'm-Q4_K_M.gguf': Buffer.alloc(4000, 4),
  'm-Q8_0.gguf': Buffer.alloc(8000, 8),
  'f/m-F16-00001-of-00002.gguf': Buffer.alloc(700, 1),
  'f/m-F16-00002-of-00002.gguf': Buffer.alloc(500, 2),
};
const young = { ...files, 'm-Q4_K_M.gguf': Buffer.alloc(4001, 5) };

let hub: FakeHub;
let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'trimtab-cached-'));
  hub = await createFakeHub({
    'ann/model': {
      commits: { [first]: files, [second]: young },
      refs: { main: first, v2: second },
    },
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const environment = () => ({ HF_HOME: home, HF_ENDPOINT: hub.endpoint });
const fetchAll = async (...names: string[]) => {
  for (const name of names) await pull(name, { environment: environment() });
};
const list = () => listCached({ environment: environment() });
const remove = (name: string) => removeCached(name, { environment: environment() });
const folder = () => path.join(home, 'hub', 'models--ann--model');
const blobs = () => readdir(path.join(folder(), 'blobs'));

describe('the list of what is in the cache', () => {
  it('is empty where there is none', async () => {
    expect(await list()).toEqual({ folder: path.join(home, 'hub'), models: [], unfinished: [] });
  });

  it('has each model once, with its commits and branches', async () => {
    await fetchAll('hf:ann/model', 'hf:ann/model@v2', 'hf:ann/model:Q8_0', 'hf:ann/model:Q8_0@v2');
    await fetchAll('hf:ann/model:F16');
    const { models } = await list();
    expect(
      models.map(({ name, quant, bytes, revisions }) => [name, quant, bytes, revisions]),
    ).toEqual([
      [
        'hf:ann/model/f/m-F16-00001-of-00002.gguf',
        'F16',
        1200,
        [{ commit: first, refs: ['main'] }],
      ],
      ['hf:ann/model/m-Q4_K_M.gguf', 'Q4_K_M', 4000, [{ commit: first, refs: ['main'] }]],
      ['hf:ann/model/m-Q4_K_M.gguf', 'Q4_K_M', 4001, [{ commit: second, refs: ['v2'] }]],
      [
        'hf:ann/model/m-Q8_0.gguf',
        'Q8_0',
        8000,
        [
          { commit: first, refs: ['main'] },
          { commit: second, refs: ['v2'] },
        ],
      ],
    ]);
  });

  it('leaves out what other programs keep there, and what is damaged', async () => {
    await fetchAll('hf:ann/model');
    const other = path.join(home, 'hub', 'datasets--ann--set', 'snapshots', first);
    await mkdir(other, { recursive: true });
    await writeFile(path.join(other, 'x.gguf'), '');
    await mkdir(path.join(home, 'hub', '.locks', 'x'), { recursive: true });
    await writeFile(path.join(home, 'hub', 'version.txt'), '1');
    await rm(path.join(folder(), 'blobs', sha256(files['m-Q4_K_M.gguf'])));
    expect((await list()).models).toEqual([]);
  });

  it('is looked up by quant, file, part and revision', async () => {
    await fetchAll('hf:ann/model', 'hf:ann/model@v2', 'hf:ann/model:F16');
    const listing = await list();
    const at = (name: string) => findListed(listing, name).bytes;
    expect(at('hf:ann/model:f16')).toBe(1200);
    expect(at('hf:ann/model/f/m-F16-00002-of-00002.gguf')).toBe(1200);
    expect(at('hf:ann/model:Q4_K_M@v2')).toBe(4001);
    expect(at(`hf:ann/model/m-Q4_K_M.gguf@${first}`)).toBe(4000);
    expect(() => at('hf:ann/model:Q8_0')).toThrow(expect.objectContaining({ reason: 'not-found' }));
    expect(() => at('hf:ann/model:Q4_K_M')).toThrow(
      `fits 2 models: hf:ann/model/m-Q4_K_M.gguf@${first}, hf:ann/model/m-Q4_K_M.gguf@${second}.`,
    );
  });
});

describe('a model that is removed', () => {
  it('is gone at all its commits, and the others stay', async () => {
    await fetchAll('hf:ann/model', 'hf:ann/model:Q8_0', 'hf:ann/model:Q8_0@v2', 'hf:ann/model:F16');
    const { freedBytes, model } = await remove('hf:ann/model:Q8_0');
    expect([freedBytes, model.name]).toEqual([8000, 'hf:ann/model/m-Q8_0.gguf']);
    expect(await resolveCached('hf:ann/model:Q8_0', { environment: environment() })).toBeNull();
    expect((await list()).models.map(({ bytes }) => bytes)).toEqual([1200, 4000]);
    // No commit is left of the second: its branch went with it.
    expect(await readdir(path.join(folder(), 'refs'))).toEqual(['main']);
    expect(await readdir(path.join(folder(), 'snapshots'))).toEqual([first]);
    expect((await remove('hf:ann/model:F16')).freedBytes).toBe(1200);
    expect(await blobs()).toEqual([sha256(files['m-Q4_K_M.gguf'])]);
    await remove('hf:ann/model');
    expect(await readdir(path.join(home, 'hub'))).toEqual(['.locks']);
    await fetchAll('hf:ann/model');
  });

  it('leaves bytes that another name has', async () => {
    const same = { 'a-Q8_0.gguf': Buffer.alloc(9, 1), 'b-Q8_0.gguf': Buffer.alloc(9, 1) };
    hub.repos['ann/twins'] = { commits: { [first]: same }, refs: { main: first } };
    await fetchAll('hf:ann/twins/a-Q8_0.gguf', 'hf:ann/twins/b-Q8_0.gguf');
    expect((await remove('hf:ann/twins/a-Q8_0.gguf')).freedBytes).toBe(0);
    expect((await list()).models.map(({ name }) => name)).toEqual(['hf:ann/twins/b-Q8_0.gguf']);
    expect((await remove('hf:ann/twins')).freedBytes).toBe(9);
  });

  it.each([
    ['hard links', { symlink: () => Promise.reject(new Error('no')) }, 4000],
    [
      'copies',
      {
        symlink: () => Promise.reject(new Error('no')),
        link: () => Promise.reject(new Error('no')),
      },
      8000,
    ],
  ])('takes its blob along where names are %s', async (_, without, freed) => {
    const linking = { ...systemLinking, ...without };
    await pull('hf:ann/model', { environment: environment(), machine: { linking } });
    await pull('hf:ann/model:Q8_0', { environment: environment(), machine: { linking } });
    expect((await remove('hf:ann/model:Q4_K_M')).freedBytes).toBe(freed);
    expect(await blobs()).toEqual([sha256(files['m-Q8_0.gguf'])]);
  });

  it('is left while it is being fetched', async () => {
    await fetchAll('hf:ann/model');
    const locks = path.join(home, 'hub', '.locks', 'models--ann--model');
    const holder = JSON.stringify({ pid: process.pid, host: hostname() });
    await writeFile(path.join(locks, `${sha256(files['m-Q4_K_M.gguf'])}.trimtab.lock`), holder);
    await expect(remove('hf:ann/model')).rejects.toMatchObject({ reason: 'in-use' });
    expect((await list()).models).toHaveLength(1);
  });

  it.runIf(process.platform === 'linux')('is left while a process has it open', async () => {
    await fetchAll('hf:ann/model');
    const { path: file } = (await list()).models[0]!;
    const program = `const fs = require('fs'); fs.openSync(${JSON.stringify(file)}); console.log('open'); process.stdin.resume();`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await expect(remove('hf:ann/model')).rejects.toMatchObject({
      reason: 'in-use',
      message: expect.stringMatching(
        new RegExp(`in use by .*\\(process ${child.pid}\\)`),
      ) as string,
    });
    child.stdin.end();
    await once(child, 'exit');
    expect((await remove('hf:ann/model')).freedBytes).toBe(4000);
  });
});

it('beginnings of files are listed, and removed unless somebody goes on with them', async () => {
  await fetchAll('hf:ann/model');
  const part = (etag: string) => path.join(folder(), 'blobs', `${etag}.trimtab.incomplete`);
  const [given, going] = ['1'.repeat(64), '2'.repeat(64)] as const;
  await writeFile(part(given), 'half');
  await writeFile(part(going), 'half of it');
  const lock = path.join(home, 'hub', '.locks', 'models--ann--model', `${going}.trimtab.lock`);
  await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
  expect((await list()).unfinished.map(({ bytes }) => bytes).toSorted((a, b) => a - b)).toEqual([
    4, 10,
  ]);
  const removed = await removeUnfinished({ environment: environment() });
  expect(removed).toEqual([{ repo: 'ann/model', path: part(given), bytes: 4 }]);
  expect((await list()).unfinished).toHaveLength(1);
});
