import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';

import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createServer } from '../index.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import { listen } from '../../../test/support/server/serve.ts';

const chat = { model: 'fake', messages: [{ role: 'user', content: 'Hello' }] };

const routes = [
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/completions'],
  ['POST', '/v1/responses'],
  ['POST', '/v1/responses/input_tokens'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/fake'],
  ['GET', '/v1/models/fake/base'],
  ['GET', '/v1/recipes'],
  ['POST', '/tokenize'],
  ['POST', '/detokenize'],
  ['GET', '/tokenizer_info'],
  ['GET', '/metrics'],
  ['GET', '/openapi.json'],
  ['GET', '/nowhere'],
] as const;

/** Statuses with headers that fetch does not let one send. */
function statusWith(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A logger, and what it wrote. */
function recorder() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, logger: pino({ level: 'trace' }, stream) };
}

describe('fault 24: no key, or a wrong one', () => {
  const keys = ['first-secret-key', 'second-secret-key'];

  it.each(routes)('%s %s is 401', async (method, route) => {
    await using server = await listen({ service: new FakeService(), keys });
    for (const authorization of ['', 'Bearer wrong', 'Bearer first-secret-ke', 'Basic x']) {
      const response = await fetch(server.url + route, { method, headers: { authorization } });
      expect(response.status).toBe(401);
      const body = (await response.json()) as { error: unknown };
      expect(body.error).toMatchObject({ code: 'invalid_api_key', type: 'authentication_error' });
    }
  });

  it.each(keys)('%s lets in; /health needs none', async (key) => {
    await using server = await listen({ service: new FakeService(), keys });
    const headers = { authorization: `Bearer ${key}` };
    expect((await server.post('/v1/chat/completions', chat, headers)).status).toBe(200);
    expect((await server.get('/health')).status).toBe(200);
  });

  it('any token passes where there is no key', async () => {
    await using server = await listen({ service: new FakeService() });
    const headers = { authorization: 'Bearer sk-anything' };
    expect((await server.post('/v1/chat/completions', chat, headers)).status).toBe(200);
  });

  it('keys make owners, and are never logged; nor are prompts', async () => {
    const { lines, logger } = recorder();
    const service = new FakeService();
    await using server = await listen({ service, keys, logger });
    for (const key of keys) {
      await server.post('/v1/chat/completions', chat, { authorization: `Bearer ${key}` });
    }
    await server.post('/v1/chat/completions', chat, { authorization: 'Bearer wrong-key' });
    const owners = service.requests.map(({ owner }) => owner);
    expect(new Set(owners).size).toBe(2);
    const log = lines.join('');
    expect(log).toMatch(/"status":200/);
    for (const secret of [...keys, 'wrong-key', 'Hello', ...owners]) {
      expect(log).not.toContain(secret);
    }
  });

  it('prompts are logged when that is asked for', async () => {
    const { lines, logger } = recorder();
    await using server = await listen({ service: new FakeService(), logger, logPrompts: true });
    await server.post('/v1/chat/completions', chat);
    expect(lines.join('')).toContain('Hello');
  });
});

describe('fault 25: listening for others without a key', () => {
  it.each(['0.0.0.0', '::', '192.168.1.4', 'example.org'])('%s is refused', (host) => {
    expect(() => createServer({ service: new FakeService(), host })).toThrow(/give a key/);
  });

  it.each(['127.0.0.1', '127.0.0.2', 'localhost', '::1'])('%s is the loopback', (host) => {
    expect(() => createServer({ service: new FakeService(), host })).not.toThrow();
  });

  it('an empty key is none', () => {
    expect(() => createServer({ service: new FakeService(), keys: [' '] })).toThrow(/key is empty/);
  });

  it('a key opens the rest', () => {
    const options = { service: new FakeService(), host: '0.0.0.0', keys: ['k'] };
    expect(() => createServer(options)).not.toThrow();
  });
});

