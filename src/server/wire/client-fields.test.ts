import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withoutEffect } from './parameters.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import { listenWithProfiles } from '../../../test/support/server/serve-profiles.ts';
import { listen, type TestServer } from '../../../test/support/server/serve.ts';

const service = new FakeService();
let server: TestServer;

beforeAll(async () => {
  server = await listen({ service });
});

afterAll(() => server.running.close());

const chats = '/v1/chat/completions';
const chat = { model: 'fake', messages: [{ role: 'user', content: 'Hello' }] };

/** The options that the service was asked with. */
async function optionsOf(body: object) {
  const { status, json } = await server.post(chats, { ...chat, ...body });
  expect({ status, error: json.error }).toEqual({ status: 200 });
  return service.requests.at(-1)!.options;
}

async function refusalOf(body: string, route = chats) {
  const { status, json } = await server.post(route, body);
  return { status, ...json.error } as { status: number; param: string; message: string };
}

describe('what clients send by themselves', () => {
  it.each<[string, object, object]>([
    ['vLLM’s top_k for off', { top_k: -1 }, { topK: 0 }],
    ['llama-server’s repeat_penalty', { repeat_penalty: 1.1 }, { repetitionPenalty: 1.1 }],
    ['min_tokens', { min_tokens: 3 }, { minTokens: 3 }],
    ['a large seed', { seed: 2 ** 53 - 1 }, { seed: 2 ** 53 - 1 }],
  ])('%s is honoured', async (_, body, options) => {
    expect(await optionsOf(body)).toMatchObject(options);
  });

  it.each([
    ['5m', 300_000],
    [30, 30_000],
    [0, 0],
    [-1, null],
    [null, undefined],
  ])('keep_alive %j is honoured', async (keepAlive, ms) => {
    await optionsOf({ keep_alive: keepAlive });
    expect(service.requests.at(-1)!.keepAliveMs).toBe(ms);
    await server.post('/v1/completions', { model: 'fake', prompt: 'a', keep_alive: keepAlive });
    expect(service.requests.at(-1)!.keepAliveMs).toBe(ms);
  });

  it.each(['soon', '', [], {}, true])('keep_alive %j is refused', async (keepAlive) => {
    const { status, param } = await refusalOf(JSON.stringify({ ...chat, keep_alive: keepAlive }));
    expect([status, param]).toEqual([400, 'keep_alive']);
  });

  it.each<[string, object]>([
    [
      'openai',
      {
        store: true,
        metadata: { a: 'b' },
        service_tier: 'auto',
        user: 'u',
        stream_options: null,
        parallel_tool_calls: false,
        reasoning_effort: 'low',
      },
    ],
    ['Open WebUI', { reasoning_effort: 'medium' }],
    ['vLLM’s', { chat_template_kwargs: { enable_thinking: false }, skip_special_tokens: true }],
    ['llama-server’s', { cache_prompt: true, mirostat: 0, ignore_eos: false }],
    ['AutoGen', { messages: [{ role: 'user', content: 'a', name: 'planner' }] }],
  ])('%s fields change nothing', async (_, body) => {
    expect(await optionsOf(body)).toEqual(await optionsOf({}));
  });

  it.each<[string, unknown, boolean]>([
    ['function_call', 'none', true],
    ['function_call', 'auto', true],
    ['function_call', '', false],
    ['function_call', { name: 'f' }, false],
    ['functions', [], true],
    ['functions', [{ name: 'f' }], false],
    ['modalities', ['text'], true],
    ['modalities', ['text', 'audio'], false],
    ['add_generation_prompt', true, true],
    ['add_generation_prompt', false, false],
    ['ignore_eos', false, true],
    ['mirostat', 0, true],
    ['skip_special_tokens', true, true],
    ['audio', {}, false],
    ['prediction', {}, false],
    ['web_search_options', {}, false],
    ['verbosity', 'low', false],
  ])('%s: %j in a chat passes: %s', async (param, value, passes) => {
    const { status, json } = await server.post(chats, { ...chat, [param]: value });
    expect({ status, param: json.error?.param }).toEqual(
      passes ? { status: 200, param: undefined } : { status: 400, param },
    );
  });

  it.each<[string, unknown, boolean]>([
    ['suffix', '', true],
    ['suffix', 'a', false],
    ['best_of', 1, true],
    ['best_of', 2, false],
    ['mirostat', 0, true],
  ])('%s: %j in a completion passes: %s', async (param, value, passes) => {
    const body = { model: 'fake', prompt: 'a', [param]: value };
    const { status, json } = await server.post('/v1/completions', body);
    expect({ status, param: json.error?.param }).toEqual(
      passes ? { status: 200, param: undefined } : { status: 400, param },
    );
  });

  it('include_obfuscation passes', async () => {
    const streamed = { ...chat, stream: true, stream_options: { include_obfuscation: false } };
    expect((await server.post(chats, streamed)).status).toBe(200);
  });

  it.each(Object.keys(withoutEffect))('%s passes in completions too', async (name) => {
    const body = { model: 'fake', prompt: 'a', [name]: 'any' };
    expect((await server.post('/v1/completions', body)).status).toBe(200);
  });

  it.each<[string, string]>([
    ['ignore_eos', 'true'],
    ['mirostat', '2'],
    ['skip_special_tokens', 'false'],
    ['min_tokens', '-1'],
    ['top_k', '-2'],
    ['repetition_penalty', '1e-300'],
    ['temperature', '1e-300'],
    ['seed', '9007199254740993'],
    ['seed', '1e300'],
    ['seed', '-18446744073709551616'],
  ])('%s: %s is refused by name', async (param, value) => {
    const body = `${JSON.stringify(chat).slice(0, -1)},"${param}":${value}}`;
    expect(await refusalOf(body)).toMatchObject({ status: 400, param });
  });

  it('says the range of seeds', async () => {
    const { message } = await refusalOf(`${JSON.stringify(chat).slice(0, -1)},"seed":1e19}`);
    expect(message).toContain('−(2^53 − 1) to 2^53 − 1');
  });

  it('takes a penalty under one of its names', async () => {
    const both = { ...chat, repetition_penalty: 1.1, repeat_penalty: 1.2 };
    const refused = await refusalOf(JSON.stringify(both));
    expect(refused).toMatchObject({ status: 400, param: 'repeat_penalty' });
  });
});

