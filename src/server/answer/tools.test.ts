import { describe, expect, it } from 'vitest';

import { ConstraintError } from '../../spec/index.ts';
import { FakeService, type FakeBehaviour } from '../../../test/support/server/fake-service.ts';
import { events, listen, question, type Json } from '../../../test/support/server/serve.ts';

const chats = '/v1/chat/completions';

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { type: 'function', function: { name: 'weather', parameters, strict: true } };
const clock = { type: 'function', function: { name: 'clock', description: 'The time.' } };
const choose = (name: string) => ({ type: 'function', function: { name } });

const noArguments = { type: 'object', properties: {}, additionalProperties: false };

/** An answer of exactly these texts. */
function answering(texts: readonly string[], behaviour: FakeBehaviour = {}): FakeService {
  return new FakeService({ next: (index) => Promise.resolve(texts[index]), ...behaviour });
}

async function ask(service: FakeService, body: object) {
  await using server = await listen({ service });
  const answer = await server.post(chats, { model: 'fake', messages: question, ...body });
  return { ...answer, constraint: service.requests[0]?.options.constraint };
}

async function streamed(service: FakeService, body: object): Promise<Json[]> {
  const { status, text } = await ask(service, { ...body, stream: true });
  expect(status).toBe(200);
  const data = events(text);
  expect(data.pop()).toBe('[DONE]');
  return data.map((each) => JSON.parse(each));
}

async function refusal(body: object) {
  const { status, json } = await ask(new FakeService(), body);
  return [status, json.error.param, json.error.message] as unknown[];
}

describe('a function that is forced', () => {
  const body = { tools: [clock, weather], tool_choice: choose('weather') };

  it('constrains the answer to its arguments', async () => {
    const { json, constraint } = await ask(answering(['{"city":', ' "Oslo"}']), body);
    expect(constraint).toEqual({ jsonSchema: parameters });
    expect(json.choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: expect.stringMatching(/^call_[0-9a-f]{32}$/),
            type: 'function',
            function: { name: 'weather', arguments: '{"city": "Oslo"}' },
          },
        ],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    });
  });

  it('streams its arguments', async () => {
    const chunks = await streamed(answering(['{"city":', '', ' "Oslo"}']), body);
    const choices = chunks.map(({ choices: [choice] }) => choice);
    expect(choices.map(({ delta }) => delta)).toEqual([
      { role: 'assistant', content: null },
      {
        tool_calls: [
          {
            index: 0,
            id: expect.stringMatching(/^call_/),
            type: 'function',
            function: { name: 'weather', arguments: '{"city":' },
          },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: ' "Oslo"}' } }] },
      {},
    ]);
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual([
      null,
      null,
      null,
      'tool_calls',
    ]);
  });

  it('is called without arguments where it declares none', async () => {
    const { constraint } = await ask(answering(['{}']), { ...body, tool_choice: choose('clock') });
    expect(constraint).toEqual({ jsonSchema: noArguments });
  });

  it('has an id of its own in each choice, and says when it was cut off', async () => {
    const service = answering(['{"city":'], { result: { finishReason: 'length' } });
    const { json } = await ask(service, { ...body, n: 2 });
    const ids = json.choices.map(({ message }: Json) => message.tool_calls[0].id as string);
    expect(new Set(ids).size).toBe(2);
    expect(json.choices[1]).toMatchObject({
      finish_reason: 'length',
      message: { tool_calls: [{ function: { arguments: '{"city":' } }] },
    });
  });
});

