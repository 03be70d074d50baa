import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { readComparisonLines } from './comparison-lines.ts';
import { UsageError } from './failure.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-comparisons-'));
  file = path.join(folder, 'data.jsonl');
});
afterAll(() => rm(folder, { recursive: true }));

const good = { user: 'ann', prompt: 'Who?', first: ' A', second: 'B', outcome: 'tie' };

async function read(...lines: readonly unknown[]) {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(file, texts.join('\n'));
  return readComparisonLines(file);
}

it('reads prompts and conversations, and leaves texts as they are', async () => {
  const { prompt: _, ...rest } = good;
  const messages = [{ role: 'user', content: 'Who?' }];
  expect(await read(good, '', { ...rest, messages }, '')).toEqual([
    good,
    { ...rest, prompt: { messages } },
  ]);
});

it.each<[says: string, line: unknown]>([
  ['no JSON', '{'],
  ['user', { ...good, user: undefined }],
  ['outcome', { ...good, outcome: 'third' }],
  ['first', { ...good, first: '' }],
  ['Unrecognized key', { ...good, more: 1 }],
  ['either prompt or messages', { ...good, prompt: undefined }],
  ['either prompt or messages', { ...good, messages: [{ role: 'user', content: 'Who?' }] }],
  ['messages: 0: role', { ...good, messages: [{ role: 'cat', content: 'Who?' }] }],
  ['object', 'null'],
])('refuses a line with its number: %s', async (says, line) => {
  const reading = read(good, '', line);
  await expect(reading).rejects.toBeInstanceOf(UsageError);
  await expect(reading).rejects.toThrow(`${file}:3: `);
  await expect(reading).rejects.toThrow(says);
});

it('refuses a file that is not there', async () => {
  await expect(readComparisonLines(path.join(folder, 'none'))).rejects.toThrow('ENOENT');
});
