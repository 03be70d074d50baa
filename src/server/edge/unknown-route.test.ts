import { describe, expect, it } from 'vitest';

import { FakeService } from '../../../test/support/server/fake-service.ts';
import { appOf } from '../../../test/support/server/app.ts';

const app = appOf({ service: new FakeService() });

async function refusal(method: string, path: string): Promise<string> {
  const body = method === 'POST' || method === 'PUT' ? { body: '{}' } : {};
  const headers = { 'content-type': 'application/json' };
  const { status, json } = await app.send(path, { method, headers, ...body });
  expect([status, json.error.code, json.error.param]).toEqual([404, 'route_not_found', null]);
  return json.error.message as string;
}

describe('a route that is not there', () => {
  it.each([
    ['POST', '/v1/chat/completion', 'POST /v1/chat/completions'],
    ['POST', '/chat/completions', 'POST /v1/chat/completions'],
    ['POST', '/v1/v1/chat/completions', 'POST /v1/chat/completions'],
    ['GET', '/v1/chat/completion', 'POST /v1/chat/completions'],
    ['POST', '/v1/completion', 'POST /v1/completions'],
    ['GET', '/v1/model/fake', 'GET /v1/models/fake'],
    ['GET', '/v1/recipe', 'GET /v1/recipes'],
    ['PUT', '/v1/profile', 'POST or GET /v1/profiles'],
    ['GET', '/v1/profiles/ann/question', 'GET /v1/profiles/ann/questions'],
    ['POST', '/tokenise', 'POST /tokenize'],
  ])('%s %s was meant to be %s', async (method, path, meant) => {
    expect(await refusal(method, path)).toBe(
      `No such route. Did you mean ${meant}? GET /openapi.json lists all.`,
    );
  });

  const long = 'a'.repeat(15_000);

  it.each([
    '/',
    '/v1',
    '/nowhere',
    '/api/chat',
    '/__proto__',
    `/${long}`,
    `/v1/profiles/${long}/x`,
  ])('%.20s is like none', async (path) => {
    expect(await refusal('GET', path)).toBe('No such route. GET /openapi.json lists all.');
  });

  it.each([
    ['POST', '/v1/embeddings', 'llama-server --embedding on another port'],
    ['POST', '/embeddings', 'llama-server --embedding on another port'],
    ['POST', '/v1/audio/transcriptions', 'whisper-server'],
    ['POST', '/v1/audio/speech', 'Audio is not served'],
    ['POST', '/v1/images/generations', 'sd-server'],
    ['POST', '/v1/moderations', 'trimtab.reportRewards'],
    ['POST', '/v1/assistants', 'POST /v1/chat/completions'],
    ['GET', '/v1/threads/thread_1/runs', 'Nothing is stored'],
    ['POST', '/v1/uploads', 'send one whole to POST /v1/files'],
    ['POST', '/v1/fine_tuning/jobs', 'trimtab pair make'],
  ])('%s %s is refused with what to use instead', async (method, path, instead) => {
    expect(await refusal(method, path)).toContain(instead);
  });
});

it('a method that is not for a route is refused by name, with those that are', async () => {
  const { status, json, headers } = await app.get('/v1/chat/completions');
  expect([status, json.error.code, headers.get('allow')]).toEqual([
    405,
    'method_not_allowed',
    'POST',
  ]);
  expect(json.error.message).toBe('GET is not for /v1/chat/completions: ask by POST.');
  const { json: other } = await app.send('/v1/profiles', { method: 'DELETE' });
  expect(other.error.message).toBe('DELETE is not for /v1/profiles: ask by POST or GET or HEAD.');
});