describe('a call that is required', () => {
  const body = { tools: [clock, weather], tool_choice: 'required', parallel_tool_calls: true };
  const texts = ['{"na', 'me": "weather",', '"arguments": {"a": {}', '}', '\n}'];

  it('is of any of the functions', async () => {
    const { json, constraint } = await ask(answering(texts), body);
    const { anyOf } = (constraint as Json).jsonSchema;
    expect(anyOf.map(({ properties }: Json) => properties.name.const as string)).toEqual([
      'clock',
      'weather',
    ]);
    expect(json.choices[0].message.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: '{"a": {}}' } },
    ]);
    expect(json.choices[0].finish_reason).toBe('tool_calls');
  });

  it('streams the function once it is known, and its arguments without what is around them', async () => {
    const chunks = await streamed(answering(texts), body);
    const calls = chunks.flatMap(({ choices: [{ delta }] }) => delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'weather' } });
    expect(calls.slice(1).every((call) => !('id' in call))).toBe(true);
    expect(calls.map((call) => call.function.arguments as string).join('')).toBe('{"a": {}}');
  });

  it('reports log-probs of tokens that add nothing to the call yet', async () => {
    const chunks = await streamed(answering(texts), { ...body, logprobs: true });
    const tokens = chunks.flatMap(({ choices: [{ logprobs }] }) => logprobs?.content ?? []);
    expect(tokens.map(({ token }: Json) => token as string)).toEqual(texts);
  });

  it('of one function is that function', async () => {
    const { constraint } = await ask(answering(['{}']), { ...body, tools: [weather] });
    expect(constraint).toEqual({ jsonSchema: parameters });
  });

  it('names the parameters at fault', async () => {
    for (const [tools, path, param] of [
      [
        [clock, weather],
        '#/anyOf/1/properties/arguments/properties/city',
        'tools[1].function.parameters/properties/city',
      ],
      [[clock, weather], '#/anyOf/1/properties/arguments', 'tools[1].function.parameters'],
      [[clock, weather], '#', 'tools'],
      [[weather], '#/properties/city', 'tools[0].function.parameters/properties/city'],
    ] as const) {
      const failing = new FakeService({
        next: () => Promise.reject(new ConstraintError(path, 'Not supported.')),
      });
      const { status, json } = await ask(failing, { ...body, tools });
      expect([status, json.error.code, json.error.param]).toEqual([
        400,
        'invalid_constraint',
        param,
      ]);
    }
  });
});

describe('tools', () => {
  it('that the model would have to choose to call are refused with the remedy', async () => {
    for (const choice of [undefined, null, 'auto']) {
      expect(await refusal({ tools: [weather], tool_choice: choice })).toEqual([
        400,
        'tool_choice',
        expect.stringMatching(/Choose "required", a function, or "none"/),
      ]);
    }
  });

  it('are not called where none may be', async () => {
    const { json, constraint } = await ask(answering(['Hi']), {
      tools: [weather],
      tool_choice: 'none',
    });
    expect(json.choices[0]).toMatchObject({ message: { content: 'Hi' }, finish_reason: 'stop' });
    expect(constraint).toBeUndefined();
    expect((await ask(answering(['Hi']), { tools: [], tool_choice: 'auto' })).status).toBe(200);
  });

  it.each<[object, string, RegExp]>([
    [{ tools: [weather], tool_choice: choose('wether') }, 'tool_choice', /Did you mean `weather`/],
    [{ tools: [weather], tool_choice: 'any' }, 'tool_choice', /must be "required", "none"/],
    [{ tools: [weather, weather], tool_choice: 'required' }, 'tools[1].function.name', /two tools/],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].type', /Only tools of type "function"/],
    [{ tools: [choose('a b')] }, 'tools[0].function.name', /1 to 64 letters/],
    [{ tools: Array.from({ length: 129 }, () => weather) }, 'tools', /128/],
    [
      { tools: [{ type: 'function', function: { name: 'f', parameters: 1 } }] },
      'tools[0].function.parameters',
      /must be a JSON schema/,
    ],
    [
      { tools: [weather], tool_choice: 'required', regex: 'a' },
      'tool_choice',
      /^regex and tool_choice both/,
    ],
  ])('refuses %j', async (body, param, message) => {
    expect(await refusal(body)).toEqual([400, param, expect.stringMatching(message)]);
  });
});
