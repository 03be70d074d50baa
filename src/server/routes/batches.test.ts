import * as fc from 'fast-check';
import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeService, type FakeBehaviour } from '../../../test/support/server/fake-service.ts';
import { listen, type Json, type TestServer } from '../../../test/support/server/serve.ts';
import { runs } from '../../../test/support/runs.ts';
import { until } from '../../../test/support/until.ts';
import type { JobLimits } from '../../jobs/index.ts';
import { EngineUnavailableError } from '../../spec/index.ts';
import { createDeferred } from '../../waiting/index.ts';
import { openStore, type Store } from '../../store/index.ts';

let store: Store;
let server: TestServer;
let service: FakeService;
let client: OpenAI;
let now = Date.now;

const keys = ['key-of-ann', 'key-of-bob'];
const clientOf = (apiKey: string) =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });

async function start(behaviour: FakeBehaviour = {}, jobLimits: Partial<JobLimits> = {}) {
  service = new FakeService(behaviour);
  const batches = () => Promise.resolve(store.batches);
  server = await listen({ service, keys, batches, jobLimits, now: () => now() });
  client = clientOf(keys[0]!);
}

beforeEach(async () => {
  now = Date.now;
  store = await openStore({ place: ':memory:', now: () => now() });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const body = { model: 'fake', messages: [{ role: 'user', content: 'Hello' }] };
const line = (id: string, change: object = {}) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body, ...change });

const upload = (text: string | Uint8Array, of = client) =>
  toFile(Buffer.from(text as string), 'requests.jsonl').then((file) =>
    of.files.create({ file, purpose: 'batch' }),
  );

type Endpoint = OpenAI.BatchCreateParams['endpoint'];

async function create(text: string | Uint8Array, endpoint: Endpoint = '/v1/chat/completions') {
  const file = await upload(text);
  return client.batches.create({ input_file_id: file.id, endpoint, completion_window: '24h' });
}

const ends = new Set(['completed', 'failed', 'expired', 'cancelled']);

async function ended(id: string): Promise<OpenAI.Batch> {
  let batch: OpenAI.Batch | undefined;
  await until(async () => ends.has((batch = await client.batches.retrieve(id)).status));
  return batch!;
}