describe('fault 26: foreign hosts, foreign origins, forms', () => {
  it('a rebound name is 403', async () => {
    await using server = await listen({ service: new FakeService() });
    const { port } = new URL(server.url);
    const statuses = [];
    for (const host of [
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
    ]) {
      statuses.push(await statusWith(`${server.url}/v1/models`, { host }));
    }
    expect(statuses).toEqual([403, 403, 200, 200, 200, 200]);
  });

  it('a name that was configured passes', async () => {
    const service = new FakeService();
    await using server = await listen({ service, allowedHosts: ['models.example'] });
    const headers = { host: 'models.example:80' };
    expect(await statusWith(`${server.url}/v1/models`, headers)).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'http://localhost:1'])(
    'origin %s is 403',
    async (origin) => {
      await using server = await listen({ service: new FakeService() });
      const { status, json } = await server.post('/v1/chat/completions', chat, { origin });
      expect([status, json.error.code]).toEqual([403, 'forbidden_origin']);
      expect((await server.post('/v1/chat/completions', chat)).status).toBe(200);
    },
  );

  it('its own origin passes, and one that was configured, with CORS', async () => {
    const service = new FakeService();
    const origin = 'https://chat.example';
    await using server = await listen({ service, allowedOrigins: [origin] });
    const own = await server.post('/v1/chat/completions', chat, { origin: server.url });
    expect(own.status).toBe(200);
    const other = await server.post('/v1/chat/completions', chat, { origin });
    expect(other.headers.get('access-control-allow-origin')).toBe(origin);
    const preflight = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    'a post of %s is 415',
    async (type) => {
      const service = new FakeService();
      await using server = await listen({ service });
      const body = JSON.stringify(chat);
      const { status } = await server.post('/v1/chat/completions', body, { 'content-type': type });
      expect(status).toBe(415);
      expect(service.requests).toHaveLength(0);
    },
  );
});

describe('the page', () => {
  let folder: string;
  let page: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trimtab-page-'));
    page = path.join(folder, 'page');
    await mkdir(path.join(page, 'assets'), { recursive: true });
    await writeFile(path.join(page, 'index.html'), '<!doctype html><p>Trimtab');
    await writeFile(path.join(page, 'assets/a.js'), 'export {};');
    await writeFile(path.join(folder, 'secret.txt'), 'secret');
    await symlink(path.join(folder, 'secret.txt'), path.join(page, 'link.txt'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('is served to everybody, with its types', async () => {
    await using server = await listen({ service: new FakeService(), keys: ['k'], page });
    const index = await server.get('/');
    expect([index.status, index.text]).toEqual([200, '<!doctype html><p>Trimtab']);
    expect(index.headers.get('content-type')).toMatch(/^text\/html/);
    const script = await server.get('/assets/a.js');
    expect(script.headers.get('content-type')).toMatch(/javascript/);
    expect((await server.get('/v1/models')).status).toBe(401);
  });

  it('fault 27: nothing it shows can run or be framed', async () => {
    await using server = await listen({ service: new FakeService(), page });
    for (const { headers } of [await server.get('/'), await server.get('/v1/models')]) {
      const policy = headers.get('content-security-policy');
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const service = new FakeService({
      next: async (index) => (index === 0 ? '<script>alert(1)</script>' : undefined),
    });
    await using scripted = await listen({ service });
    const { json, headers } = await scripted.post('/v1/chat/completions', chat);
    expect(json.choices[0].message.content).toBe('<script>alert(1)</script>');
    expect(headers.get('content-type')).toBe('application/json');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    String.raw`/..\secret.txt`,
    '/assets/../../secret.txt',
    '/link.txt',
    '/%00',
    '//etc/passwd',
  ])('nothing outside of it is served: %s', async (target) => {
    await using server = await listen({ service: new FakeService(), page });
    const { status, text } = await rawGet(server.url, target);
    expect(text).not.toContain('secret');
    expect([400, 403, 404]).toContain(status);
    expect((await server.get('/')).status).toBe(200);
  });
});

/** A path as it is, which fetch would tidy. */
function rawGet(url: string, target: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: target, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('fault 28: control characters', () => {
  it('are escaped in the log', async () => {
    const { lines, logger } = recorder();
    const recipeName = 'a\u001B[31m\nb\u009B2J\u2028\u202Ec';
    await using server = await listen({
      service: new FakeService({ recipe: { name: recipeName } }),
      logger,
    });
    await server.post('/v1/chat/completions', { ...chat, model: recipeName });
    await server.post('/v1/chat/completions', { ...chat, model: `${recipeName}?` });
    await server.get('/v1/models/%1B%5B31m');
    expect(lines.join('').replaceAll('\n', '')).not.toMatch(/[\p{C}\u2028]/u);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      model: String.raw`a\u{1b}[31m\u{a}b\u{9b}2J\u{2028}\u{202e}c`,
    });
  });
});
