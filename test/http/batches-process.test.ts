import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import OpenAI, { toFile } from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { uniformAt } from '../../src/math/index.ts';
import { startPostgres, withoutPostgres, type TestPostgres } from '../support/postgres.ts';
import { serveProcess, type ServeProcess } from '../support/server/serve-process.ts';
import { atlasChat, question } from '../support/server/serve.ts';
import { until } from '../support/until.ts';

/** TRIMTAB_BATCH=2000,20 is the long run: so many items, and so many kills. */
const [items, kills] = (process.env['TRIMTAB_BATCH'] ?? '40,3').split(',').map(Number) as [
  number,
  number,
];

/** As long as it takes: 15 seconds a kill, which begins a server anew, and a tenth of a second an item. */
const timeout = 600_000 + 15_000 * kills + 100 * items;

let folder: string;
const running = new Set<ServeProcess>();

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-batches-'));
});
afterEach(async () => {
  for (const server of running) await kill(server);
  await rm(folder, { recursive: true });
});

async function serve(...store: string[]): Promise<ServeProcess> {
  const server = await serveProcess([atlasChat, ...store]);
  running.add(server);
  return server;
}

async function kill(server: ServeProcess): Promise<void> {
  server.process.kill('SIGKILL');
  await server.ended;
  running.delete(server);
}

const clientOf = ({ url }: ServeProcess) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 5 });

const ids = Array.from({ length: items }, (_, i) => `item-${i}`);
const body = { model: 'atlas-chat', messages: question, max_tokens: 2 };

async function create(server: ServeProcess): Promise<string> {
  const client = clientOf(server);
  const lines = ids.map((custom_id) =>
    JSON.stringify({ custom_id, method: 'POST', url: '/v1/chat/completions', body }),
  );
  const file = await client.files.create({
    purpose: 'batch',
    file: await toFile(Buffer.from(lines.join('\n')), 'in.jsonl'),
  });
  const batch = {
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  } as const;
  return (await client.batches.create(batch)).id;
}

async function completed(server: ServeProcess, id: string): Promise<number> {
  return (await clientOf(server).batches.retrieve(id)).request_counts!.completed;
}

/** Every item once, in its order, and all answered alike. */
const everyItem = ids.map((id) => [id, ' Certainly']);

/** What each item was answered. */
async function answersOf(server: ServeProcess, id: string): Promise<unknown[]> {
  const client = clientOf(server);
  await until(async () => (await client.batches.retrieve(id)).status === 'completed');
  const batch = await client.batches.retrieve(id);
  expect(batch.request_counts).toEqual({ total: items, completed: items, failed: 0 });
  expect(batch.error_file_id).toBeNull();
  const text = await (await client.files.content(batch.output_file_id!)).text();
  const answers = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  // Of what was begun and not ended, nothing is seen.
  expect((await client.files.list()).data.map(({ purpose }) => purpose).toSorted()).toEqual([
    'batch',
    'batch_output',
  ]);
  return answers.map(({ custom_id, response }) => [
    custom_id,
    response.body.choices[0].message.content,
  ]);
}

/** Moments of the kills, in answers: spread over the batch. */
const moments = (seed: number) =>
  Array.from({ length: kills }, (_, i) =>
    Math.floor(((i + uniformAt(seed, i)) * items) / (kills + 1)),
  );

describe('fault 35: kill −9 in the middle of a batch', () => {
  it('loses no answer and keeps none twice, in a file', { timeout }, async () => {
    let server = await serve('--data-dir', folder);
    const id = await create(server);
    for (const moment of moments(1)) {
      await until(async () => (await completed(server, id)) >= moment);
      await kill(server);
      server = await serve('--data-dir', folder);
    }
    expect(await answersOf(server, id)).toEqual(everyItem);
  });
});

describe.skipIf(withoutPostgres !== undefined)('two servers of one Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('answer one batch together, whichever of them is killed', { timeout }, async () => {
    const start = () => serve('--store', postgres.url);
    const servers = [await start(), await start()];
    const id = await create(servers[0]!);
    for (const [i, moment] of moments(2).entries()) {
      const victim = i % 2;
      await until(async () => (await completed(servers[1 - victim]!, id)) >= moment);
      await kill(servers[victim]!);
      servers[victim] = await start();
    }
    expect(await answersOf(servers[0]!, id)).toEqual(everyItem);
    expect((await clientOf(servers[1]!).batches.retrieve(id)).status).toBe('completed');
  });
});
