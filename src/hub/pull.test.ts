import { createHash } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  createFakeHub,
  gitHash,
  sha256,
  type FakeHub,
  type HubFault,
} from '../../test/support/fake-hub.ts';
import { HubError } from '../spec/index.ts';
import { pull, resolveCached, type PullOptions, type PullProgress } from './index.ts';
import type { PullMachine } from './pull.ts';

const first = 'a'.repeat(40);
const second = 'b'.repeat(40);

/** Bytes that do not repeat. */
function bytesOf(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed}${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

const weights = bytesOf('q4', 300_000);
const files = {
  'README.md': Buffer.from('A model.\n'),
  'm-Q4_K_M.gguf': weights,
  'm-Q8_0.gguf': bytesOf('q8', 1000),
  'big/m-F16-00001-of-00002.gguf': bytesOf('one', 700),
  'big/m-F16-00002-of-00002.gguf': bytesOf('two', 500),
};
const name = 'hf:ann/model';

let hub: FakeHub;
let home: string;
let delays: number[];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'trimtab-hub-'));
  delays = [];
  hub = await createFakeHub({
    'ann/model': {
      commits: { [first]: files, [second]: { ...files, 'm-Q4_K_M.gguf': bytesOf('new', 900) } },
      refs: { main: first, 'v/2': second },
    },
    'ann/gated': { commits: { [first]: files }, refs: { main: first }, gatedFor: 'good' },
    'ann/private': { commits: { [first]: files }, refs: { main: first }, privateFor: 'good' },
  });
});

afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** Timers fire at once, and are written down. */
const machine = (): Partial<PullMachine> => ({
  startTimer: (delayMs, call) => {
    delays.push(delayMs);
    const timer = setImmediate(call);
    return () => clearImmediate(timer);
  },
});

const environment = (more: Record<string, string> = {}) => ({
  HF_HOME: home,
  HF_ENDPOINT: hub.endpoint,
  ...more,
});

function fetchModel(
  asked = name,
  { machine: other, environment: env, ...options }: PullOptions = {},
) {
  return pull(asked, {
    environment: environment(env as Record<string, string>),
    machine: { ...machine(), ...other },
    ...options,
  });
}

const cached = (asked = name) => resolveCached(asked, { environment: { HF_HOME: home } });
const folder = () => path.join(home, 'hub', 'models--ann--model');
const blobs = async () => (await readdir(path.join(folder(), 'blobs'))).toSorted();
const partOf = (bytes: Buffer) =>
  path.join(folder(), 'blobs', `${sha256(bytes)}.trimtab.incomplete`);
const fetched = () => hub.requests.filter(({ path: at }) => at.startsWith('/cdn/'));

const times = (count: number, fault: HubFault) => Array.from({ length: count }, () => fault);

/** Comparing large buffers otherwise takes seconds. */
async function expectFile(file: string, bytes: Buffer): Promise<void> {
  expect(sha256(await readFile(file))).toBe(sha256(bytes));
}

async function failure(pulling: Promise<unknown>): Promise<HubError> {
  const error = await pulling.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HubError);
  return error as HubError;
}

