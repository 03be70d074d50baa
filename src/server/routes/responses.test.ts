import type OpenAI from 'openai';
import { describe, expect, expectTypeOf, it } from 'vitest';

import { EngineUnavailableError, InvalidOptionError } from '../../spec/index.ts';
import { appOf } from '../../../test/support/server/app.ts';
import { FakeService, type FakeBehaviour } from '../../../test/support/server/fake-service.ts';
import { events, type Json } from '../../../test/support/server/serve.ts';
import type { ResponseAnswer, ResponseEvent } from '../wire/response-shapes.ts';

const route = '/v1/responses';
const ask = { model: 'fake', input: 'Hello' };

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { type: 'function', name: 'weather', parameters };
const clock = { type: 'function', name: 'clock' };

const saying = (texts: readonly string[], behaviour: FakeBehaviour = {}) =>
  new FakeService({ next: (index) => Promise.resolve(texts[index]), ...behaviour });

async function respond(body: object, service = new FakeService()): Promise<Json> {
  const { status, json } = await appOf({ service }).post(route, { ...ask, ...body });
  expect({ status, error: json.error }).toEqual({ status: 200, error: null });
  return json;
}

/** What the service was asked. */
async function asked(body: object) {
  const service = new FakeService();
  await respond(body, service);
  return service.requests[0]!;
}

async function stream(body: object, service = new FakeService()): Promise<Json[]> {
  const { text } = await appOf({ service }).post(route, { ...ask, ...body, stream: true });
  const blocks = text.split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => {
    const [name, data] = block.split('\n');
    const event: Json = JSON.parse(data!.replace(/^data: /, ''));
    expect(name).toBe(`event: ${event.type}`);
    return event;
  });
}

const withoutIds = (value: unknown): Json =>
  JSON.parse(
    JSON.stringify(value, (key, each: unknown) =>
      key === 'id' || key === 'item_id' || key === 'call_id' ? 'ID' : each,
    ),
  );

async function refusal(body: object, service = new FakeService()) {
  const { status, json } = await appOf({ service }).post(route, { ...ask, ...body });
  return [status, json.error.param, json.error.message] as unknown[];
}