describe('names that every object has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  it.each(names)('%s is no token, and no parameter', async (name) => {
    const start = JSON.stringify(chat).slice(0, -1);
    const bias = await refusalOf(`${start},"logit_bias":{"${name}":1}}`);
    expect(bias).toMatchObject({ status: 400, param: `logit_bias.${name}` });
    expect(await refusalOf(`${start},"${name}":1}`)).toMatchObject({ status: 400, param: name });
    const message = `{"model":"fake","messages":[{"role":"user","content":"a","${name}":1}]}`;
    expect(await refusalOf(message)).toMatchObject({ status: 400, param: `messages[0].${name}` });
  });

  it.each(names)('%s reaches those who know params and rewards', async (name) => {
    for (const field of ['params', 'rewards'] as const) {
      const body = `${JSON.stringify(chat).slice(0, -1)},"trimtab":{"${field}":{"${name}":1}}}`;
      expect((await server.post(chats, body)).status).toBe(200);
      expect(Object.keys(service.requests.at(-1)!.options[field]!)).toEqual([name]);
    }
  });

  it.each(names)('%s is no attribute of a profile', async (name) => {
    await using profiled = await listenWithProfiles();
    await profiled.post('/v1/profiles', { id: 'ann', recipe: 'taste' });
    const { status, json } = await profiled.put(
      '/v1/profiles/ann/overrides',
      `{"overrides":{"${name}":1}}`,
    );
    expect([status, json.error.message]).toEqual([400, expect.stringContaining(name)]);
  });
});
