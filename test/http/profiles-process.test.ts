import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { uniformAt } from '../../src/math/index.ts';
import { openSqliteStore, storeFileName } from '../../src/store/index.ts';
import { ann, failed, failureOf, isInWork, profiles } from '../support/server/profile-routes.ts';
import { serveProcess, type ServeProcess } from '../support/server/serve-process.ts';
import { createAnn } from '../support/server/serve-profiles.ts';
import type { Json } from '../support/server/serve.ts';
import { until } from '../support/until.ts';

const recipe = path.join(import.meta.dirname, '../../recipes/atlas-profiles.yaml');
const chat = {
  model: 'atlas-profiles',
  messages: [{ role: 'user', content: 'Where was Mada Norrar born?' }],
  max_tokens: 4,
};

let folder: string;
let running: ServeProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-serve-'));
});

afterEach(async () => {
  for (const { process, ended } of running) {
    process.kill('SIGKILL');
    await ended;
  }
  running = [];
  await rm(folder, { recursive: true });
});

async function serve(dataDirectory = folder): Promise<ServeProcess> {
  const served = await serveProcess([recipe, '--data-dir', dataDirectory]);
  running.push(served);
  return served;
}

/** In the default place for data, which nobody named: profiles are opened when they are asked for. */
async function serveByDefault(): Promise<ServeProcess> {
  const served = await serveProcess([recipe], { XDG_DATA_HOME: folder, TRIMTAB_DATA_DIR: '' });
  running.push(served);
  return served;
}

async function end({ process, ended }: ServeProcess, signal: 'SIGTERM' | 'SIGKILL') {
  process.kill(signal);
  return ended;
}

/** Answers `question`s one after the other until the server is gone; notes what was acknowledged. */
async function answerAll(
  server: ServeProcess,
  questions: string[],
  acknowledged: Set<string>,
): Promise<void> {
  for (let question = questions.shift(); question; question = questions.shift()) {
    try {
      const { status } = await server.post(`${ann}/answers`, answerTo(question));
      if (status !== 200) throw new Error(`The answer to ${question} was refused: ${status}.`);
      acknowledged.add(question);
    } catch (error) {
      if (error instanceof TypeError) return; // fetch's word for a server that is gone
      throw error;
    }
  }
}

function answerTo(question: string) {
  const outcomes = ['first', 'second', 'tie', 'neither'];
  return { question, outcome: outcomes[Number(question.slice(1)) % outcomes.length]! };
}

describe('fault 35: kill −9', () => {
  it('loses no answer that was acknowledged, and counts none twice', async () => {
    const first = await serve();
    expect((await createAnn(first, 'atlas-profiles')).status).toBe(201);
    expect(await end(first, 'SIGTERM')).toMatchObject({ code: 0 });
    // As if they had been asked: preparing so many would take minutes.
    const ids = Array.from({ length: 200 }, (_, i) => `q${i}`);
    await ask(ids);
    const acknowledged = new Set<string>();
    const seed = Date.now();
    console.log(`The moments of the kills are those of seed ${seed}.`);
    for (let kill = 0; kill < 3; kill++) {
      const server = await serve();
      const kept = await keptBy(server);
      const known = new Set(kept);
      expect(kept).toHaveLength(known.size);
      expect([...acknowledged].filter((id) => !known.has(id))).toEqual([]);
      // Whoever got no receipt sends the answer again.
      const left = ids.filter((id) => !acknowledged.has(id));
      const clients = Promise.all(
        Array.from({ length: 4 }, () => answerAll(server, left, acknowledged)),
      );
      const enough = acknowledged.size + Math.floor(50 * uniformAt(seed, 2 * kill));
      await until(() => acknowledged.size >= enough);
      await delay(20 * uniformAt(seed, 2 * kill + 1));
      await end(server, 'SIGKILL');
      await clients;
    }
    const last = await serve();
    await answerAll(last, [...ids], acknowledged);
    expect(await keptBy(last)).toHaveLength(ids.length);
    const { answers } = (await last.get(`${ann}/export`)).json;
    const outcomes = answers.map(({ id, outcome }: Json) => ({ question: id as string, outcome }));
    const byId = (a: Json, b: Json) => ids.indexOf(a.question) - ids.indexOf(b.question);
    expect(outcomes.toSorted(byId)).toEqual(ids.map(answerTo));
    const { answers: count, attributes } = (await last.get(ann)).json;
    expect(count).toBe(ids.length);
    for (const { mean, sd } of attributes)
      expect([mean, sd]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(await end(last, 'SIGTERM')).toMatchObject({ code: 0 });
  });

  /** Opens questions for the profile. */
  async function ask(ids: readonly string[]): Promise<void> {
    const file = path.join(folder, storeFileName);
    await using store = await openSqliteStore({ file, now: Date.now });
    const questions = ids.map((id, i) => ({
      id,
      prompt: 'Where was Mada Norrar born?',
      first: `The first answer of ${id}.`,
      second: `The second answer of ${id}.`,
      features: [0, 1, 2, 3].map((k) => 4 * uniformAt(i, k) - 2),
    }));
    await store.addQuestions('local', 'ann', questions);
  }

  async function keptBy(server: ServeProcess): Promise<string[]> {
    const { answers } = (await server.get(`${ann}/export`)).json;
    return answers.map(({ id }: Json) => id as string);
  }
});

describe('trimtab serve', () => {
  it('ends with 0 on SIGTERM while questions are being prepared and waited for', async () => {
    const server = await serve();
    await createAnn(server, 'atlas-profiles');
    let isAnswered = false;
    const waiting = server.get(`${ann}/questions`).finally(() => (isAnswered = true));
    await until(async () => isAnswered || (await isInWork(server)));
    const { code, stderr } = await end(server, 'SIGTERM');
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/"level":50/)]);
    const { status, json } = await waiting;
    expect([status, json.question?.prompt]).toEqual([200, expect.any(String)]);
    const again = await serve();
    expect((await again.get(`${ann}/questions`)).json.question).toMatchObject({
      id: json.question.id,
    });
  });

  it('goes on without the profiles while they cannot be opened', async () => {
    const file = path.join(folder, 'trimtab', storeFileName);
    await mkdir(file, { recursive: true }); // no file, so it cannot be opened
    const server = await serveByDefault();
    expect((await server.get('/health')).json).toMatchObject({ status: 'ok', profiles: 'closed' });
    expect(failureOf(await server.get(profiles))).toEqual(failed(507, 'storage_failed', null));
    expect((await server.get('/health')).json).toMatchObject({ status: 'ok', profiles: 'failed' });
    expect((await server.post('/v1/chat/completions', chat)).status).toBe(200);
    await rm(file, { recursive: true });
    expect((await server.get(profiles)).json).toEqual({ object: 'list', data: [] });
    expect((await server.get('/health')).json).toMatchObject({ status: 'ok', profiles: 'open' });
    // One folder, one server: the other one says so, and answers what needs no profile.
    const other = await serveByDefault();
    expect(failureOf(await other.get(profiles))).toEqual(
      failed(507, 'storage_failed', null, /uses it|in use/),
    );
    expect((await other.post('/v1/chat/completions', chat)).status).toBe(200);
    expect(await end(server, 'SIGTERM')).toMatchObject({ code: 0 });
    expect((await other.get(profiles)).status).toBe(200);
    // A folder that was named is wrong now or never.
    await expect(serve(path.join(folder, 'trimtab'))).rejects.toThrow(/uses it/);
  });
});