async function linesOf(id: string | null | undefined): Promise<Json[]> {
  if (id == null) return [];
  const text = await (await client.files.content(id)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
}

describe('a batch', () => {
  it('is answered in the background, by custom_id, as OpenAI writes it', async () => {
    await start();
    const input = ['a', 'b', 'c'].map((id) => line(id)).join('\n');
    const created = await create(input);
    expect(created).toMatchObject({ object: 'batch', status: 'validating', output_file_id: null });
    const batch = await ended(created.id);
    expect(batch).toMatchObject({
      status: 'completed',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      request_counts: { total: 3, completed: 3, failed: 0 },
      error_file_id: null,
      errors: null,
    });
    expect(batch.completed_at).toBeGreaterThanOrEqual(batch.in_progress_at!);
    expect(batch.expires_at! - batch.created_at).toBe(86_400);
    const lines = await linesOf(batch.output_file_id);
    expect(lines.map(({ custom_id }) => custom_id as string)).toEqual(['a', 'b', 'c']);
    expect(lines[0]).toMatchObject({
      id: expect.stringMatching(/^batch_req_/),
      response: {
        status_code: 200,
        request_id: expect.any(String),
        body: { object: 'chat.completion', choices: [{ message: { content: 'aaa' } }] },
      },
      error: null,
    });
    expect(service.requests.map(({ options }) => options.priority)).toEqual(
      Array(3).fill('background'),
    );
    // A request of a person beside them is none of the background.
    await client.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming);
    expect(service.requests.at(-1)!.options.priority).toBeUndefined();
  });

  it.each<[Endpoint, object, string]>([
    ['/v1/completions', { model: 'fake', prompt: 'Hello' }, 'text_completion'],
    ['/v1/responses', { model: 'fake', input: 'Hello' }, 'response'],
  ])('goes to %s, too', async (endpoint, request, object) => {
    await start();
    const created = await create(line('a', { url: endpoint, body: request }), endpoint);
    const [answer] = await linesOf((await ended(created.id)).output_file_id);
    expect(answer.response).toMatchObject({ status_code: 200, body: { object } });
  });

  it('writes what was refused into its error file, and goes on', async () => {
    await start();
    const wrong = { ...body, temperature: -1 };
    const created = await create([line('a'), line('b', { body: wrong }), line('c')].join('\n'));
    const batch = await ended(created.id);
    expect(batch.request_counts).toEqual({ total: 3, completed: 2, failed: 1 });
    const [error] = await linesOf(batch.error_file_id);
    expect(error).toMatchObject({
      custom_id: 'b',
      response: { status_code: 400, body: { error: { param: 'temperature' } } },
    });
    expect(await linesOf(batch.output_file_id)).toHaveLength(2);
  });

  it.each<[string, string, string | Uint8Array]>([
    ['invalid_json_line', 'Line 2: it is not JSON', `${line('a')}\n{"custom_id"\n`],
    ['invalid_json_line', 'Line 1: it is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['invalid_json_line', 'Line 1: it is no JSON object', '[1]'],
    ['invalid_json_line', 'Line 1: it has 5132 bytes, more than 4096', line('x'.repeat(5000))],
    ['invalid_json_line', 'nests deeper than', `{"body": ${'['.repeat(999)}`],
    [
      'duplicate_custom_id',
      'Line 3: custom_id "a" is also that of line 1',
      [line('a'), line('b'), line('a')].join('\n'),
    ],
    ['invalid_custom_id', 'custom_id must be', line('a', { custom_id: 5 })],
    ['invalid_method', 'method must be', line('a', { method: 'GET' })],
    ['invalid_url', 'url must be one of', line('a', { url: '/v1/embeddings' })],
    ['mismatched_endpoint', 'and the batch', line('a', { url: '/v1/completions' })],
    ['invalid_request', 'body must be an object', line('a', { body: 'x' })],
    ['invalid_request', 'nobody reads an item', line('a', { body: { ...body, stream: true } })],
    ['invalid_request', '"wings" is none of', line('a', { wings: 2 })],
    ['model_not_found', 'fake/bass', line('a', { body: { ...body, model: 'fake/bass' } })],
    ['empty_file', 'has no request', '\n\n'],
    ['empty_file', 'has no request', ''],
    ['too_many_requests', 'more than 3', ['a', 'b', 'c', 'd'].map((id) => line(id)).join('\n')],
  ])('whose file has a fault fails as %s: %s', async (code, message, text) => {
    await start({}, { lineBytes: 4096, batchItems: 3 });
    const batch = await ended((await create(text)).id);
    expect(batch).toMatchObject({ status: 'failed', output_file_id: null });
    expect(batch.errors!.data![0]!.code).toBe(code);
    expect(batch.errors!.data![0]!.message).toContain(message);
    expect(service.requests).toEqual([]);
  });

  it('names all faults of its file, a hundred at most', async () => {
    await start();
    const batch = await ended((await create(Array<string>(300).fill('{').join('\n'))).id);
    expect(batch.errors!.data!.map((fault) => fault.line)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  it('that is cancelled keeps what was answered, and says what was not', async () => {
    const held = createDeferred<string>();
    await start(
      {
        next: (index, { prompt }) =>
          JSON.stringify(prompt).includes('wait')
            ? held.promise
            : Promise.resolve(index < 1 ? 'a' : undefined),
      },
      { parallelItems: 2 },
    );
    const waits = { ...body, messages: [{ role: 'user', content: 'wait' }] };
    const created = await create(
      [line('a'), line('b', { body: waits }), line('c', { body: waits }), line('d')].join('\n'),
    );
    await until(
      async () => (await client.batches.retrieve(created.id)).request_counts!.completed === 1,
    );
    await until(() => service.requests.length === 3);
    expect((await client.batches.cancel(created.id)).status).toMatch(/^cancell/);
    const batch = await ended(created.id);
    expect(batch).toMatchObject({
      status: 'cancelled',
      request_counts: { total: 4, completed: 1, failed: 3 },
    });
    expect(
      (await linesOf(batch.output_file_id)).map(({ custom_id }) => custom_id as string),
    ).toEqual(['a']);
    const errors = await linesOf(batch.error_file_id);
    expect(errors.map(({ custom_id, error }) => [custom_id, error.code])).toEqual(
      ['b', 'c', 'd'].map((id) => [id, 'batch_cancelled']),
    );
    // Decoding stops.
    await until(() => service.requests.every(({ signal }) => signal?.aborted === true));
    expect((await client.batches.cancel(created.id)).status).toBe('cancelled');
  });

  it('expires after a day, with what was answered', async () => {
    await start({ next: () => new Promise(() => {}) });
    const created = await create(line('a'));
    await until(() => service.requests.length === 1);
    now = () => Date.now() + 25 * 3600 * 1000;
    const batch = await ended(created.id);
    expect(batch).toMatchObject({
      status: 'expired',
      request_counts: { total: 1, completed: 0, failed: 1 },
    });
    expect((await linesOf(batch.error_file_id))[0].error.code).toBe('batch_expired');
  });

  it("is its owner's alone, and so are its files", async () => {
    await start();
    const created = await create(line('a'));
    const batch = await ended(created.id);
    const bob = clientOf(keys[1]!);
    for (const asked of [
      () => bob.batches.retrieve(batch.id),
      () => bob.batches.cancel(batch.id),
      () => bob.files.retrieve(batch.input_file_id),
      () => bob.files.content(batch.output_file_id!),
      () => bob.files.delete(batch.output_file_id!),
      () => bob.files.retrieve('file-none'),
    ]) {
      await expect(asked()).rejects.toMatchObject({ status: 404 });
    }
    const foreign = bob.batches.create({
      input_file_id: batch.input_file_id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    await expect(foreign).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
    expect((await bob.batches.list()).data).toEqual([]);
    expect((await bob.files.list()).data).toEqual([]);
  });

  it('is listed, newest first, page by page', async () => {
    await start();
    let time = Date.now();
    now = () => (time += 1000);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await create(line('a'))).id);
    const listed: string[] = [];
    for await (const { id } of client.batches.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(ids);
  });

  it('is tried again while the service cannot answer', async () => {
    await start();
    let calls = 0;
    const answered = service.stream.bind(service);
    service.stream = (request) => {
      calls += 1;
      if (calls < 3) throw new EngineUnavailableError('It starts again.');
      return answered(request);
    };
    const batch = await ended((await create(line('a'))).id);
    expect(batch.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
    expect(calls).toBe(3);
  });
});

describe('a file', () => {
  it('is uploaded, shown, listed, read and deleted', async () => {
    await start();
    const text = `${line('a')}\n`;
    const file = await upload(text);
    expect(file).toMatchObject({
      object: 'file',
      purpose: 'batch',
      filename: 'requests.jsonl',
      bytes: text.length,
      status: 'processed',
    });
    expect(await client.files.retrieve(file.id)).toEqual(file);
    expect((await client.files.list({ purpose: 'batch' })).data).toEqual([file]);
    expect((await client.files.list({ purpose: 'batch_output' })).data).toEqual([]);
    expect(await (await client.files.content(file.id)).text()).toBe(text);
    expect(await client.files.delete(file.id)).toEqual({
      id: file.id,
      object: 'file',
      deleted: true,
    });
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({
      status: 404,
      code: 'file_not_found',
    });
  });

  it('is read in parts, so that a download that broke off goes on', async () => {
    await start();
    const bytes = Buffer.alloc(700_000, 'x\n');
    for (let i = 0; i < bytes.length; i += 1000) bytes.write(String(i), i);
    const { id } = await upload(bytes);
    const get = (headers: Record<string, string>) =>
      fetch(`${server.url}/v1/files/${id}/content`, {
        headers: { authorization: `Bearer ${keys[0]}`, ...headers },
      });
    const whole = await get({});
    expect([
      whole.status,
      whole.headers.get('accept-ranges'),
      whole.headers.get('content-length'),
    ]).toEqual([200, 'bytes', '700000']);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const etag = whole.headers.get('etag')!;
    const ranges = fc.tuple(fc.nat(799_999), fc.option(fc.nat(799_999)));
    await fc.assert(
      fc.asyncProperty(ranges, async ([from, to]) => {
        const answer = await get({ range: `bytes=${from}-${to ?? ''}`, 'if-range': etag });
        const part = Buffer.from(await answer.arrayBuffer());
        const last = Math.min(to ?? bytes.length, bytes.length - 1);
        const isNone = to !== null && to < from;
        const isBeyond = from >= bytes.length;
        const [status, place, length] = isNone
          ? [200, null, bytes.length]
          : isBeyond
            ? [416, 'bytes */700000', 0]
            : [206, `bytes ${from}-${last}/700000`, last + 1 - from];
        expect([answer.status, answer.headers.get('content-range'), part.length]).toEqual([
          status,
          place,
          length,
        ]);
        const first = status === 206 ? from : 0;
        expect(part.equals(bytes.subarray(first, first + length))).toBe(true);
      }),
      { numRuns: runs(20) },
    );
    expect((await get({ range: 'bytes=-5' })).headers.get('content-range')).toBe(
      'bytes 699995-699999/700000',
    );
    expect((await get({ range: 'bytes=5-', 'if-range': '"other"' })).status).toBe(200);
    expect((await get({ range: 'bytes=1-2,5-6' })).status).toBe(200);
  });

  it('of which there are too many, or too long ones, is refused and not kept', async () => {
    await start({}, { fileBytes: 300_000, ownerFiles: 2, ownerFileBytes: 400_000 });
    await expect(upload(Buffer.alloc(300_001))).rejects.toMatchObject({
      status: 413,
      code: 'file_too_large',
    });
    await upload(Buffer.alloc(250_000));
    await expect(upload(Buffer.alloc(250_000))).rejects.toMatchObject({
      status: 409,
      code: 'limit_reached',
    });
    await upload('x');
    await expect(upload('x')).rejects.toMatchObject({ status: 409, code: 'limit_reached' });
    expect((await client.files.list()).data).toHaveLength(2);
    await upload('x', clientOf(keys[1]!)); // another's limits are another's
  });

  it('has open batches up to a limit', async () => {
    await start({ next: () => new Promise(() => {}) }, { openBatches: 1 });
    await create(line('a'));
    await expect(create(line('b'))).rejects.toMatchObject({ status: 409, code: 'limit_reached' });
  });

  const authorization = `Bearer ${keys[0]}`;
  const post = (type: string, content: string | Buffer) =>
    fetch(`${server.url}/v1/files`, {
      method: 'POST',
      headers: { authorization, ...(type !== '' && { 'content-type': type }) },
      body: content,
    });
  const form = (...parts: string[]) =>
    [...parts.map((part) => `--B\r\n${part}\r\n`), '--B--\r\n'].join('');
  const field = (name: string, value: string) =>
    `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;
  const file = `content-disposition: form-data; name="file"; filename="a"\r\ncontent-type: text/plain\r\n\r\nx`;
  const multipart = 'multipart/form-data; boundary=B';

  it.each<[string, number, string, string]>([
    ['JSON', 415, 'application/json', '{}'],
    ['a form without a boundary', 400, 'multipart/form-data; x=y', ''],
    ['nothing', 400, multipart, ''],
    ['a form that breaks off', 400, multipart, `--B\r\n${file}`],
    ['a form without a file', 400, multipart, form(field('purpose', 'batch'))],
    ['a form without a purpose', 400, multipart, form(file)],
    ['another purpose', 400, multipart, form(field('purpose', 'fine-tune'), file)],
    [
      'a field that is not known',
      400,
      multipart,
      form(field('purpose', 'batch'), field('wings', '2'), file),
    ],
    ...[
      [field('expires_after[seconds]', '3600')],
      [field('expires_after[anchor]', 'created_at')],
      [field('expires_after[anchor]', 'last_active_at'), field('expires_after[seconds]', '3600')],
      [field('expires_after[anchor]', 'created_at'), field('expires_after[seconds]', '3599')],
      [field('expires_after[anchor]', 'created_at'), field('expires_after[seconds]', '1e5')],
    ].map((fields, i): [string, number, string, string] => [
      `an end that cannot be had (${i})`,
      400,
      multipart,
      form(...fields, field('purpose', 'batch'), file),
    ]),
  ])('is no file: %s', async (_, status, type, content) => {
    await start();
    const answer = await post(type, content);
    expect([answer.status, ((await answer.json()) as Json).error.code]).toEqual([
      status,
      expect.any(String),
    ]);
    expect((await client.files.list()).data).toEqual([]);
  });

  it('is kept for thirty days, or as long as it is asked for', async () => {
    await start();
    const day = 86_400;
    const { created_at: at, expires_at: expiry } = await upload('x');
    expect(expiry! - at).toBe(30 * day);
    const input = await client.files.create({
      file: await toFile(Buffer.from(line('a')), 'in.jsonl'),
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    expect(input.expires_at! - input.created_at).toBe(3600);
    const request = {
      input_file_id: input.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    } as const;
    const lifeOf = async (id: string) => {
      const output = await client.files.retrieve((await ended(id)).output_file_id!);
      return output.expires_at! - output.created_at;
    };
    const plain = await client.batches.create(request);
    expect(await lifeOf(plain.id)).toBe(30 * day);
    const asked = { anchor: 'created_at', seconds: 7200 } as const;
    const short = await client.batches.create({ ...request, output_expires_after: asked });
    expect(await lifeOf(short.id)).toBe(7200);
    const wrong = { anchor: 'created_at', seconds: 60 } as const;
    await expect(
      client.batches.create({ ...request, output_expires_after: wrong }),
    ).rejects.toMatchObject({ status: 400, param: 'output_expires_after.seconds' });
  });

  it('of any bytes, however cut, is kept as it is or refused', async () => {
    await start();
    const bytes = fc.uint8Array({ maxLength: 2000 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(3000), async (content, cut) => {
        const head = Buffer.from(
          `--B\r\n${field('purpose', 'batch')}\r\n--B\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`,
        );
        const whole = Buffer.concat([head, content, Buffer.from('\r\n--B--\r\n')]);
        const answer = await post(multipart, whole.subarray(0, Math.min(cut, whole.length)));
        const json = (await answer.json()) as Json;
        expect([200, 400]).toContain(answer.status);
        if (answer.status === 400) return;
        const kept = await (await client.files.content(json.id as string)).arrayBuffer();
        if (!Buffer.from(kept).equals(Buffer.from(content))) throw new Error('It has other bytes.');
        await client.files.delete(json.id as string);
      }),
      { numRuns: runs(30) },
    );
    expect((await client.files.list()).data).toEqual([]);
  });

  it('of a batch is any text: it ends well or is said to be wrong, and the next one ends', async () => {
    await start();
    const piece = fc.constantFrom(
      line('a'),
      line('b'),
      '{',
      '[]',
      '"',
      '\0',
      '\r',
      '\n',
      '{"custom_id":"a"}',
      ',',
      '\ufeff',
      'null',
      line('c', { body: {} }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        expect((await ended((await create(pieces.join(''))).id)).status).toMatch(
          /^(failed|completed)$/,
        );
      }),
      { numRuns: runs(20) },
    );
    expect((await ended((await create(line('a'))).id)).status).toBe('completed');
  });
});

it('what is done for batches is measured, and whether they are open is told', async () => {
  await start();
  const measured = async () => {
    const text = await (
      await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${keys[0]}` } })
    ).text();
    const value = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)![1]);
    return ['succeeded', 'failed'].map((name) => value(`trimtab_batch_items_${name}_total`));
  };
  const state = async () => (await server.get('/health')).json.batches as string;
  expect([await state(), await measured()]).toEqual(['closed', [0, 0]]);
  const wrong = { ...body, temperature: -1 };
  await ended((await create([line('a'), line('b', { body: wrong }), line('c')].join('\n'))).id);
  expect([await state(), await measured()]).toEqual(['open', [2, 1]]);
});

it('a server without a store takes none', async () => {
  service = new FakeService();
  server = await listen({ service, keys });
  await expect(clientOf(keys[0]!).batches.list()).rejects.toMatchObject({
    status: 404,
    code: 'batches_off',
  });
});
