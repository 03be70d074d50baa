import { request } from 'node:http';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FakeService } from '../../../test/support/server/fake-service.ts';
import { createAnn, listenWithProfiles } from '../../../test/support/server/serve-profiles.ts';
import { listen, type Json, type TestServer } from '../../../test/support/server/serve.ts';

const chats = '/v1/chat/completions';
const chat = { model: 'fake', messages: [{ role: 'user', content: 'Hello' }] };

let server: TestServer;
/** It waits for nobody. */
let hasty: TestServer;

beforeAll(async () => {
  const service = new FakeService();
  server = await listen({ service });
  hasty = await listen({ service, limits: { headersTimeoutMs: 300, requestTimeoutMs: 600 } });
});

afterAll(async () => {
  await server.running.close();
  await hasty.running.close();
});

/** What comes back for bytes on a socket, until it is closed. */
function exchange(bytes: string): Promise<{ status: number; error: Json; headers: string }> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(hasty.url).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      const [headers, body] = received.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1]);
      resolve({ status, headers: headers!, error: JSON.parse(body!).error });
    });
    socket.write(bytes);
  });
}

const post = 'POST /tokenize HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

describe('what the HTTP parser refuses has the shape of every other error', () => {
  it.each<[string, string, number, string]>([
    [
      'giant headers',
      `GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['headers that do not end', 'GET /health HTTP/1.1\r\nhost:', 408, 'request_timeout'],
    ['a body that does not end', `${post}content-length: 5\r\n\r\n{`, 408, 'request_timeout'],
    ['no HTTP at all', '\u0000\u0001\r\n\r\n', 400, 'malformed_request'],
    [
      'two lengths',
      `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
      400,
      'malformed_request',
    ],
    [
      'a chunk of no size',
      `${post}transfer-encoding: chunked\r\n\r\nx\r\n`,
      400,
      'malformed_request',
    ],
    [
      'a chunk with a giant extension',
      `${post}transfer-encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n`,
      413,
      'body_too_large',
    ],
    ['no host', 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
    [
      'a target that is none',
      'GET http:// HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      400,
      'malformed_request',
    ],
  ])('%s', async (_, bytes, status, code) => {
    const refused = await exchange(bytes);
    expect(refused).toMatchObject({
      status,
      error: { code, type: 'invalid_request_error', param: null, message: expect.any(String) },
    });
    expect(refused.headers).toMatch(/content-type: application\/json/i);
    expect((await hasty.get('/health')).status).toBe(200);
  });

  it('a body in chunks that is too large', async () => {
    const answered = await new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request(server.url + chats, { method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve(text));
      });
      sent.on('error', reject);
      for (let i = 0; i < 10; i++) sent.write('a'.repeat(1024 * 1024));
      sent.end();
    });
    expect(JSON.parse(answered).error.code).toBe('body_too_large');
  });
});

