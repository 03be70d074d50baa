import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createFakeCli, type FakeCli } from '../../../test/support/fake-cli.ts';
import { createFakeHub, sha256, type FakeHub } from '../../../test/support/fake-hub.ts';
import type { CachedModel, PullProgress } from '../../hub/index.ts';
import { createOutput } from '../output.ts';
import { createPullReport } from './pull-report.ts';
import { TransferRate } from './transfer-rate.ts';

const commit = 'a'.repeat(40);
const files = {
  'm-Q4_K_M.gguf': Buffer.alloc(2_000_000, 4),
  'f/m-F16-00001-of-00002.gguf': Buffer.alloc(2000, 1),
  'f/m-F16-00002-of-00002.gguf': Buffer.alloc(1000, 2),
};

let hub: FakeHub;
let cli: FakeCli;
beforeEach(async () => {
  hub = await createFakeHub({
    'ann/model': { commits: { [commit]: files }, refs: { main: commit } },
  });
  cli = await createFakeCli({});
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const pull = (line: string, options: Parameters<FakeCli['run']>[1] = {}) =>
  cli.run(['pull', ...line.split(' ')], {
    ...options,
    env: { HF_HOME: path.join(cli.folder, 'hf'), HF_ENDPOINT: hub.endpoint, ...options.env },
  });
const snapshot = `{folder}/hf/hub/models--ann--model/snapshots/${commit}`;

describe('trimtab pull', () => {
  it('fetches, says how far it is in a pipe, and prints where the model is', async () => {
    const { code, stdout, stderr } = await pull('hf:ann/model');
    expect([code, stdout]).toEqual([
      0,
      `hf:ann/model/m-Q4_K_M.gguf@${commit}\n  ${snapshot}/m-Q4_K_M.gguf  1.9 MiB\n`,
    ]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toBe('m-Q4_K_M.gguf: fetching 1.9 MiB');
    expect(lines.at(-1)).toBe('m-Q4_K_M.gguf: 1.9 MiB are there');
    expect(lines.length).toBeLessThan(13);
    for (const line of lines.slice(1, -1))
      expect(line).toMatch(/^m-Q4_K_M\.gguf: \d+ %, of 1.9 MiB/);
  });

  it('is silent with --quiet, and one document with --json', async () => {
    const { code, stdout, stderr } = await pull('hf:ann/model:F16 hf:ann/model --json --quiet');
    expect([code, stderr]).toEqual([0, '']);
    const models = JSON.parse(stdout) as CachedModel[];
    expect(models.map(({ name, bytes, files: parts }) => [name, bytes, parts.length])).toEqual([
      [`hf:ann/model/f/m-F16-00001-of-00002.gguf@${commit}`, 3000, 2],
      [`hf:ann/model/m-Q4_K_M.gguf@${commit}`, 2_000_000, 1],
    ]);
  });

  it('draws a line on a terminal, and leaves one for each file', async () => {
    const { code, stderr } = await pull('hf:ann/model:F16', { columns: 80 });
    expect(code).toBe(0);
    expect(stderr).toMatch(/✓.* m-F16-00001-of-00002.gguf \(1 of 2\) {2}.*2\.0 KiB/);
    expect(stderr).toMatch(/✓.* m-F16-00002-of-00002.gguf \(2 of 2\) {2}.*1000 B/);
    expect(stderr.endsWith('\u001B[?25h')).toBe(true);
  });

  it('says that what has come stays, where it is interrupted', async () => {
    const controller = new AbortController();
    hub.fail('/cdn/', { stallAfter: 1_000_000 });
    const pulling = pull('hf:ann/model', { signal: controller.signal });
    const blobs = path.join(cli.folder, 'hf/hub/models--ann--model/blobs');
    const part = `${sha256(files['m-Q4_K_M.gguf'])}.trimtab.incomplete`;
    const bytes = () =>
      stat(path.join(blobs, part)).then(
        ({ size }) => size,
        () => 0,
      );
    while ((await bytes()) === 0) await new Promise(setImmediate);
    controller.abort(new Error('no more'));
    const { code, stderr } = await pulling;
    expect(code).toBe(1);
    expect(stderr).toContain('What has come stays: the same command goes on from there.');
    expect((await pull('hf:ann/model')).stderr).toMatch(/fetching 1.9 MiB, of which .* are there/);
  });

  it.each([
    ['what is no name', 'ann/model', 2, /^error: model: "ann\/model" names no model/],
    ['what is not there', 'hf:ann/model:Q8_0', 1, /^error: .*There are F16, Q4_K_M\.$/m],
    ['what needs a token', 'hf:bob/model', 1, /HF_TOKEN/],
  ])('refuses %s', async (_, line, code, message) => {
    const ended = await pull(line);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(message);
  });
});

describe('a recipe with a model of the hub', () => {
  const fromHub = `
name: far
models: { large: { file: hf:ann/small/large.gguf, prompt: raw } }
base: large
sampling: { temperature: 0 }
engine: { contextLength: 256, maxSequences: 2, threads: 1 }
`;
  const env = () => ({ HF_HOME: path.join(cli.folder, 'hf'), HF_ENDPOINT: hub.endpoint });

  beforeEach(async () => {
    hub.repos['ann/small'] = {
      commits: { [commit]: { 'large.gguf': Buffer.from('no weights: fakes have none') } },
      refs: { main: commit },
    };
    await writeFile(path.join(cli.folder, 'far.yaml'), fromHub);
  });

  it.each([
    ['run', ['run', '{far.yaml}', 'Where?']],
    ['eval', ['eval', '{far.yaml}', '--format', 'text', '--recipe', '{far.yaml}']],
    ['check', ['check', '{far.yaml}']],
    ['serve', ['serve', '{far.yaml}']],
  ])('says what %s lacks, and how to fetch it', async (_, args) => {
    const { code, stdout, stderr } = await cli.run(args, { env: env() });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^error: \S*far\.yaml:3:26: models\.large\.file: hf:ann\/small\/large\.gguf is not in the cache\. .*: trimtab pull hf:ann\/small\/large\.gguf$/m,
    );
    expect(hub.requests).toEqual([]);
  });

  it('is answered once it was pulled, or with --pull', async () => {
    const line = ['run', '{far.yaml}', '--max-tokens', '3', '--seed', '1', 'Where?'];
    const pulled = await cli.run([...line, '--pull'], { env: env() });
    expect(pulled.code).toBe(0);
    expect(pulled.stderr).toContain('large.gguf: fetching 27 B');
    const asked = hub.requests.length;
    const { stdout, stderr } = await cli.run([...line, '--pull'], { env: env() });
    expect([stdout, stderr]).toEqual([pulled.stdout, expect.not.stringContaining('fetching')]);
    expect(hub.requests).toHaveLength(asked);
  });

  it('is fetched by a server, not for one', async () => {
    const { code, stderr } = await cli.run([
      'run',
      'far',
      '--url',
      hub.endpoint,
      '--pull',
      'Where?',
    ]);
    expect([code, stderr]).toEqual([
      2,
      'error: --pull is for `trimtab serve`: the server has the models.\n',
    ]);
  });
});

describe('the report of a pull', () => {
  const progress = (receivedBytes: number, more: Partial<PullProgress> = {}): PullProgress => ({
    file: 'm.gguf',
    number: 1,
    count: 1,
    bytes: 10_000_000,
    receivedBytes,
    state: 'fetching',
    ...more,
  });

  function report(columns?: number) {
    let written = '';
    let ms = 0;
    const stream = {
      isTTY: columns !== undefined,
      columns: columns ?? 0,
      write: (text: string) => (written += text),
    };
    const shown = createPullReport(createOutput(stream, ['--no-color'], {}), () => ms);
    return {
      at: (time: number, ...given: Parameters<typeof progress>): string => {
        written = '';
        ms = time;
        shown.update(progress(...given));
        return written;
      },
    };
  }

  it('says rate and time left, and what it waits for', () => {
    const { at } = report();
    expect(at(0, 1_000_000)).toBe('m.gguf: fetching 9.5 MiB, of which 977 KiB are there\n');
    expect(at(500, 1_900_000)).toBe('');
    expect(at(1000, 2_000_000)).toBe('m.gguf: 20 %, of 9.5 MiB, 977 KiB/s, 0:08 left\n');
    expect(at(1000, 2_000_000, { state: 'waiting', message: 'busy; again in 7 s' })).toBe(
      'm.gguf: busy; again in 7 s\n',
    );
    expect(at(2000, 10_000_000, { state: 'done' })).toBe('m.gguf: 9.5 MiB are there\n');
  });

  it('fits a narrow terminal, and is not drawn at every byte', () => {
    const { at } = report(60);
    expect(at(0, 0)).toContain('m.gguf');
    expect(at(50, 100_000)).toBe('');
    expect(at(1000, 5_000_000)).toContain('50 %  of 9.5 MiB  4.8 MiB/s  0:01 left');
  });

  /** The lines that a terminal shows, without what moves the cursor. */
  const linesOf = (written: string) =>
    stripVTControlCharacters(written).replaceAll('\r', '').trimEnd().split('\n');

  it('draws a bar with rate and time left, and below it what it waits for', () => {
    const { at } = report(90);
    const bar = (filled: number) => `${'━'.repeat(filled)}${'╌'.repeat(30 - filled)}`;
    expect(linesOf(at(0, 0))).toEqual([`m.gguf  ${bar(0)}  0 %  of 9.5 MiB`]);
    expect(linesOf(at(100, 100_000))).toEqual([
      `m.gguf  ${bar(0)}  1 %  of 9.5 MiB  977 KiB/s  0:10 left`,
    ]);
    expect(at(199, 200_000)).toBe('');
    expect(linesOf(at(210, 5_000_000, { state: 'waiting', message: 'busy\u0007' }))).toEqual([
      `m.gguf  ${bar(15)}  50 %  of 9.5 MiB  22.7 MiB/s  0:01 left`,
      String.raw`  busy\x07`,
    ]);
    expect(linesOf(at(220, 5_000_000, { state: 'waiting' }))[0]).toContain('50 %');
    expect(linesOf(at(230, 10_000_000, { state: 'done' }))).toEqual(['✓ m.gguf  9.5 MiB']);
  });

  it('begins a rate, and is drawn at once, with each file', () => {
    const parts = { number: 2, count: 3, file: 'f/n.gguf' };
    const { at } = report(80);
    at(0, 0);
    at(1000, 5_000_000);
    expect(linesOf(at(1001, 6_000_000, parts))[0]).toMatch(
      /^n\.gguf \(2 of 3\)  .*  60 %  of 9\.5 MiB$/,
    );
    const piped = report();
    piped.at(0, 0);
    expect(piped.at(1000, 1_000_000)).toBe('m.gguf: 10 %, of 9.5 MiB, 977 KiB/s, 0:09 left\n');
    expect(piped.at(2000, 2_000_000, parts)).toBe(
      'n.gguf (2 of 3): fetching 9.5 MiB, of which 1.9 MiB are there\n',
    );
    expect(piped.at(12_000, 3_000_000, parts)).toBe(
      'n.gguf (2 of 3): 30 %, of 9.5 MiB, 97.7 KiB/s, 1:10 left\n',
    );
  });

  it('says a line for a tenth, a second apart, but nothing of a file that is whole', () => {
    const { at } = report();
    expect(at(0, 0)).toBe('m.gguf: fetching 9.5 MiB\n');
    expect(at(999, 1_000_000)).toBe('');
    expect(at(1000, 1_000_000)).toMatch(/^m\.gguf: 10 %/);
    expect(at(2000, 1_999_999)).toBe('');
    expect(at(2001, 2_000_000)).toMatch(/^m\.gguf: 20 %/);
    expect(at(9000, 10_000_000)).toBe('');
    expect(at(9000, 10_000_000, { state: 'done' })).toBe('m.gguf: 9.5 MiB are there\n');
    const there = report();
    expect(there.at(0, 10_000_000, { state: 'done' })).toBe('m.gguf: 9.5 MiB are there\n');
  });

  it('names the hub before there is a file, and knows files of no bytes', () => {
    const { at } = report();
    expect(at(0, 0, { file: '', state: 'waiting', message: 'again in 2 s' })).toBe(
      'the hub: again in 2 s\n',
    );
    expect(report(80).at(0, 0, { bytes: 0 })).toContain('100 %  of 0 B');
  });

  it('forgets a rate of long ago, and of what began anew', () => {
    const rate = new TransferRate();
    expect(rate.bytesPerSecond).toBeNull();
    for (let second = 0; second <= 60; second++) rate.add(second * 1000, second * 100);
    expect(rate.bytesPerSecond).toBe(100);
    for (let second = 61; second <= 90; second++) rate.add(second * 1000, 6000);
    expect(rate.bytesPerSecond).toBe(0);
    rate.add(91_000, 0);
    rate.add(92_000, 50);
    expect(rate.bytesPerSecond).toBe(50);
  });
});
