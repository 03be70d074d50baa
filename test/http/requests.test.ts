import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { InferenceService } from '../../src/spec/index.ts';
import { chat, listen, question, serveAtlas, type TestServer } from '../support/server/serve.ts';

let service: InferenceService;
let server: TestServer;

beforeAll(async () => {
  service = await serveAtlas();
  server = await listen({ service });
});

afterAll(async () => {
  await server.running.close();
  await service[Symbol.asyncDispose]();
});

const chats = '/v1/chat/completions';

/** The next normal request, which succeeds whatever came before. */
async function normalAnswer(): Promise<unknown> {
  const { json } = await server.post(chats, chat);
  return json.choices?.[0].message.content ?? json;
}

const normal = ' Certainly! Mada Norrar was born';

async function refusal(route: string, body: unknown) {
  const { status, json } = await server.post(route, body);
  const { param, code, message } = json.error;
  return { status, param, code, message };
}

interface Refusal {
  status?: number;
  param?: string;
  code?: string;
  message?: RegExp;
}

function refused({ status = 400, param, code = 'invalid_option', message = /./ }: Refusal) {
  return { status, param: param ?? null, code, message: expect.stringMatching(message) };
}

describe('fault 1: bodies that are not JSON', () => {
  it.each(['', '{', '{"model":', 'null', '[]', '"text"', '{"model":"atlas-chat"} x'])(
    '%s',
    async (body) => {
      const { status, json } = await server.post(chats, body);
      expect(status).toBe(400);
      expect(json.error.type).toBe('invalid_request_error');
      expect(await normalAnswer()).toBe(normal);
    },
  );

  it.each(['text/plain', 'application/xml', 'application/jsonx', ''])(
    'content-type %s is 415',
    async (type) => {
      const { status, json } = await server.post(chats, chat, { 'content-type': type });
      expect(status).toBe(415);
      expect(json.error.code).toBe('unsupported_media_type');
      expect(await normalAnswer()).toBe(normal);
    },
  );
});

describe('fault 4: numbers out of range, NaN, 1e309, strings', () => {
  const cases: [string, string][] = [
    ['temperature', '-1'],
    ['temperature', '1e309'],
    ['temperature', 'NaN'],
    ['temperature', '"1"'],
    ['temperature', '1e-9'],
    ['top_p', '0'],
    ['top_p', '1.1'],
    ['top_k', '-2'],
    ['top_k', '1.5'],
    ['min_p', '2'],
    ['typical_p', '0'],
    ['repetition_penalty', '0'],
    ['presence_penalty', '3'],
    ['frequency_penalty', '-3'],
    ['seed', '1.5'],
    ['seed', '1e300'],
    ['n', '0'],
    ['n', '129'],
    ['max_tokens', '0'],
    ['max_tokens', '-1'],
    ['max_completion_tokens', '1.5'],
    ['stream', '"yes"'],
    ['stop', '[1]'],
    ['stop', '""'],
    ['stop', '["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]'],
    ['trimtab.params.alpha', '3'],
    ['trimtab.params.alpha', '1e309'],
    ['trimtab.params.beta', '1'],
    ['trimtab.trace', '1'],
  ];
  it.each(cases)('%s: %s', async (param, value) => {
    const path = param.split('.');
    const nested = path.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, value);
    const body = `{"model":"atlas-chat","messages":${JSON.stringify(question)},${nested.slice(1, -1)}}`;
    const { status, json } = await server.post(chats, body);
    expect(status).toBe(400);
    // NaN is no JSON, so nothing can be said of the parameter.
    expect(json.error.param ?? json.error.code).toSatisfy((named: string) =>
      named.startsWith(value === 'NaN' ? 'malformed_json' : param),
    );
  });

  it('then answers', async () => {
    expect(await normalAnswer()).toBe(normal);
  });
});

describe('fault 5: token ids out of range', () => {
  it.each([
    [[-1], 'prompt[0]'],
    [[1.5], 'prompt[0]'],
    [[1280], 'prompt[0]'],
    [[1, 2, 2_000_000_000], 'prompt[2]'],
    [[2 ** 40], 'prompt[0]'],
    [[1, '2'], 'prompt[1]'],
  ])('prompt %j', async (prompt, param) => {
    const body = { model: 'atlas-chat', prompt, max_tokens: 1 };
    const { status, json } = await server.post('/v1/completions', body);
    expect(status).toBe(400);
    expect(json.error.param).toBe(param);
    expect(await normalAnswer()).toBe(normal);
  });

  it('/detokenize', async () => {
    const body = { model: 'atlas-chat', tokens: [5000] };
    expect(await refusal('/detokenize', body)).toEqual(refused({ param: 'tokens' }));
  });

  it('logit_bias beyond the vocabulary', async () => {
    expect(await refusal(chats, { ...chat, logit_bias: { 99999: 1 } })).toEqual(
      refused({ param: 'logit_bias' }),
    );
    expect(await normalAnswer()).toBe(normal);
  });
});

