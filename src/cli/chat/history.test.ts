import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { ChatHistory } from './history.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-history-'));
  file = path.join(folder, 'new', 'chat-history');
});
afterEach(() => rm(folder, { recursive: true }));

it('keeps what was typed, for its owner alone', async () => {
  const history = ChatHistory.open(file);
  for (const line of ['one', ' ', 'two']) history.add(line);
  expect(ChatHistory.open(file).latestFirst).toEqual(['two', 'one']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
});

it('keeps the latest thousand', async () => {
  const lines = Array.from({ length: 2001 }, (_, i) => `line ${i}`);
  ChatHistory.open(file).add(lines.join('\n'));
  const { latestFirst } = ChatHistory.open(file);
  expect([latestFirst.length, latestFirst[0]]).toEqual([1000, 'line 2000']);
  expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toEqual(lines.slice(-1000));
});

it('does without a file that cannot be one', async () => {
  await writeFile(path.join(folder, 'new'), '');
  for (const place of [undefined, file, folder]) {
    const history = ChatHistory.open(place);
    expect(history.latestFirst).toEqual([]);
    expect(() => history.add('one')).not.toThrow();
  }
});
