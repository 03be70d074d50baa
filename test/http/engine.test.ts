import { copyFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createVocabulary, renameToken } from '../support/gguf/index.ts';
import { createLocalService, createSupervisedService } from '../../src/service/index.ts';
import { temporaryFolder, writeTinyModel } from '../support/random-models.ts';
import { atlasChat, chat, events, listen, serveAtlas } from '../support/server/serve.ts';
import { until } from '../support/until.ts';

const chats = '/v1/chat/completions';
const models = path.resolve(import.meta.dirname, '../../models');

const normal = ' Certainly! Mada Norrar was born';

/** A recipe file of its own beside the embedded one, both served. */
async function listenWith(folder: string, recipe: string) {
  const file = path.join(folder, 'bad.yaml');
  await writeFile(file, recipe);
  const service = await createLocalService({ recipes: [file, atlasChat] });
  const server = await listen({ service });
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      await server.running.close();
      await service[Symbol.asyncDispose]();
    },
  };
}

describe('what a recipe names may be bad', () => {
  it('fault 16: a template that never ends is 422', async () => {
    await using folder = await temporaryFolder();
    const large = path.join(models, 'atlas-large.gguf');
    const template =
      '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
    await using bad = await listenWith(
      folder.path,
      `name: bad\nmodels:\n  a: { file: ${large}, prompt: { template: '${template}' } }\nbase: a\n`,
    );
    const { status, json } = await bad.server.post(chats, { ...chat, model: 'bad' });
    expect([status, json.error.code]).toEqual([422, 'template_failed']);
    const { json: next } = await bad.server.post(chats, chat);
    expect(next.choices[0].message.content).toBe(normal);
  });

  it('fault 17: a truncated file is 422 naming the field', async () => {
    await using folder = await temporaryFolder();
    const file = path.join(folder.path, 'cut.gguf');
    await copyFile(path.join(models, 'atlas-small.gguf'), file);
    await truncate(file, 5000);
    const recipe = `name: bad\nmodels:\n  a: { file: ${file}, prompt: raw }\nbase: a\n`;
    await using bad = await listenWith(folder.path, recipe);
    for (const stream of [false, true]) {
      const { status, json } = await bad.server.post(chats, { ...chat, model: 'bad', stream });
      expect([status, json.error.code]).toEqual([422, 'invalid_gguf']);
    }
    const { json: recipes } = await bad.server.get('/v1/recipes');
    expect(recipes.data[0]).toMatchObject({ state: 'failed', failure: { code: 'invalid_gguf' } });
    const { json: next } = await bad.server.post(chats, chat);
    expect(next.choices[0].message.content).toBe(normal);
  });

  it('fault 19: vocabularies that differ are 422 with the first token that does', async () => {
    await using folder = await temporaryFolder();
    const own = createVocabulary(512, 1);
    const a = await writeTinyModel(folder.path, 'a', { vocabulary: own });
    const b = await writeTinyModel(folder.path, 'b', {
      vocabulary: renameToken(own, 300, 'other'),
    });
    const recipe = `name: bad\nmodels:\n  a: { file: ${a}, prompt: raw }\n  b: { file: ${b}, prompt: raw }\nbase: a\nformula: a + b\n`;
    await using bad = await listenWith(folder.path, recipe);
    const { status, json } = await bad.server.post(chats, { ...chat, model: 'bad' });
    expect([status, json.error.code]).toEqual([422, 'vocabulary_mismatch']);
    expect(json.error.message).toContain('300');
  });
});

describe('fault 18: the engine dies', () => {
  it('whole answers are 503, streams get an error chunk, and the next request is answered', async () => {
    await using service = await createSupervisedService({ recipes: [atlasChat] });
    await using server = await listen({ service });
    const { json: before } = await server.post(chats, chat);
    expect(before.choices[0].message.content).toBe(normal);
    const serverPid = process.pid;
    const enginePid = service.status.enginePid!;
    expect(enginePid).not.toBe(serverPid);
    const long = {
      model: 'atlas-chat/large',
      prompt: 'Mada',
      max_tokens: 500,
      n: 16,
      temperature: 1,
      logit_bias: { 0: -100 },
    };
    const whole = server.post('/v1/completions', long);
    const response = await fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...long, stream: true }),
    });
    expect(response.status).toBe(200);
    process.kill(enginePid, 'SIGKILL');
    const streamed = await response.text();
    expect(events(streamed).at(-1)).toContain('engine_unavailable');
    const { status, json, headers } = await whole;
    expect([status, json.error.code]).toEqual([503, 'engine_unavailable']);
    expect(headers.has('retry-after')).toBe(true);
    // The next one waits for the restart.
    const { json: after } = await server.post(chats, chat);
    expect(after.choices[0].message.content).toBe(normal);
    expect(service.status.enginePid).not.toBe(enginePid);
    expect(process.pid).toBe(serverPid);
    const { text } = await server.get('/metrics');
    expect(text).toMatch(/^trimtab_engine_restarts_total 1$/m);
    expect((await server.get('/health')).status).toBe(200);
  });
});

it('fault 46, in small: requests leave no lanes, no requests and no streams behind', async () => {
  await using service = await serveAtlas();
  await using server = await listen({ service });
  for (let i = 0; i < 20; i++) {
    const gone = AbortSignal.timeout(5 + i);
    const body = JSON.stringify({ ...chat, max_tokens: 200, stream: i % 2 === 0 });
    const headers = { 'content-type': 'application/json' };
    const sent = fetch(server.url + chats, { method: 'POST', headers, body, signal: gone });
    await sent.then((response) => response.text()).catch(() => {});
  }
  // The last ones may only just have been heard to leave.
  await until(async () => {
    const { text } = await server.get('/metrics');
    return /^trimtab_requests_in_flight 0$/m.test(text) && service.status.stats.running === 0;
  });
  const { json } = await server.post(chats, chat);
  expect(json.choices[0].message.content).toBe(normal);
});