describe('a response', () => {
  it('is OpenAI’s object', async () => {
    const response = await respond({ metadata: { a: 'b' }, instructions: 'Be brief.' });
    expect(response).toEqual({
      id: expect.stringMatching(/^resp_[0-9a-f-]{36}$/),
      object: 'response',
      created_at: expect.any(Number),
      completed_at: expect.any(Number),
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      max_output_tokens: null,
      metadata: { a: 'b' },
      model: 'fake',
      output: [
        {
          id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'aaa', annotations: [], logprobs: [] }],
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      service_tier: 'default',
      store: false,
      system_fingerprint: expect.stringMatching(/^fp_/),
      temperature: null,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: null,
      truncation: 'disabled',
      usage: {
        input_tokens: 2,
        input_tokens_details: { cached_tokens: 1 },
        output_tokens: 3,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 5,
        trimtab: expect.any(Object),
      },
    });
    // Theirs has `output_text`, which clients compute, no `usage` while there is none, and no structural tags.
    expectTypeOf<Omit<ResponseAnswer, 'usage' | 'text'>>().toExtend<
      Omit<OpenAI.Responses.Response, 'output_text' | 'usage' | 'text'>
    >();
    expectTypeOf<NonNullable<ResponseAnswer['usage']>>().toExtend<OpenAI.Responses.ResponseUsage>();
  });

  it('that was cut off is incomplete, and so is its last item', async () => {
    const response = await respond({}, saying(['a'], { result: { finishReason: 'length' } }));
    expect(response).toMatchObject({
      status: 'incomplete',
      completed_at: null,
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
  });

  it('that says nothing is an empty message', async () => {
    const { output } = await respond({}, saying([]));
    expect(output).toMatchObject([{ type: 'message', content: [{ text: '' }] }]);
    const last = (await stream({}, saying([]))).at(-1)!;
    expect(withoutIds(last.response.output)).toEqual(withoutIds(output));
  });

  it('tells log-probs where they are included', async () => {
    const body = { include: ['message.output_text.logprobs'], top_logprobs: 2 };
    const { output, top_logprobs } = await respond(body);
    expect(top_logprobs).toBe(2);
    const { logprobs } = output[0].content[0];
    expect(logprobs).toHaveLength(3);
    expect(logprobs[0]).toEqual({ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] });
    const told = await stream(body);
    const deltas = told.filter(({ type }) => type === 'response.output_text.delta');
    expect(deltas.flatMap((delta) => delta.logprobs as unknown[])).toEqual(logprobs);
    expect((await asked(body)).options).toMatchObject({ logprobs: true, topLogprobs: 2 });
  });
});

describe('what is asked', () => {
  it('is a chat of the input and the instructions', async () => {
    expect((await asked({})).prompt).toEqual({ messages: [{ role: 'user', content: 'Hello' }] });
    const input = [
      { role: 'developer', content: 'A' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'B' }] },
      {
        type: 'message',
        id: 'msg_1',
        status: 'completed',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'C', annotations: [], logprobs: [] },
          { type: 'output_text', text: 'D' },
        ],
      },
      { role: 'user', content: 'E' },
    ];
    expect((await asked({ input, instructions: 'I' })).prompt).toEqual({
      messages: [
        { role: 'system', content: 'I' },
        { role: 'system', content: 'A' },
        { role: 'user', content: 'B' },
        { role: 'assistant', content: 'C\nD' },
        { role: 'user', content: 'E' },
      ],
    });
  });

  it('can hold calls and their results', async () => {
    const call = (id: string) => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: id,
      name: 'weather',
      arguments: '{}',
      status: 'completed',
    });
    const output = (id: string, said: unknown) => ({
      type: 'function_call_output',
      call_id: id,
      output: said,
    });
    const input = [
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B' },
      call('1'),
      call('2'),
      output('1', 'C'),
      output('2', [{ type: 'input_text', text: 'D' }]),
      call('3'),
      output('3', 'E'),
    ];
    const toolCall = (id: string) => ({ id, name: 'weather', arguments: '{}' });
    expect((await asked({ input })).prompt).toEqual({
      messages: [
        { role: 'user', content: 'A' },
        { role: 'assistant', content: 'B', toolCalls: [toolCall('1'), toolCall('2')] },
        { role: 'tool', content: 'C', toolCallId: '1' },
        { role: 'tool', content: 'D', toolCallId: '2' },
        { role: 'assistant', content: '', toolCalls: [toolCall('3')] },
        { role: 'tool', content: 'E', toolCallId: '3' },
      ],
    });
  });

  it('goes on with a message where that is said', async () => {
    const input = [
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B' },
    ];
    const { prompt } = await asked({ input, trimtab: { continue_final_message: true } });
    expect(prompt).toMatchObject({ continueFinalMessage: true });
  });

  it('has the options of its own, and in trimtab those of a chat', async () => {
    const trimtab = { seed: 7, top_k: 3, stop: ['x'], min_p: 0.1, speculation: 'off' };
    const body = { temperature: 0.5, top_p: 0.9, max_output_tokens: 5, trimtab };
    const { options } = await asked(body);
    const own = { temperature: 0.5, topP: 0.9, maxTokens: 5 };
    expect(options).toMatchObject({ ...own, seed: 7, topK: 3, stop: ['x'], minP: 0.1 });
    expect(options.speculation).toBe('off');
    expect(await respond(body)).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 5,
    });
    expect((await asked({ trimtab: { keep_alive: '10m' } })).keepAliveMs).toBe(600_000);
  });

  it('can be a text that fits', async () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const format = { type: 'json_schema', name: 'n', schema, strict: true };
    expect((await asked({ text: { format } })).options.constraint).toEqual({
      jsonSchema: schema,
      strict: true,
    });
    expect((await respond({ text: { format } })).text).toEqual({ format });
    const object = { format: { type: 'json_object' } };
    const anyObject = { jsonSchema: { type: 'object' } };
    expect((await asked({ text: object })).options.constraint).toEqual(anyObject);
    expect((await respond({ text: object })).text).toEqual(object);
    const text = { format: { type: 'text' } };
    expect((await asked({ text })).options.constraint).toBeNull();
    expect((await asked({ trimtab: { regex: 'a' } })).options.constraint).toEqual({ regex: 'a' });
    const tag = { format: { type: 'structural_tag', format: { type: 'any_text' } } };
    expect((await asked({ text: tag })).options.constraint).toEqual({
      structuralTag: { type: 'any_text' },
    });
    expect((await respond({ text: tag })).text).toEqual(tag);
  });

  it.each<[string, object]>([
    [
      'what clients send by themselves',
      { store: true, service_tier: 'auto', truncation: 'disabled' },
    ],
    ['reasoning that is not shown', { reasoning: { effort: 'low', summary: 'auto' } }],
    ['reasoning that is not there', { include: ['reasoning.encrypted_content'], store: false }],
    ['what asks for nothing', { background: false, previous_response_id: null, tools: [] }],
    ['who asks', { user: 'u', safety_identifier: 's', prompt_cache_key: 'k', max_tool_calls: 3 }],
    ['one verbosity', { text: { verbosity: 'medium' } }],
  ])('passes %s', async (_, body) => {
    expect((await respond(body)).store).toBe(false);
  });
});