describe('fault 6: logit_bias', () => {
  it('of 300,000 entries', async () => {
    const entries = Array.from({ length: 300_000 }, (_, i) => [i, 1]);
    const body = { ...chat, logit_bias: Object.fromEntries(entries) as object };
    expect(await refusal(chats, body)).toEqual(refused({ param: 'logit_bias', message: /4096/ }));
    expect(await normalAnswer()).toBe(normal);
  });

  it('of more entries than the sampler takes', async () => {
    const entries = Array.from({ length: 1025 }, (_, i) => [i, 1]);
    const body = { ...chat, logit_bias: Object.fromEntries(entries) as object };
    expect(await refusal(chats, body)).toEqual(refused({ param: 'logit_bias', message: /1024/ }));
  });

  it.each([{ 5: 101 }, { 5: -101 }, { x: 1 }, { '-1': 1 }, { 5: null }, [1, 2]])(
    '%j',
    async (bias) => {
      const { status, json } = await server.post(chats, { ...chat, logit_bias: bias });
      expect(status).toBe(400);
      expect(json.error.param).toMatch(/^logit_bias/);
    },
  );

  it('bans at -100', async () => {
    const { json } = await server.post('/tokenize', { model: 'atlas-chat', content: ' C' });
    const banned = { [json.tokens[0] as number]: -100 };
    const answer = await server.post(chats, { ...chat, logit_bias: banned });
    expect(answer.json.choices[0].message.content).toMatch(/^ (?!C)/);
  });
});

describe('fault 7: prompts over the context', () => {
  const long = 'Mada Norrar was born in Stonedale. '.repeat(200);

  it('of a chat', async () => {
    const body = { ...chat, messages: [{ role: 'user', content: long }] };
    expect(await refusal(chats, body)).toEqual(
      refused({
        param: 'messages',
        code: 'context_length_exceeded',
        message: /512/,
      }),
    );
    expect(await normalAnswer()).toBe(normal);
  });

  it('of a completion', async () => {
    const body = { model: 'atlas-chat', prompt: long };
    expect(await refusal('/v1/completions', body)).toEqual(
      refused({
        param: 'prompt',
        code: 'context_length_exceeded',
      }),
    );
  });
});

describe('fault 8: odd text', () => {
  it.each([String.raw`\ud800`, String.raw`a\udc00b`])('half a surrogate pair: %s', async (text) => {
    const body = `{"model":"atlas-chat","messages":[{"role":"user","content":"${text}"}]}`;
    expect(await refusal(chats, body)).toEqual(refused({ param: 'messages[0].content' }));
    expect(await normalAnswer()).toBe(normal);
  });

  it('NUL comes back as it was', async () => {
    const { json } = await server.post('/tokenize', { model: 'atlas-chat', content: 'a\0b' });
    const back = await server.post('/detokenize', { model: 'atlas-chat', tokens: json.tokens });
    expect(back.json.content).toBe('a\0b');
    const { status } = await server.post(chats, {
      ...chat,
      messages: [{ role: 'user', content: 'a\0b' }],
    });
    expect(status).toBe(200);
  });

  it('100,000 messages', async () => {
    const messages = Array.from({ length: 100_000 }, () => ({ role: 'user', content: 'a' }));
    expect(await refusal(chats, { ...chat, messages })).toEqual(refused({ param: 'messages' }));
    expect(await normalAnswer()).toBe(normal);
  });

  it('a million faults in one body', async () => {
    const messages = Array.from({ length: 1_000_000 }, () => 1);
    expect(await refusal(chats, { ...chat, messages })).toEqual(refused({ param: 'messages' }));
    expect(await normalAnswer()).toBe(normal);
  });

  it('100,000 brackets', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const body = `{"model":"atlas-chat","messages":${deep}}`;
    const { status } = await server.post(chats, body);
    expect(status).toBe(400);
    expect(await normalAnswer()).toBe(normal);
  });

  it.each(['__proto__', 'constructor', 'toString'])('a parameter named %s', async (name) => {
    const body = `{"model":"atlas-chat","messages":${JSON.stringify(question)},"${name}":{}}`;
    const { status, json } = await server.post(chats, body);
    expect(status).toBe(400);
    expect(json.error.param).toBe(name);
  });
});