describe('bodies', () => {
  it.each<[string, number[]]>([
    ['half a character', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['too long a form', [0xc0, 0xaf]],
    ['Latin 1', [0x63, 0x61, 0x66, 0xe9]],
  ])('with %s are no UTF-8', async (_, bytes) => {
    const [before, after] = JSON.stringify({ ...chat, user: '|' }).split('|');
    const body = Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(after!)]);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(server.url + chats, { method: 'POST', headers, body });
    const { error } = (await response.json()) as Json;
    expect([response.status, error.code, error.message]).toEqual([
      400,
      'malformed_json',
      'The body is not UTF-8.',
    ]);
  });

  it.each<[string, number]>([
    ['application/json; charset=utf-8', 200],
    ['application/json;charset="UTF-8"', 200],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=latin1', 415],
  ])('of %s: %i', async (type, status) => {
    expect((await server.post(chats, chat, { 'content-type': type })).status).toBe(status);
  });

  const names = (count: number) => Array.from({ length: count }, (_, i) => `"${i * 7919}":1`);

  it.each<[string, string, string | null]>([
    ['many biases', `{"logit_bias":{${names(500_000).join(',')}}}`, 'logit_bias'],
    [
      'many members, spread',
      `[${names(70_000)
        .map((name) => `{${name}}`)
        .join(',')}]`,
      '[65535]',
    ],
    ['many brackets', `{"messages":${'['.repeat(3_000_000)}`, 'messages'],
    ['deep objects', `{"trimtab":${'{"a":'.repeat(1_000_000)}`, 'trimtab'],
    ['many arrays', `{"stop":[${'[],'.repeat(2_000_000)}1]}`, 'stop'],
    ['many numbers', `{"stop":[${'1,'.repeat(4_000_000)}1]}`, 'stop'],
  ])('of %s are refused before they are parsed', async (_, body, param) => {
    const { status, json } = await server.post(chats, body);
    expect([status, json.error.code, json.error.param]).toEqual([400, 'invalid_option', param]);
    expect(json.error.message).toMatch(/deeper than|more than/);
  });

  it('are no need where a route takes none', { tags: ['slow'] }, async () => {
    await using profiled = await listenWithProfiles();
    await createAnn(profiled);
    const ask = (headers: Record<string, string>, body?: string) =>
      fetch(`${profiled.url}/v1/profiles/ann/reset`, {
        method: 'POST',
        headers,
        ...(body && { body }),
      });
    expect((await ask({})).status).toBe(200);
    expect((await ask({ 'content-type': 'application/json' })).status).toBe(200);
    // What a page elsewhere can send without asking.
    expect((await ask({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await ask({ 'content-type': 'text/plain' }, '{}')).status).toBe(415);
    const missing = await fetch(`${profiled.url}/v1/profiles`, { method: 'POST' });
    expect(missing.status).toBe(400);
  });

  it('import is a route and no profile', async () => {
    await using profiled = await listenWithProfiles();
    for (const method of ['get', 'delete'] as const) {
      const { status, headers } = await profiled[method]('/v1/profiles/import');
      expect([status, headers.get('allow')]).toEqual([405, 'POST']);
    }
    const { status, json } = await profiled.post('/v1/profiles', { id: 'import', recipe: 'taste' });
    expect([status, json.error.param]).toEqual([400, 'id']);
    const other = await profiled.put('/v1/profiles/ann', {});
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE']);
  });
});

describe('names and keys that clients choose by themselves', () => {
  it.each([undefined, null, 'gpt-4o', 'whatever'])('model %j is the only recipe', async (model) => {
    const answered = [
      await server.post(chats, { ...chat, model }),
      await server.post('/v1/completions', { prompt: 'a', model }),
    ];
    expect(answered.map(({ json }) => json.model as string)).toEqual(['fake', 'fake']);
    expect((await server.post('/tokenize', { content: 'a', model })).status).toBe(200);
  });

  it.each(['fake/base', 'fake'])('model %s is called so in the answer', async (model) => {
    expect((await server.post(chats, { ...chat, model })).json.model).toBe(model);
  });

  it.each(['fake/nobody', 'fkae'])('model %s was meant to be another', async (model) => {
    const { status, json } = await server.post(chats, { ...chat, model });
    expect([status, json.error.code]).toEqual([404, 'model_not_found']);
  });

  it('/v1/models/ is /v1/models', async () => {
    const { json } = await server.get('/v1/models/');
    expect(json).toEqual((await server.get('/v1/models')).json);
    expect((await server.get('/v1/models/fake/')).json.id).toBe('fake');
  });

  it('x-api-key is a key, and a wrong bearer is not mended by it', async () => {
    await using locked = await listen({ service: new FakeService(), keys: ['secret'] });
    const status = async (headers: Record<string, string>) =>
      (await locked.get('/v1/models', headers)).status;
    expect(await status({ 'x-api-key': 'secret' })).toBe(200);
    expect(await status({ 'x-api-key': 'wrong' })).toBe(401);
    expect(await status({ authorization: 'Bearer wrong', 'x-api-key': 'secret' })).toBe(401);
  });
});