describe('a call', () => {
  const body = { tools: [clock, weather], tool_choice: { type: 'function', name: 'weather' } };
  const result = { calls: { form: 'hermes', atStart: true } } as const;
  const texts = [
    '<tool_call>\n{"name": "weather", "arguments": {"city":',
    ' "Oslo"}}\n</tool_call>',
  ];

  it('is an item', async () => {
    const response = await respond(body, saying(texts, { result }));
    expect(response).toMatchObject({
      status: 'completed',
      tool_choice: body.tool_choice,
      tools: [
        { type: 'function', name: 'clock', description: null, parameters: null, strict: false },
        { type: 'function', name: 'weather', description: null, parameters, strict: false },
      ],
    });
    expect(response.output).toEqual([
      {
        id: expect.stringMatching(/^fc_/),
        type: 'function_call',
        call_id: expect.stringMatching(/^call_/),
        name: 'weather',
        arguments: '{"city": "Oslo"}',
        status: 'completed',
      },
    ]);
  });

  it('has none of the log-probs of the text before it, streamed and whole', async () => {
    const include = ['message.output_text.logprobs'];
    const mixed = ['Hi', ' there.', ...texts];
    const service = () => saying(mixed, { result: { calls: { form: 'hermes', atStart: false } } });
    const whole = await respond({ ...body, include }, service());
    const [message, call] = whole.output;
    expect([message.type, call.type]).toEqual(['message', 'function_call']);
    const { text, logprobs } = message.content[0];
    expect(text).toBe('Hi there.');
    expect(logprobs.map(({ token }: Json) => token as string)).toEqual(['Hi', ' there.']);
    const told = await stream({ ...body, include }, service());
    expect(withoutIds(told.at(-1)!.response.output)).toEqual(withoutIds(whole.output));
  });

  it('is streamed as it is written', async () => {
    const told = await stream(body, saying(texts, { result }));
    expect(told.map(({ type }) => type as string)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(told[2]).toMatchObject({
      output_index: 0,
      item: { type: 'function_call', name: 'weather', arguments: '', status: 'in_progress' },
    });
    const { id } = told[2]!.item;
    const place = { item_id: id, output_index: 0 };
    expect(told[3]).toMatchObject({ ...place, delta: '{"city":' });
    expect(told[5]).toMatchObject({ ...place, name: 'weather', arguments: '{"city": "Oslo"}' });
    expect(told[6]!.item).toEqual(told[7]!.response.output[0]);
  });
});

describe('a stream', () => {
  it('tells of items and parts as OpenAI’s does', async () => {
    const told = await stream({ instructions: 'I' }, saying(['a', '', 'b']));
    expect(told.map(({ sequence_number }) => sequence_number as number)).toEqual([...told.keys()]);
    const { response } = told[0]!;
    expect(response).toMatchObject({ status: 'in_progress', output: [], usage: null });
    const id = told[2]!.item.id as string;
    const place = { item_id: id, output_index: 0, content_index: 0 };
    const part = { type: 'output_text', annotations: [], logprobs: [] };
    const item = { type: 'message', id, role: 'assistant' };
    expect(told).toEqual(
      [
        { type: 'response.created', response },
        { type: 'response.in_progress', response },
        {
          type: 'response.output_item.added',
          output_index: 0,
          item: { ...item, status: 'in_progress', content: [] },
        },
        { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
        { type: 'response.output_text.delta', ...place, delta: 'a', logprobs: [] },
        { type: 'response.output_text.delta', ...place, delta: 'b', logprobs: [] },
        { type: 'response.output_text.done', ...place, text: 'ab', logprobs: [] },
        { type: 'response.content_part.done', ...place, part: { ...part, text: 'ab' } },
        {
          type: 'response.output_item.done',
          output_index: 0,
          item: { ...item, status: 'completed', content: [{ ...part, text: 'ab' }] },
        },
        { type: 'response.completed', response: expect.objectContaining({ status: 'completed' }) },
      ].map((event, sequence_number): unknown => ({ ...event, sequence_number })),
    );
    expectTypeOf<
      Exclude<ResponseEvent, { type: FinalEvent }>
    >().toExtend<OpenAI.Responses.ResponseStreamEvent>();
  });

  it('ends in the response that is given as a whole', async () => {
    const bodies = [
      [{ trimtab: { trace: true, seed: 5 } }, saying(['a', 'b'])],
      [
        { tools: [weather, clock], tool_choice: 'required' },
        saying(
          [
            'I look. <tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>\n<tool_call>',
            '\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
          ],
          { result: { calls: { form: 'hermes', atStart: false } } },
        ),
      ],
      [{}, saying(['a'], { result: { finishReason: 'length' } })],
    ] as const;
    for (const [body, service] of bodies) {
      const { type, response } = (await stream(body, service)).at(-1)!;
      expect(type).toBe(`response.${response.status}`);
      expect(withoutIds(response)).toEqual({
        ...withoutIds(await respond(body, service)),
        created_at: response.created_at,
        completed_at: response.completed_at,
      });
    }
  });

  it('that fails says so twice, for either kind of client', async () => {
    const dying = new FakeService({
      next: (index) =>
        index < 2 ? Promise.resolve('a') : Promise.reject(new EngineUnavailableError('Gone.')),
    });
    const [failed, error] = (await stream({}, dying)).slice(-2);
    expect(failed).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error', message: 'Gone.' } },
    });
    const said = { code: 'engine_unavailable', message: 'Gone.', param: null };
    expect(error).toEqual({
      type: 'error',
      sequence_number: failed!.sequence_number + 1,
      ...said,
      error: { ...said, type: 'server_error' },
    });
  });

  it('has no end but its last event', async () => {
    const { text } = await appOf({ service: new FakeService() }).post(route, {
      ...ask,
      stream: true,
    });
    expect(events(text)).not.toContain('[DONE]');
  });
});

