import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { recipe, root, trimtabProcess } from '../support/command.ts';
import { serveProcess } from '../support/server/serve-process.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-modules-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Where Node writes what each process has run, and thereby what it has loaded. */
const newRecord = () => mkdtemp(path.join(folder, 'record-'));
const recordedIn = (record: string) => ({ NODE_V8_COVERAGE: record });

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** The folders of `dist/` that a process has loaded files of, sorted. */
async function readRooms(record: string, pid: number | undefined): Promise<string[]> {
  const written = (await readdir(record)).find((name) => name.startsWith(`coverage-${pid}-`))!;
  const { result } = JSON.parse(await readFile(path.join(record, written), 'utf8')) as Coverage;
  const rooms = result
    .filter(({ url }) => url.startsWith('file:'))
    .map(
      ({ url }) => path.relative(path.join(root, 'dist'), fileURLToPath(url)).split(path.sep)[0]!,
    );
  return [...new Set(rooms)].filter((room) => room !== '..').toSorted();
}

async function roomsOf(...args: string[]): Promise<string[]> {
  const record = await newRecord();
  let pid: number | undefined;
  const { code } = await trimtabProcess(args, {
    env: recordedIn(record),
    onOutput: (process) => (pid = process.pid),
  });
  expect(code).toBe(0);
  return readRooms(record, pid);
}

/** What decodes, what only that needs, and what reads the headers of models. */
const engineRooms = new Set(['engine', 'gguf', 'grammar', 'llama', 'prompt', 'reward']);
const engineOf = (rooms: readonly string[]) => rooms.filter((room) => engineRooms.has(room));

it('a server loads nothing of its engine, and whoever asks it not even what reads recipes', async () => {
  const record = await newRecord();
  const server = await serveProcess([recipe, '--data-dir', folder], recordedIn(record));
  try {
    expect(await roomsOf('ls', '--url', server.url)).toEqual([
      'cli',
      'faults',
      'math',
      'options',
      'service',
      'spec',
      'waiting',
    ]);
  } finally {
    server.process.kill();
  }
  expect(await server.ended).toMatchObject({ code: 0 });
  const rooms = await readRooms(record, server.process.pid);
  expect(rooms).toEqual(expect.arrayContaining(['recipe', 'server', 'service']));
  expect(engineOf(rooms)).toEqual([]);
});

it('profiles are listed without an engine', async () => {
  const rooms = await roomsOf('profile', 'list', '--data-dir', path.join(folder, 'profiles'));
  expect(rooms).toEqual(expect.arrayContaining(['profiles', 'service', 'store']));
  expect(engineOf(rooms)).toEqual([]);
});

it('help is shown without what commands work with', async () => {
  expect(await roomsOf('--help')).toEqual(['cli', 'faults', 'options', 'spec']);
});