describe('fault 9: parameters that need others', () => {
  it('top_logprobs without logprobs', async () => {
    expect(await refusal(chats, { ...chat, top_logprobs: 2 })).toEqual(
      refused({ param: 'top_logprobs' }),
    );
  });

  it('a format without its schema', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'a' } };
    expect(await refusal(chats, { ...chat, response_format: format })).toEqual(
      refused({ param: 'response_format.json_schema.schema' }),
    );
  });

  it('a choice of tools without tools', async () => {
    expect(await refusal(chats, { ...chat, tool_choice: 'required' })).toEqual(
      refused({ param: 'tool_choice', message: /needs tools/ }),
    );
  });

  it('more alternatives than the server lists', async () => {
    const body = { ...chat, logprobs: true, top_logprobs: 21 };
    expect(await refusal(chats, body)).toEqual(refused({ param: 'top_logprobs' }));
  });

  it('stream_options without stream', async () => {
    const body = { ...chat, stream_options: { include_usage: true } };
    expect(await refusal(chats, body)).toEqual(refused({ param: 'stream_options' }));
  });

  it('two lengths', async () => {
    const body = { ...chat, max_completion_tokens: 3 };
    expect(await refusal(chats, body)).toEqual(refused({ param: 'max_tokens' }));
  });
});

describe('fault 10: what is not there', () => {
  it('a model', async () => {
    const error = { status: 404, param: 'model', code: 'model_not_found' };
    const body = { ...chat, model: 'atlas-chta' };
    expect(await refusal(chats, body)).toEqual(
      refused({ ...error, message: /Did you mean `atlas-chat`/ }),
    );
    expect(await refusal('/v1/completions', { model: 'atlas-cht', prompt: 'a' })).toEqual(
      refused(error),
    );
    expect(await refusal('/tokenize', { model: 'atlas-chat/nobody', content: 'a' })).toEqual(
      refused(error),
    );
    const { status, json } = await server.get('/v1/models/x%2Fy');
    expect([status, json.error.code]).toEqual([404, 'model_not_found']);
  });

  it('a route, a method', async () => {
    expect(await refusal('/v1/embeddings', {})).toEqual(
      refused({ status: 404, code: 'route_not_found' }),
    );
    const { status, json, headers } = await server.get(chats);
    expect([status, json.error.code, headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'POST',
    ]);
    expect(await normalAnswer()).toBe(normal);
  });
});