describe('a model that is fetched', () => {
  it('lies where all programs of Hugging Face look for it', async () => {
    const model = await fetchModel();
    expect(model).toEqual({
      name: `hf:ann/model/m-Q4_K_M.gguf@${first}`,
      repo: 'ann/model',
      commit: first,
      path: path.join(folder(), 'snapshots', first, 'm-Q4_K_M.gguf'),
      files: [{ file: 'm-Q4_K_M.gguf', path: model.path, bytes: weights.length }],
      bytes: weights.length,
    });
    await expectFile(model.path, weights);
    expect(await readlink(model.path)).toBe(path.join('..', '..', 'blobs', sha256(weights)));
    expect(await readFile(path.join(folder(), 'refs', 'main'), 'utf8')).toBe(first);
    expect(await blobs()).toEqual([sha256(weights)]);
    expect(await readdir(path.join(home, 'hub', '.locks', 'models--ann--model'))).toEqual([]);
    expect(await cached()).toEqual(model);
  });

  it('is not fetched again, by whatever name', async () => {
    const model = await fetchModel();
    const before = fetched().length;
    expect(await fetchModel('hf:ann/model:q4_k_m')).toEqual(model);
    expect(fetched()).toHaveLength(before);
    const all = hub.requests.length;
    expect(await fetchModel(model.name)).toEqual(model); // at its commit: the hub is not even asked
    expect(hub.requests).toHaveLength(all);
  });

  it('has all its parts, in folders of their own', async () => {
    const model = await fetchModel('hf:ann/model:f16');
    expect(model.files.map(({ file }) => file)).toEqual([
      'big/m-F16-00001-of-00002.gguf',
      'big/m-F16-00002-of-00002.gguf',
    ]);
    expect(await readlink(model.path)).toMatch(/^\.\.[/\\]\.\.[/\\]\.\.[/\\]blobs[/\\]/);
    expect(await cached('hf:ann/model:F16')).toEqual(model);
    await rm(model.files[1]!.path);
    expect(await cached('hf:ann/model:F16')).toBeNull();
    expect(await fetchModel('hf:ann/model:f16')).toEqual(model);
    expect(fetched()).toHaveLength(2);
  });

  it('may be any file, told by the hash that the hub has of it', async () => {
    const model = await fetchModel('hf:ann/model/README.md');
    expect(await readFile(model.path, 'utf8')).toBe('A model.\n');
    expect(await blobs()).toEqual([gitHash(files['README.md'])]);
  });

  it('is that of its revision, and what both have in common is there once', async () => {
    const [old, young] = [
      await fetchModel('hf:ann/model:Q8_0'),
      await fetchModel('hf:ann/model:Q8_0@v/2'),
    ];
    expect([old.commit, young.commit]).toEqual([first, second]);
    expect(fetched()).toHaveLength(1);
    expect(await readFile(path.join(folder(), 'refs', 'v', '2'), 'utf8')).toBe(second);
    expect((await cached('hf:ann/model:Q8_0@v/2'))?.commit).toBe(second);
    expect(await cached('hf:ann/model:Q8_0@v3')).toBeNull();
  });

  it('follows its branch when it is fetched again, and not before', async () => {
    await fetchModel();
    hub.repos['ann/model']!.refs['main'] = second;
    expect((await cached())?.commit).toBe(first);
    expect((await fetchModel()).commit).toBe(second);
    expect((await cached())?.commit).toBe(second);
    expect((await cached(`${name}@${first}`))?.commit).toBe(first);
  });

  it('leaves its branch where it was if it does not come whole', async () => {
    await fetchModel();
    hub.repos['ann/model']!.refs['main'] = second;
    hub.fail('/cdn/', { status: 404 });
    await failure(fetchModel());
    expect((await cached())?.commit).toBe(first);
  });

  it.each([
    ['a hard link', { symlink: () => Promise.reject(new Error('no')) }, 2],
    [
      'a copy',
      {
        symlink: () => Promise.reject(new Error('no')),
        link: () => Promise.reject(new Error('no')),
      },
      1,
    ],
  ])('is %s where symbolic links cannot be', async (_, without, links) => {
    const { systemLinking } = await import('./cache-layout.ts');
    const model = await fetchModel(name, {
      machine: { linking: { ...systemLinking, ...without } },
    });
    await expectFile(model.path, weights);
    expect((await stat(model.path)).nlink).toBe(links);
    expect(await cached()).toEqual(model);
    expect(await fetchModel()).toEqual(model);
    expect(fetched()).toHaveLength(1);
  });

  it('says how far it is', async () => {
    const seen: PullProgress[] = [];
    await fetchModel('hf:ann/model:F16', { onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toEqual({
      file: 'big/m-F16-00001-of-00002.gguf',
      number: 1,
      count: 2,
      bytes: 700,
      receivedBytes: 0,
      state: 'fetching',
    });
    expect(
      seen
        .filter(({ state }) => state === 'done')
        .map(({ number, receivedBytes }) => [number, receivedBytes]),
    ).toEqual([
      [1, 700],
      [2, 500],
    ]);
  });

  it('is fetched once by many at once', async () => {
    const states = new Set<string>();
    const onProgress = ({ state }: PullProgress) => void states.add(state);
    const models = await Promise.all(
      Array.from({ length: 5 }, () => fetchModel(name, { onProgress })),
    );
    expect(new Set(models.map(({ path: file }) => file)).size).toBe(1);
    expect(fetched()).toHaveLength(1);
    expect(states).toContain('waiting');
  });

  it.each([
    ['died', { pid: 2 ** 30, host: hostname() }, 0],
    ['is on another machine and silent', { pid: 1, host: 'elsewhere' }, 3_600_000],
  ])('is fetched although one that %s has its lock', async (_, holder, age) => {
    const locks = path.join(home, 'hub', '.locks', 'models--ann--model');
    await mkdir(locks, { recursive: true });
    const lock = path.join(locks, `${sha256(weights)}.trimtab.lock`);
    await writeFile(lock, JSON.stringify({ ...holder, id: 'x' }));
    const then = (performance.timeOrigin + performance.now() - age) / 1000;
    await utimes(lock, then, then);
    await Promise.all([fetchModel(), fetchModel()]);
    expect(fetched()).toHaveLength(1);
    expect(await readdir(locks)).toEqual([]);
  });
});

describe('without a network', () => {
  it('what is there is found, and what is not is said', async () => {
    const model = await fetchModel();
    const all = hub.requests.length;
    const offline = { environment: { HF_HUB_OFFLINE: '1' } };
    expect(await fetchModel(name, offline)).toEqual(model);
    expect(await failure(fetchModel('hf:ann/model:Q8_0', offline))).toMatchObject({
      reason: 'offline',
    });
    expect(hub.requests).toHaveLength(all);
  });

  it('the hub is asked a few times', async () => {
    const { endpoint } = hub;
    await hub[Symbol.asyncDispose]();
    const error = await failure(fetchModel());
    expect(error).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining(new URL(endpoint).host) as string,
    });
    expect(delays).toEqual([500, 1000, 2000, 4000]);
    hub = await createFakeHub({});
  });
});