/** Of whose response see above. */
type FinalEvent =
  | 'response.created'
  | 'response.in_progress'
  | 'response.completed'
  | 'response.incomplete'
  | 'response.failed';

describe('refused by name', () => {
  const hello = { role: 'user', content: 'Hello' };

  it.each<[object, string, RegExp]>([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id', /Nothing is stored/],
    [{ conversation: 'conv_1' }, 'conversation', /Nothing is stored/],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt', /send instructions and input/],
    [{ background: true }, 'background', /ends with its request/],
    [{ truncation: 'auto' }, 'truncation', /No turn/],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management', /No turn/],
    [
      { include: ['file_search_call.results'] },
      'include[0]',
      /Only "message.output_text.logprobs"/,
    ],
    [{ reasoning: { summary: 'detailed' } }, 'reasoning.summary', /no reasoning/],
    [{ reasoning: { efort: 'low' } }, 'reasoning.efort', /Did you mean `effort`/],
    [{ text: { verbosity: 'low' } }, 'text.verbosity', /not supported/],
    [{ text: { format: { type: 'grammar' } } }, 'text.format.type', /json_schema/],
    [{ text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema', /JSON schema/],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', /Only tools of type "function"/],
    [
      { tools: [{ ...clock, defer_loading: true }] },
      'tools[0].defer_loading',
      /from the beginning/,
    ],
    [{ tools: [{ type: 'function', name: 'a b' }] }, 'tools[0].name', /1 to 64 letters/],
    [
      { tools: [clock, clock], tool_choice: 'required' },
      'tools[1].name',
      /^tools\[1\]\.name: .*two/,
    ],
    [{ tools: [clock], tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type', /./],
    [
      { tools: [clock], tool_choice: { type: 'function', name: 'clok' } },
      'tool_choice',
      /Did you mean `clock`/,
    ],
    [{ metadata: { a: 1 } }, 'metadata', /texts/],
    [
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ''])) },
      'metadata',
      /16/,
    ],
    [{ seed: 1 }, 'seed', /trimtab\.seed/],
    [{ regex: 'a' }, 'regex', /trimtab\.regex/],
    [{ sed: 1 }, 'sed', /Unknown parameter/],
    [{ messages: [] }, 'messages', /Send input/],
    [{ response_format: {} }, 'response_format', /Send text\.format/],
    [{ max_tokens: 1 }, 'max_tokens', /Send max_output_tokens/],
    [{ trimtab: { seed: 0.5 } }, 'trimtab.seed', /^trimtab.seed must be an integer/],
    [{ trimtab: { params: { alpha: 'a' } } }, 'trimtab.params.alpha', /number/],
    [{ trimtab: { temperature: 1 } }, 'trimtab.temperature', /Unknown/],
    [{ max_output_tokens: 0 }, 'max_output_tokens', /^max_output_tokens must be/],
    [{ top_logprobs: 21 }, 'top_logprobs', /20/],
    [
      { text: { format: { type: 'json_object' } }, trimtab: { regex: 'a' } },
      'trimtab.regex',
      /text\.format.* trimtab\.regex|both/,
    ],
    [{ model: 'fkae' }, 'model', /Did you mean `fake`/],
  ])('%j', async (body, param, message) => {
    const status = param === 'model' ? 404 : 400;
    expect(await refusal(body)).toEqual([status, param, expect.stringMatching(message)]);
  });

  it.each<[unknown, string, RegExp]>([
    [undefined, 'input', /must be a string or an array of items/],
    [[], 'input', /at least one item/],
    [[1], 'input[0]', /./],
    [[{ role: 'tool', content: 'a' }], 'input[0].role', /./],
    [[hello, { role: 'assistant', content: 'b' }], 'input[1].role', /^input\[1\]\.role: the last/],
    [
      [hello, { type: 'function_call_output', call_id: 'x', output: 'a' }],
      'input[1].call_id',
      /^input\[1\]\.call_id is "x"/,
    ],
    [
      [hello, { type: 'function_call', call_id: 'x', name: 'f', arguments: '[' }, hello],
      'input[1].arguments',
      /^input\[1\]\.arguments must be the JSON text/,
    ],
    [
      [hello, { type: 'function_call', call_id: 'x', name: 'a b', arguments: '' }, hello],
      'input[1].name',
      /^input\[1\]\.name/,
    ],
    [[{ type: 'function_call', call_id: 'x', name: 'f' }], 'input[0].arguments', /./],
    [[{ type: 'function_call_output', output: 'a' }], 'input[0].call_id', /./],
    [[{ role: 'user', content: 1 }], 'input[0].content', /text parts/],
    [[{ role: 'user', content: 'a', extra: 1 }], 'input[0].extra', /Unknown/],
    [[{ type: 'item_reference', id: 'msg_1' }], 'input[0].type', /"store": false/],
    [[{ type: 'reasoning', id: 'rs_1', summary: [] }], 'input[0].type', /"reasoning" items/],
    [
      [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }],
      'input[0].content[0].type',
      /"input_image" parts are not supported/,
    ],
    [[{ role: 'user', content: '\uD800' }], 'input[0].content', /surrogate/],
  ])('input %j', async (input, param, message) => {
    expect(await refusal({ input })).toEqual([400, param, expect.stringMatching(message)]);
  });

  it('what the engine refuses', async () => {
    const refusing = (option: string) =>
      new FakeService({
        next: () => Promise.reject(new InvalidOptionError(option, `${option} is wrong.`)),
      });
    const input = [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ];
    for (const [option, param] of [
      ['maxTokens', 'max_output_tokens'],
      ['topP', 'top_p'],
      ['topK', 'trimtab.top_k'],
      ['seed', 'trimtab.seed'],
      ['params.alpha', 'trimtab.params.alpha'],
      ['prompt', 'input'],
      ['messages[0].content', 'instructions'],
      ['messages[2].content', 'input[1].content'],
    ] as const) {
      const body = { input, instructions: 'I' };
      expect(await refusal(body, refusing(option))).toEqual([
        400,
        param,
        option === 'prompt' ? 'prompt is wrong.' : `${param} is wrong.`,
      ]);
    }
  });
});

describe('/v1/responses/input_tokens', () => {
  it('counts the prompt of the chat', async () => {
    const app = appOf({ service: new FakeService() });
    const { json } = await app.post(`${route}/input_tokens`, { ...ask, instructions: 'I' });
    const messages = [
      { role: 'system', content: 'I' },
      { role: 'user', content: 'Hello' },
    ];
    const length = JSON.stringify({ messages }).length;
    expect(json).toEqual({ object: 'response.input_tokens', input_tokens: length });
  });
});

it.each(['GET', 'DELETE'])(
  '%s of a response finds none, since nothing is stored',
  async (method) => {
    const { status, json } = await appOf({ service: new FakeService() }).send(`${route}/resp_1`, {
      method,
    });
    expect([status, json.error.code]).toEqual([404, 'route_not_found']);
    expect(json.error.message).toMatch(/^Nothing is stored/);
  },
);
