import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeService, fakeWorld } from '../../../test/support/fake-model/fake-world.ts';
import { appOf, type TestApp } from '../../../test/support/server/app.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import type { Json } from '../../../test/support/server/serve.ts';
import type { InferenceService, ServedModel } from '../../spec/index.ts';

let service: InferenceService;
let app: TestApp;

beforeAll(async () => {
  service = await createFakeService({ recipes: fakeWorld.recipes });
  app = appOf({ service, now: () => 7_900 });
});

afterAll(() => service[Symbol.asyncDispose]());

/** A message as the input of a response has it. */
const toItem = ({ role, content }: { role: string; content: unknown }) => ({
  role,
  content: Array.isArray(content)
    ? content.map((part: Json) => ({ type: 'input_text', text: part.text as string }))
    : content,
});

const model = (id: string) => ({ id, object: 'model', created: 7, owned_by: 'trimtab' });

describe('/v1/models', () => {
  it('lists each recipe, and each model of each', async () => {
    const { status, json } = await app.get('/v1/models');
    const ids = ['guide', 'guide/base', 'guide/expert', 'other', 'other/base', 'other/expert'];
    expect([status, json]).toEqual([200, { object: 'list', data: ids.map(model) }]);
    expect((await app.get('/v1/models/')).json).toEqual(json);
  });

  it.each(['guide', 'guide/expert'])('knows %s', async (id) => {
    expect((await app.get(`/v1/models/${id}`)).json).toEqual(model(id));
  });

  it.each(['guid', 'guide/bas', 'x/y'])('does not know %s', async (id) => {
    const { status, json } = await app.get(`/v1/models/${id}`);
    expect([status, json.error.code]).toEqual([404, 'model_not_found']);
  });
});

it('/v1/recipes describes every recipe', async () => {
  const { json } = await app.get('/v1/recipes');
  expect(json.object).toBe('list');
  expect(json.data).toEqual(JSON.parse(JSON.stringify(service.recipes())));
  expect(json.data.map(({ name }: Json) => name as string)).toEqual(['guide', 'other']);
});

describe('tokens', () => {
  it.each<[object, number[]]>([
    [{ content: 'ab' }, [97, 98]],
    [{ prompt: 'ab' }, [97, 98]],
    [{ model: 'guide/expert', content: 'a' }, [97]],
  ])('of %j', async (body, tokens) => {
    const { status, json } = await app.post('/tokenize', { model: 'guide', ...body });
    expect([status, json]).toEqual([
      200,
      { count: tokens.length, max_model_len: expect.any(Number), tokens },
    ]);
  });

  it.each(['guide', 'guide/expert', 'other'])(
    'of a chat with %s are those that its usage counts',
    async (name) => {
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      ];
      const chat = { model: name, messages };
      const { json } = await app.post('/tokenize', { ...chat, add_generation_prompt: true });
      const answer = await app.post('/v1/chat/completions', { ...chat, max_tokens: 1 });
      expect(json.count).toBe(answer.json.usage.prompt_tokens);
      expect(json.tokens).toHaveLength(json.count as number);
      const [recipe, only] = name.split('/');
      const { base, models } = service.recipes().find((served) => served.name === recipe)!;
      const asked = models.find((served) => served.name === (only ?? base))!;
      expect(json.max_model_len).toBe(asked.contextLength);
      const counted = await app.post('/v1/responses/input_tokens', {
        model: name,
        input: messages.map(toItem),
      });
      expect(counted.json.input_tokens).toBe(json.count);
    },
  );

  it.each([
    ['fake', 64],
    ['fake/other', 32],
  ])('must fit the context of %s', async (name, contextLength) => {
    const models = [
      { name: 'base', contextLength: 64 },
      { name: 'other', contextLength: 32 },
    ] as ServedModel[];
    const recipe = { models, modelNames: ['base', 'other'] };
    const own = appOf({ service: new FakeService({ recipe }) });
    const { json } = await own.post('/tokenize', { model: name, content: 'a' });
    expect(json.max_model_len).toBe(contextLength);
  });

  it('of a chat that is too long are refused as the chat is', async () => {
    const messages = [{ role: 'user', content: 'a'.repeat(100_000) }];
    for (const [route, param, body] of [
      ['/tokenize', 'messages', { messages }],
      ['/v1/chat/completions', 'messages', { messages }],
      ['/v1/responses/input_tokens', 'input', { input: messages }],
      ['/v1/responses', 'input', { input: messages }],
    ] as const) {
      const { status, json } = await app.post(route, { model: 'guide', ...body });
      expect([status, json.error.code, json.error.param]).toEqual([
        400,
        'context_length_exceeded',
        param,
      ]);
    }
  });

  it('are asked for as clients of either kind expect it', async () => {
    const asked: unknown[] = [];
    const fake = new FakeService();
    fake.tokenize = async (...args: unknown[]) => {
      asked.push(args);
      return [];
    };
    const own = appOf({ service: fake });
    const say = (body: object) => own.post('/tokenize', { model: 'fake/base', ...body });
    await say({ content: 'x' });
    await say({ prompt: 'x' });
    await say({ content: 'x', add_special: true, parse_special: false });
    await say({ prompt: 'x', add_special_tokens: false });
    expect(asked).toEqual([
      ['fake', 'x', { only: 'base', addSpecial: false, parseSpecial: true }],
      ['fake', 'x', { only: 'base', addSpecial: true, parseSpecial: true }],
      ['fake', 'x', { only: 'base', addSpecial: true, parseSpecial: false }],
      ['fake', 'x', { only: 'base', addSpecial: false, parseSpecial: true }],
    ]);
  });

  it.each([
    [{}, 'content'],
    [{ content: 'a', prompt: 'a' }, 'prompt'],
    [{ content: 'a', add_special: true, add_special_tokens: true }, 'add_special_tokens'],
    [{ content: 'a', nothing: 1 }, 'nothing'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'user', content: 'a' }], prompt: 'a' }, 'prompt'],
    [{ messages: [{ role: 'user', content: 'a' }], add_special: true }, 'add_special'],
    [
      { messages: [{ role: 'user', content: 'a' }], add_generation_prompt: false },
      'add_generation_prompt',
    ],
    [{ content: 'a', return_token_strs: true }, 'return_token_strs'],
  ])('are refused: %j', async (body, param) => {
    const { status, json } = await app.post('/tokenize', { model: 'guide', ...body });
    expect([status, json.error.param]).toEqual([400, param]);
  });

  it('have a text', async () => {
    const { json } = await app.post('/detokenize', { model: 'guide', tokens: [97, 98] });
    expect(json).toEqual({ content: 'ab', prompt: 'ab' });
    for (const [tokens, param] of [
      [[1.5], 'tokens[0]'],
      [[0, 2 ** 31], 'tokens[1]'],
      ['x', 'tokens'],
    ]) {
      const { status, json: refused } = await app.post('/detokenize', { model: 'guide', tokens });
      expect([status, refused.error.param]).toEqual([400, param]);
    }
  });

  it('need no tokenizer of the client', async () => {
    expect((await app.get('/tokenizer_info')).json).toEqual({ bos_token: null, eos_token: null });
  });
});