describe('a download', () => {
  it('that breaks off goes on where it was, and asks for the same file', async () => {
    hub.fail('/cdn/', { cutAfter: 100_000 }, { cutAfter: 50_000 });
    const { path: file } = await fetchModel();
    await expectFile(file, weights);
    const [whole, ...rest] = fetched();
    expect(whole!.range).toBeNull();
    expect(rest).toHaveLength(2);
    for (const { range, ifRange } of rest) {
      expect(range).toMatch(/^bytes=\d+-$/);
      expect(ifRange).toMatch(/^"cdn-/);
    }
  });

  it('that breaks off for good stays as far as it is, and the next goes on', async () => {
    hub.fail('/cdn/', { cutAfter: 100_000 }, ...times(5, { cutAfter: 0 }));
    const error = await failure(fetchModel());
    expect(error.reason).toBe('unavailable');
    expect(error.message).toMatch(/broke off 5 times.* of 0.3 MB that are there stay/s);
    const { size } = await stat(partOf(weights));
    expect(size).toBeGreaterThan(0);
    expect(await cached()).toBeNull();
    const seen: PullProgress[] = [];
    await fetchModel(name, { onProgress: (progress) => seen.push(progress) });
    expect(seen[0]?.receivedBytes).toBe(size);
    expect(fetched().at(-1)!.range).toBe(`bytes=${size}-`);
    expect(await blobs()).toEqual([sha256(weights)]);
  });

  it('that is interrupted stays as far as it is', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    hub.fail('/cdn/', { stallAfter: 100_000 });
    const pulling = fetchModel(name, {
      signal: controller.signal,
      onProgress: ({ receivedBytes }) => receivedBytes > 0 && controller.abort(reason),
    });
    await expect(pulling).rejects.toBe(reason);
    expect((await stat(partOf(weights))).size).toBeGreaterThan(0);
    expect(await readdir(path.join(home, 'hub', '.locks', 'models--ann--model'))).toEqual([]);
    await fetchModel();
    expect(fetched().at(-1)!.range).not.toBeNull();
  });

  it('that stalls is cut, and goes on', async () => {
    hub.fail('/cdn/', { stallAfter: 100_000 });
    const messages: (string | undefined)[] = [];
    const { path: file } = await fetchModel(name, {
      machine: { idleMs: 50 },
      onProgress: ({ message }) => messages.push(message),
    });
    await expectFile(file, weights);
    expect(messages.join()).toMatch(/has sent nothing for 0.05 seconds; again in 0.5 s/);
  });

  it('from a server that gives no parts begins again', async () => {
    hub.fail('/cdn/', { cutAfter: 100_000 }, { ignoresRange: true });
    await expectFile((await fetchModel()).path, weights);
    expect(fetched().at(-1)!.sentBytes).toBe(weights.length);
  });

  it('of a file that is complete already is checked and put in its place', async () => {
    await fetchModel('hf:ann/model:Q8_0');
    await writeFile(partOf(weights), weights);
    await fetchModel();
    expect(fetched()).toHaveLength(1);
  });

  it.each([
    ['damaged', Buffer.alloc(1000)],
    ['too long', Buffer.alloc(weights.length + 1)],
    ['complete and damaged', Buffer.alloc(weights.length)],
  ])('goes on from what is there, and begins anew if that was %s', async (_, there) => {
    await fetchModel('hf:ann/model:Q8_0');
    await writeFile(partOf(weights), there);
    await expectFile((await fetchModel()).path, weights);
    expect(await blobs()).toHaveLength(2);
  });

  it('of the wrong bytes is refused and removed', async () => {
    hub.fail('/cdn/', { bytes: Buffer.alloc(weights.length) });
    const error = await failure(fetchModel());
    expect(error.reason).toBe('corrupt');
    expect(error.message).toMatch(/is not what the hub announced.*It was removed/);
    expect(await blobs()).toEqual([]);
    expect(await cached()).toBeNull();
  });

  it('of too few bytes or too many is not taken', async () => {
    hub.fail('/cdn/', { bytes: weights.subarray(1) }, { bytes: Buffer.concat([weights, weights]) });
    await expectFile((await fetchModel()).path, weights);
    expect(fetched().length).toBeGreaterThan(1);
  });

  it('of a file that was replaced meanwhile begins again', async () => {
    hub.fail('/resolve/', { etag: 'c'.repeat(64) });
    await expectFile((await fetchModel()).path, weights);
    hub.fail('/resolve/', ...times(3, { etag: 'c'.repeat(64) }));
    expect(await failure(fetchModel('hf:ann/model:Q8_0'))).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('lists other files than it gives') as string,
    });
  });

  it('that would not fit is not begun', async () => {
    const error = await failure(fetchModel(name, { machine: { freeBytes: async () => 1000 } }));
    expect(error.reason).toBe('no-space');
    expect(error.message).toMatch(/needs 0.3 MB more.*has 0.0 MB/);
    expect(fetched()).toEqual([]);
  });
});