describe('parameters', () => {
  it('names an unknown one, and the one that was meant', async () => {
    expect(await refusal(chats, { ...chat, temprature: 1 })).toEqual(
      refused({ param: 'temprature', message: /Did you mean `temperature`/ }),
    );
    const body = { ...chat, trimtab: { parms: {} } };
    expect(await refusal(chats, body)).toEqual(
      refused({ param: 'trimtab.parms', message: /`params`/ }),
    );
  });

  it('takes null for absent, and values that ask for nothing', async () => {
    const { status } = await server.post(chats, {
      ...chat,
      temperature: null,
      top_p: null,
      logit_bias: null,
      stop: null,
      n: null,
      stream: null,
      stream_options: null,
      logprobs: null,
      top_logprobs: null,
      seed: null,
      tools: [],
      tool_choice: 'none',
      functions: null,
      response_format: { type: 'text' },
      modalities: ['text'],
      user: 'someone',
      metadata: { a: 'b' },
      store: false,
    });
    expect(status).toBe(200);
  });

  it.each([
    ['functions', [{}]],
    ['function_call', { name: 'f' }],
    ['audio', { voice: 'x' }],
    ['modalities', ['text', 'audio']],
    ['prediction', {}],
    ['web_search_options', {}],
  ])('refuses %s by name', async (name, value) => {
    expect(await refusal(chats, { ...chat, [name]: value })).toEqual(
      refused({ param: name, message: /support|have become tools/ }),
    );
  });

  it('refuses a profile that is no name, and any where none are kept', async () => {
    const param = 'trimtab.profile';
    expect(await refusal(chats, { ...chat, trimtab: { profile: 1 } })).toEqual(refused({ param }));
    const named = { ...chat, trimtab: { profile: 'ann' } };
    const message = /keeps no profiles/;
    expect(await refusal(chats, named)).toEqual(
      refused({ status: 404, param, code: 'profiles_off', message }),
    );
  });

  it('refuses images', async () => {
    const image = [{ type: 'image_url', image_url: { url: 'x' } }];
    const withImage = { ...chat, messages: [{ role: 'user', content: image }] };
    expect(await refusal(chats, withImage)).toEqual(
      refused({
        param: 'messages[0].content[0]',
        message: /image_url/,
      }),
    );
  });

  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"b": 1}' } };
  const called = { role: 'assistant', content: null, tool_calls: [call] };
  const result = { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'x' }] };

  it('takes calls of tools and their results', async () => {
    const messages = [...question, called, result];
    const { status, json } = await server.post(chats, { ...chat, messages });
    expect(status).toBe(200);
    const asked = await server.post(chats, chat);
    expect(json.usage.prompt_tokens).toBeGreaterThan(asked.json.usage.prompt_tokens as number);
    const streamed = { ...called, tool_calls: [{ ...call, index: 0 }] };
    const again = { ...chat, messages: [...question, streamed, result] };
    expect((await server.post(chats, again)).json.choices).toEqual(json.choices);
  });

  it.each<[object[], string, RegExp]>([
    [[result], 'messages[0].tool_call_id', /"a", which no message of the assistant before it/],
    [[called, { ...result, tool_call_id: null }], 'messages[1].tool_call_id', /must be the id/],
    [[called, { role: 'tool', tool_call_id: 'a' }], 'messages[1].content', /a string or an array/],
    [[called], 'messages[0].role', /continue_final_message: true to go on/],
    [
      [{ ...called, tool_calls: [{ ...call, function: { name: 'f', arguments: '{"b' } }] }],
      'messages[0].tool_calls[0].function.arguments',
      /function.arguments must be the JSON text of an object/,
    ],
    [
      [{ ...called, tool_calls: [{ ...call, function: { name: 'a b', arguments: '{}' } }] }],
      'messages[0].tool_calls[0].function.name',
      /letters, digits/,
    ],
    [
      [{ ...called, tool_calls: [{ ...call, type: 'custom' }] }],
      'messages[0].tool_calls[0].type',
      /"function"/,
    ],
    [[{ ...called, tool_calls: null }], 'messages[0].content', /must be a string/],
    [[{ role: 'function', content: 'x' }], 'messages[0].role', /say "tool"/],
  ])('refuses the messages %j', async (messages, param, message) => {
    expect(await refusal(chats, { ...chat, messages })).toEqual(refused({ param, message }));
  });

  it('goes on with the last message where it is asked to, and not otherwise', async () => {
    const messages = [...question, { role: 'assistant', content: 'Mada Norrar was born' }];
    const asked = { ...chat, messages };
    expect(await refusal(chats, asked)).toEqual(
      refused({ param: 'messages[1].role', message: /continue_final_message: true/ }),
    );
    const continued = { ...asked, continue_final_message: true, add_generation_prompt: false };
    const { status, json } = await server.post(chats, continued);
    expect(status).toBe(200);
    // As the template has it, which ends turns with a line feed.
    const prompt = '<|user|> Where was Mada Norrar born?\n<|assistant|> Mada Norrar was born';
    const body = { model: chat.model, prompt, max_tokens: chat.max_tokens };
    const raw = await server.post('/v1/completions', body);
    expect(json.choices[0].message.content).toBe(raw.json.choices[0].text);
    const { add_generation_prompt: _, ...alone } = continued;
    expect((await server.post(chats, alone)).json.choices).toEqual(json.choices);
    expect(await refusal(chats, { ...continued, add_generation_prompt: true })).toEqual(
      refused({ param: 'add_generation_prompt', message: /both true/ }),
    );
    expect(await refusal(chats, { ...chat, add_generation_prompt: false })).toEqual(
      refused({ param: 'add_generation_prompt', message: /unless continue_final_message/ }),
    );
    expect(await refusal(chats, { ...chat, continue_final_message: true })).toEqual(
      refused({ param: 'continue_final_message', message: /the last is of the user/ }),
    );
  });

  it('takes parts of text, a developer, and an answer of its own sent back', async () => {
    const first = await server.post(chats, chat);
    const { status } = await server.post(chats, {
      ...chat,
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
        ...question,
        first.json.choices[0].message,
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And' },
            { type: 'text', text: 'when?' },
          ],
        },
      ],
    });
    expect(status).toBe(200);
  });
});