describe('/health', () => {
  it.each([
    ['ready', 'ready', 200, 'ok'],
    ['ready', 'unloaded', 200, 'ok'],
    ['ready', 'loading', 503, 'loading'],
    ['starting', 'ready', 503, 'starting'],
    ['restarting', 'ready', 503, 'restarting'],
    ['stopped', 'ready', 503, 'stopped'],
  ] as const)('of an engine that is %s, with a recipe %s', async (state, loaded, status, said) => {
    const fake = new FakeService({ state, recipe: { state: loaded } });
    const answer = await appOf({ service: fake, keys: ['k'] }).get('/health');
    expect([answer.status, answer.json]).toEqual([
      status,
      { status: said, profiles: 'off', batches: 'off' },
    ]);
  });

  it('is fine where one recipe loads beside one that answers', async () => {
    const fake = new FakeService();
    const [one] = fake.recipes();
    fake.recipes = () => [one!, { ...one!, name: 'b', state: 'loading' }];
    expect((await appOf({ service: fake }).get('/health')).status).toBe(200);
  });
});

describe('/metrics', () => {
  it('counts requests, tokens and times, by route, model and kind', async () => {
    let at = 0;
    const own = appOf({ service: new FakeService(), now: () => (at += 100) });
    const body = { model: 'fake', messages: [{ role: 'user', content: 'x' }] };
    await own.post('/v1/chat/completions', body);
    await own.post('/v1/chat/completions', { ...body, model: 'fakes' });
    await own.get('/nowhere');
    const { text, headers } = await own.get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=/);
    for (const line of [
      'trimtab_requests_total{route="/v1/chat/completions",method="POST",status="200"} 1',
      'trimtab_requests_total{route="/v1/chat/completions",method="POST",status="404"} 1',
      'trimtab_requests_total{route="other",method="GET",status="404"} 1',
      'trimtab_request_seconds_count{route="/v1/chat/completions"} 2',
      'trimtab_tokens_total{model="fake/base",kind="prompt"} 2',
      'trimtab_tokens_total{model="fake/base",kind="cached"} 1',
      'trimtab_tokens_total{model="fake/base",kind="forward"} 3',
      'trimtab_tokens_total{model="fake",kind="completion"} 3',
      'trimtab_time_to_first_token_seconds_sum{model="fake"} 0.1',
      'trimtab_time_between_tokens_seconds_sum{model="fake"} 0.2',
      'trimtab_time_between_tokens_seconds_count{model="fake"} 2',
      'trimtab_requests_in_flight 0',
      'trimtab_engine_ready 1',
      'trimtab_engine_restarts_total 2',
      'trimtab_engine_running 0',
      'trimtab_engine_queued 0',
      'trimtab_engine_decodes_total 7',
      'trimtab_engine_decoded_tokens_total 21',
      'trimtab_engine_prompt_tokens_total 5',
      'trimtab_engine_cached_prompt_tokens_total 3',
      'trimtab_engine_kv_cells_used 11',
      'trimtab_engine_kv_cells 512',
      'trimtab_engine_resident_bytes 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    // Not added up: the engine's own counters.
    expect((await own.get('/metrics')).text).toContain('trimtab_engine_decodes_total 7\n');
  });

  it('says that an engine is not ready', async () => {
    const own = appOf({ service: new FakeService({ state: 'starting' }) });
    expect((await own.get('/metrics')).text).toContain('trimtab_engine_ready 0\n');
  });
});

describe('every route', () => {
  it.each([
    ['GET', '/v1/chat/completions', 405],
    ['DELETE', '/v1/models', 405],
    ['GET', '/v1/nothing', 404],
    ['POST', '/', 404],
  ])('%s %s is %i', async (method, path, status) => {
    const answer = await app.send(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.json.error.type).toBe('invalid_request_error');
    expect(answer.headers.get('allow') !== null).toBe(status === 405);
  });

  it('has an id, and headers that let a page do nothing', async () => {
    const { headers } = await app.get('/v1/models');
    expect(headers.get('x-request-id')).toMatch(/./);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('strict-transport-security')).toBeNull();
    const policy = headers.get('content-security-policy');
    for (const part of [
      "default-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      expect(policy).toContain(part);
    }
  });
});
