import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { NonFiniteLogitsError, QueueFullError } from '../spec/index.ts';
import { FakeService, untilAborted } from '../../test/support/server/fake-service.ts';
import { events, listen, type TestServer } from '../../test/support/server/serve.ts';
import { turns, until } from '../../test/support/until.ts';

const chats = '/v1/chat/completions';
const chat = { model: 'fake', messages: [{ role: 'user', content: 'Hello' }] };

const answers = async (server: TestServer) => (await server.post(chats, chat)).status;

/** What a socket receives until it is closed. */
function receive(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

describe('fault 2: large bodies', () => {
  const large = 9 * 1024 * 1024;

  it('with a length are 413', { tags: ['slow'] }, async () => {
    await using server = await listen({ service: new FakeService() });
    const { status, json } = await server.post(chats, `"${'a'.repeat(large)}"`);
    expect([status, json.error.code]).toEqual([413, 'body_too_large']);
    expect(await answers(server)).toBe(200);
  });

  it('in chunks are 413', { tags: ['slow'] }, async () => {
    await using server = await listen({ service: new FakeService() });
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request(server.url + chats, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      sent.on('error', reject);
      const chunk = 'a'.repeat(1024 * 1024);
      for (let i = 0; i < 10; i++) sent.write(chunk);
      sent.end();
    });
    expect(status).toBe(413);
    expect(await answers(server)).toBe(200);
  });

  it('compressed are 415, whatever is in them', { tags: ['slow'] }, async () => {
    await using server = await listen({ service: new FakeService() });
    const body = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const response = await fetch(server.url + chats, { method: 'POST', headers, body });
    expect(response.status).toBe(415);
    expect(await answers(server)).toBe(200);
  });
});