describe('a hub that', () => {
  it('is busy is left alone for as long as it says', async () => {
    hub.fail('/tree/', { status: 429, headers: { 'retry-after': '7' } }, { status: 503 });
    await fetchModel();
    expect(delays).toEqual([7000, 1000]);
  });

  it('is busy for ever is given up', async () => {
    hub.fail('/revision/', ...times(5, { status: 429 }));
    expect(await failure(fetchModel())).toMatchObject({ reason: 'rate-limited' });
    hub.fail('/revision/', { status: 429, headers: { 'retry-after': '86400' } });
    expect(await failure(fetchModel())).toMatchObject({ reason: 'rate-limited' });
  });

  it('fails is asked again, and then given up', async () => {
    hub.fail('/cdn/', { status: 500 }, { status: 502 });
    await fetchModel();
    hub.fail('/revision/', ...times(5, { status: 500 }));
    expect(await failure(fetchModel())).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('status 500') as string,
    });
  });

  it.each([
    ['is none', { text: '<html>' }],
    ['names no commit', { text: '{"sha":"../../x"}' }],
  ])('%s is not believed', async (_, fault) => {
    hub.fail('/revision/', fault);
    expect(await failure(fetchModel())).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('no answer of a hub') as string,
    });
  });

  it.each([
    '../../evil.gguf',
    '/etc/evil.gguf',
    'a/../../evil.gguf',
    'C:evil.gguf',
    'a\\evil.gguf',
  ])('lists %s is refused', async (file) => {
    hub.repos['ann/odd'] = { commits: { [first]: { [file]: weights } }, refs: { main: first } };
    expect(await failure(fetchModel('hf:ann/odd'))).toMatchObject({ reason: 'refused' });
    expect(fetched()).toEqual([]);
  });

  it('lists a hash that is none is not believed', async () => {
    hub.fail('/tree/', {
      text: JSON.stringify([{ type: 'file', path: 'm.gguf', size: 1, oid: '../../x' }]),
    });
    expect(await failure(fetchModel())).toMatchObject({ reason: 'unavailable' });
  });

  it.each([
    'http://169.254.169.254/latest',
    'https://127.0.0.1:1/x',
    'http://example.org/x',
    'https://localhost:1/x',
    'http://[::1]:1/x',
    'nowhere:',
  ])('sends to %s is not followed', async (redirect) => {
    hub.fail('/resolve/', { redirect });
    expect(await failure(fetchModel())).toMatchObject({ reason: 'refused' });
  });

  it('sends in a circle is not followed for ever', async () => {
    hub.fail('/resolve/', ...times(9, { redirect: `/ann/model/resolve/${first}/m-Q4_K_M.gguf` }));
    expect(await failure(fetchModel())).toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('more than 5 times') as string,
    });
  });

  it('wants a token is shown that of the environment, and an error never holds it', async () => {
    expect(await failure(fetchModel('hf:ann/gated'))).toMatchObject({
      reason: 'forbidden',
      message: expect.stringMatching(
        /accept them at http.*\/ann\/gated, and set HF_TOKEN/,
      ) as string,
    });
    const bad = await failure(
      fetchModel('hf:ann/gated', { environment: { HF_TOKEN: 'bad-secret' } }),
    );
    expect(bad.reason).toBe('forbidden');
    expect(`${bad.message}${bad.stack}`).not.toContain('bad-secret');
    await fetchModel('hf:ann/gated', { environment: { HF_TOKEN: 'good' } });
    await fetchModel('hf:ann/private', { environment: { HF_TOKEN: 'good' } });
  });

  it.each([
    [
      'the model',
      'hf:ann/nothing',
      /no model http.*\/ann\/nothing, or it is private: set HF_TOKEN/,
    ],
    ['the revision', 'hf:ann/model@v9', /no such revision/],
    ['the quant', 'hf:ann/model:Q5_K_M', /no Q5_K_M.*There are F16, Q4_K_M, Q8_0/],
    ['the file', 'hf:ann/model/x.gguf', /no file x.gguf/],
  ])('has not %s says so', async (_, asked, message) => {
    const error = await failure(fetchModel(asked));
    expect(error.reason).toBe('not-found');
    expect(error.message).toMatch(message);
  });
});