describe('fault 3: headers and sockets', () => {
  it('giant headers are 431', async () => {
    await using server = await listen({ service: new FakeService() });
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    const received = receive(socket);
    socket.write(`GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(await received).toMatch(/^HTTP\/1.1 431 /);
    expect(await answers(server)).toBe(200);
  });

  it('slow headers and bodies are 408', async () => {
    const limits = { headersTimeoutMs: 100, requestTimeoutMs: 200 };
    await using server = await listen({ service: new FakeService(), limits });
    const { port } = new URL(server.url);
    const body = 'POST /tokenize HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n{';
    for (const start of ['GET /health HTTP/1.1\r\nhost:', body]) {
      const socket = connect(Number(port), '127.0.0.1');
      const received = receive(socket);
      socket.write(start);
      expect(await received).toMatch(/^HTTP\/1.1 4(08|15) /);
    }
    expect(await answers(server)).toBe(200);
  });

  it('garbage is 400', async () => {
    await using server = await listen({ service: new FakeService() });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const received = receive(socket);
    socket.write('\u0000\u0001 not http\r\n\r\n');
    expect(await received).toMatch(/^HTTP\/1.1 400 /);
    expect(await answers(server)).toBe(200);
  });
});

describe('fault 30: more than fits', () => {
  it('a full queue of the engine is 429 with retry-after', async () => {
    const service = new FakeService({
      next: (_, { options }) =>
        options.seed === 1
          ? Promise.reject(new QueueFullError('Nine wait already.', 2.5))
          : Promise.resolve(undefined),
    });
    await using server = await listen({ service });
    for (const stream of [false, true]) {
      const { status, json, headers } = await server.post(chats, { ...chat, seed: 1, stream });
      expect([status, json.error.code]).toEqual([429, 'queue_full']);
      expect(headers.get('retry-after')).toBe('3');
      expect(headers.get('x-should-retry')).toBe('true');
    }
    expect(await answers(server)).toBe(200);
  });

  it('more requests at once than the server takes', async () => {
    const service = new FakeService({ next: (_, asked) => untilAborted(asked) });
    await using server = await listen({ service, limits: { requests: 2, drainMs: 0 } });
    const waiting = [server.post(chats, chat), server.post(chats, chat)];
    await until(() => service.requests.length === 2);
    const { status, json } = await server.post(chats, chat);
    expect([status, json.error.code]).toEqual([429, 'too_many_requests']);
    await server.running.close();
    const statuses = (await Promise.all(waiting)).map((each) => each.status);
    expect(statuses).toEqual([503, 503]);
  });
});

describe('fault 32: a reader that does not read', () => {
  it('is waited for, and nothing piles up', { tags: ['slow'] }, async () => {
    const service = new FakeService({ next: () => Promise.resolve('x'.repeat(10_000)) });
    await using server = await listen({ service });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const body = JSON.stringify({ ...chat, stream: true });
    const head = `POST ${chats} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json`;
    socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    socket.pause();
    let before = -1;
    await until(async () => {
      if (service.taken > 0 && service.taken === before) return true;
      before = service.taken;
      await turns(1000);
      return false;
    });
    // What is under way is in the kernel's buffers: megabytes, not the answer without an end.
    expect(service.taken).toBeLessThan(5000);
    const stalledAt = service.taken;
    socket.resume();
    await until(() => service.taken > stalledAt);
    socket.destroy();
    await until(() => service.left === 1);
    const finite = new FakeService();
    await using next = await listen({ service: finite });
    expect(await answers(next)).toBe(200);
  });
});

describe('a reader that never reads', () => {
  /** Asks and reads nothing, ever; what it goes on writing fails once the server has closed the socket. */
  async function askUnread(server: TestServer, body: object): Promise<void> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const text = JSON.stringify({ ...chat, ...body });
    const head = `POST ${chats} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json`;
    socket.write(`${head}\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    socket.pause();
    let isClosed = false;
    socket.on('error', () => {});
    socket.on('close', () => (isClosed = true));
    await until(() => {
      if (!isClosed) socket.write('\r\n'); // nothing, between two requests
      return isClosed;
    });
  }

  const limits = { stallMs: 200 };

  it.each([1, 4])('loses a stream of %i answers, and its socket', { tags: ['slow'] }, async (n) => {
    const service = new FakeService({ next: () => Promise.resolve('x'.repeat(10_000)) });
    const logged: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
    await using server = await listen({ service, limits, logger });
    await askUnread(server, { stream: true, n });
    await until(() => service.left === n);
    const ended = () => logged.find((line) => line.includes('completionTokens'));
    await until(() => ended() !== undefined);
    expect(ended()).toContain('"reader_stalled"');
    const idle = /^trimtab_requests_in_flight 0$/m;
    await until(async () => idle.test((await server.get('/metrics')).text));
  });

  it('loses a whole answer, and its socket', { tags: ['slow'] }, async () => {
    const service = new FakeService({ result: { text: 'x'.repeat(30_000_000) } });
    await using server = await listen({ service, limits: { stallMs: 20 } });
    await askUnread(server, {});
    // A machine that is busy for so short a time may make a reader that reads look as if it did not.
    let status = 0;
    await until(async () => (status = await answers(server).catch(() => 0)) !== 0);
    expect(status).toBe(200);
  });
});

describe('fault 33: the deadline', () => {
  const service = () =>
    new FakeService({
      next: (index, asked) => (index < 3 ? Promise.resolve('a') : untilAborted(asked)),
    });

  it('is 504 with what was used', async () => {
    await using server = await listen({ service: service(), limits: { deadlineMs: 500 } });
    const { status, json, headers } = await server.post(chats, chat);
    expect(status).toBe(504);
    expect(json).toMatchObject({
      error: { code: 'deadline_exceeded' },
      usage: { completion_tokens: 3 },
    });
    expect(headers.get('x-should-retry')).toBe('false');
  });

  it('is an error chunk in a stream', async () => {
    await using server = await listen({ service: service(), limits: { deadlineMs: 500 } });
    const { status, text } = await server.post(chats, { ...chat, stream: true });
    expect(status).toBe(200);
    const last = events(text).at(-1)!;
    expect(JSON.parse(last)).toMatchObject({
      error: { code: 'deadline_exceeded' },
      usage: { completion_tokens: 3 },
    });
    expect(text).not.toContain('[DONE]');
  });

  it('does not wait for an engine that does not hear', async () => {
    const deaf = new FakeService({ next: () => new Promise(() => {}) });
    await using server = await listen({ service: deaf, limits: { deadlineMs: 500, pingMs: 20 } });
    expect(await answers(server)).toBe(504);
    const { text } = await server.post(chats, { ...chat, stream: true });
    expect(text).toMatch(/^: ping\n\n/);
    expect(events(text).at(-1)).toContain('deadline_exceeded');
  });
});

describe('fault 34: closing', () => {
  it('lets an answer end, and takes no more', async () => {
    let go!: () => void;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const service = new FakeService({
      next: async (index) => {
        if (index === 1) await gate;
        return index < 3 ? 'a' : undefined;
      },
    });
    const server = await listen({ service });
    const running = server.post(chats, { ...chat, stream: true });
    await until(() => service.taken === 1);
    const closed = server.running.close();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed');
    go();
    const { text } = await running;
    expect(events(text).at(-1)).toBe('[DONE]');
    await closed;
  });

  it('ends what outlasts the bound with an error chunk', async () => {
    const service = new FakeService({
      next: (index, asked) => (index < 1 ? Promise.resolve('a') : untilAborted(asked)),
    });
    const server = await listen({ service, limits: { drainMs: 50 } });
    const streamed = server.post(chats, { ...chat, stream: true });
    const whole = server.post(chats, chat);
    await until(() => service.taken === 2);
    await server.running.close();
    expect(events((await streamed).text).at(-1)).toContain('server_stopping');
    expect((await whole).status).toBe(503);
  });
});

describe('fault 43: numbers that are none', () => {
  it('are a 500 that says so, or an error chunk after the first token', async () => {
    const service = new FakeService({
      next: (index, { options }) => {
        const isLate = options.seed === 2;
        if (options.seed === undefined || (isLate && index === 0)) {
          return Promise.resolve(index === 0 ? 'a' : undefined);
        }
        return Promise.reject(new NonFiniteLogitsError('base gave NaN at position 7.'));
      },
    });
    await using server = await listen({ service });
    const { status, json, headers } = await server.post(chats, { ...chat, seed: 1 });
    expect(status).toBe(500);
    expect(json.error).toMatchObject({
      code: 'non_finite_logits',
      message: 'base gave NaN at position 7.',
    });
    expect(headers.get('x-should-retry')).toBe('false');
    const early = await server.post(chats, { ...chat, seed: 1, stream: true });
    expect(early.status).toBe(500);
    const late = await server.post(chats, { ...chat, seed: 2, stream: true });
    expect(late.status).toBe(200);
    expect(events(late.text).at(-1)).toContain('non_finite_logits');
    expect(await answers(server)).toBe(200);
  });

  it('what was not foreseen tells nothing of itself', async () => {
    const service = new FakeService({ next: () => Promise.reject(new Error('secret path')) });
    await using server = await listen({ service });
    const { status, json, text } = await server.post(chats, chat);
    expect([status, json.error.code]).toEqual([500, 'internal_error']);
    expect(text).not.toContain('secret');
  });
});

describe('/health and pings', () => {
  it.each(['starting', 'restarting', 'stopped'] as const)('%s is 503', async (state) => {
    await using server = await listen({ service: new FakeService({ state }) });
    const { status, json } = await server.get('/health');
    expect([status, json.status]).toEqual([503, state]);
  });

  it('a long silence is filled with comments', async () => {
    let speak!: () => void;
    const silence = new Promise<void>((resolve) => {
      speak = resolve;
    });
    const service = new FakeService({
      next: async (index) => {
        await silence;
        return index < 2 ? 'a' : undefined;
      },
    });
    await using server = await listen({ service, limits: { pingMs: 10 } });
    const response = await fetch(server.url + chats, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...chat, stream: true }),
    });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if ((text.match(/^: ping$/gm)?.length ?? 0) > 2) speak();
    }
    expect(text.match(/^: ping$/gm)!.length).toBeGreaterThan(2);
    expect(events(text).at(-1)).toBe('[DONE]');
  });
});
