import { describe, expect, it } from 'vitest';

import { ConstraintError, type ChatPrompt } from '../../spec/index.ts';
import { FakeService, type FakeBehaviour } from '../../../test/support/server/fake-service.ts';
import { events, listen, question, type Json } from '../../../test/support/server/serve.ts';

const chats = '/v1/chat/completions';

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { type: 'function', function: { name: 'weather', parameters, strict: true } };
const clock = { type: 'function', function: { name: 'clock', description: 'The time.' } };
const choose = (name: string) => ({ type: 'function', function: { name } });

const calls = { form: 'hermes', atStart: false } as const;

/** An answer of exactly these texts, which may call. */
function answering(texts: readonly string[], behaviour: FakeBehaviour = {}): FakeService {
  return new FakeService({
    next: (index) => Promise.resolve(texts[index]),
    ...behaviour,
    result: { calls, ...behaviour.result },
  });
}

async function ask(service: FakeService, body: object) {
  await using server = await listen({ service });
  const answer = await server.post(chats, { model: 'fake', messages: question, ...body });
  const { prompt, options } = service.requests[0] ?? {};
  return { ...answer, prompt: prompt as ChatPrompt, constraint: options?.constraint };
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

const body = { tools: [clock, weather] };
const callId = expect.stringMatching(/^call_[0-9a-f]{32}$/) as unknown;
const called = (name: string, given: string) => ({
  id: callId,
  type: 'function',
  function: { name, arguments: given },
});

describe('tools', () => {
  it('reach the engine with the messages', async () => {
    const { prompt, constraint } = await ask(answering(['Hi']), {
      ...body,
      tool_choice: choose('weather'),
      parallel_tool_calls: false,
    });
    expect(prompt).toEqual({
      messages: question,
      tools: [
        { name: 'clock', description: 'The time.' },
        { name: 'weather', parameters, strict: true },
      ],
      toolChoice: { name: 'weather' },
      parallelToolCalls: false,
    });
    expect(constraint).toBeUndefined();
    const { prompt: plain } = await ask(answering(['Hi']), { tools: [], tool_choice: 'auto' });
    expect(plain).toEqual({ messages: question, toolChoice: 'auto' });
  });

  it('go beside a constraint where none must be called', async () => {
    const format = { response_format: { type: 'json_object' } };
    const { prompt, constraint } = await ask(answering(['{}']), { ...body, ...format });
    expect([prompt.tools?.length, constraint]).toEqual([2, { jsonSchema: { type: 'object' } }]);
  });

  it.each<[object, string, RegExp]>([
    [
      { tools: [weather], tool_choice: choose('wether') },
      'tool_choice',
      /^tool_choice names "wether".*Did you mean `weather`/,
    ],
    [{ tools: [weather], tool_choice: 'any' }, 'tool_choice', /must be "auto", "required"/],
    [{ tool_choice: 'required' }, 'tool_choice', /^tool_choice needs tools/],
    [
      { tools: [weather, weather] },
      'tools[1].function.name',
      /^tools\[1\].function.name: there are two tools/,
    ],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].type', /Only tools of type "function"/],
    [{ tools: [choose('a b')] }, 'tools[0].function.name', /1 to 64 letters/],
    [{ tools: Array.from({ length: 129 }, () => weather) }, 'tools', /128/],
    [{ tools: [weather], parallel_tool_calls: 1 }, 'parallel_tool_calls', /./],
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
  ])('are refused: %j', async (given, param, message) => {
    expect(await refusal(given)).toEqual([400, param, expect.stringMatching(message)]);
  });

  it('name the parameters at fault', async () => {
    for (const [path, param] of [
      ['tools[1].parameters/properties/city', 'tools[1].function.parameters/properties/city'],
      ['toolChoice', 'tool_choice'],
      ['/properties', 'regex/properties'],
    ] as const) {
      const next = () => Promise.reject(new ConstraintError(path, 'Not supported.'));
      const { status, json } = await ask(new FakeService({ next }), { ...body, regex: 'a' });
      const { code, param: at } = json.error;
      expect([status, code, at]).toEqual([400, 'invalid_constraint', param]);
    }
  });
});

describe('an answer that calls', () => {
  const texts = [
    'I ',
    'look.\n<tool',
    '_call>\n{"name": "wea',
    'ther", "arguments": {"city":',
    ' "Oslo"}}\n</tool_call>\n<tool_call>\n{"name": "clock", "arguments": {}',
    '}\n</tool_call>',
  ];

  it('has its text and its calls', async () => {
    const { json } = await ask(answering(texts), body);
    expect(json.choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: 'I look.',
        refusal: null,
        tool_calls: [called('weather', '{"city": "Oslo"}'), called('clock', '{}')],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    });
    const { json: alone } = await ask(answering(texts.slice(2).with(0, `<tool${texts[2]}`)), body);
    expect(alone.choices[0].message.content).toBeNull();
  });

  it('streams them as OpenAI does', async () => {
    const chunks = await streamed(answering(texts), body);
    const choices = chunks.map(({ choices: [choice] }) => choice);
    const later = (index: number, given: string) => ({
      tool_calls: [{ index, function: { arguments: given } }],
    });
    expect(choices.map(({ delta }) => delta)).toEqual([
      { role: 'assistant', content: null },
      { content: 'I' },
      { content: ' look.' },
      { tool_calls: [{ index: 0, ...called('weather', '') }] },
      later(0, '{"city":'),
      later(0, ' "Oslo"}'),
      { tool_calls: [{ index: 1, ...called('clock', '') }] },
      later(1, '{}'),
      {},
    ]);
    const reasons = choices.map(({ finish_reason: reason }) => reason as string | null);
    expect(reasons).toEqual([...Array.from({ length: 8 }, () => null), 'tool_calls']);
  });

  it('reports log-probs of tokens that add nothing yet', async () => {
    const chunks = await streamed(answering(texts), { ...body, logprobs: true });
    const tokens = chunks.flatMap(({ choices: [{ logprobs }] }) => logprobs?.content ?? []);
    expect(tokens.map(({ token }: Json) => token as string)).toEqual(texts);
  });

  it('has ids of its own in each choice, and says when it was cut off', async () => {
    const service = answering(texts.slice(0, 4), { result: { finishReason: 'length' } });
    const { json } = await ask(service, { ...body, n: 2 });
    const ids = json.choices.map(({ message }: Json) => message.tool_calls[0].id as string);
    expect(new Set(ids).size).toBe(2);
    expect(json.choices[1]).toMatchObject({
      finish_reason: 'length',
      message: { tool_calls: [{ function: { arguments: '{"city":' } }] },
    });
  });

  it('has ids that its template takes back', async () => {
    const text = '[TOOL_CALLS] [{"name": "clock", "arguments": {}}]';
    const result = { calls: { form: 'mistral', atStart: true } } as const;
    const { json } = await ask(answering([text], { result }), body);
    expect(json.choices[0].message.tool_calls[0].id).toMatch(/^[0-9a-f]{9}$/);
  });
});

describe('an answer that calls nothing', () => {
  it('is its text, to the last blank', async () => {
    const texts = ['Hi <tool', ' ', '\n'];
    const { json } = await ask(answering(texts), body);
    const { message, finish_reason: reason } = json.choices[0];
    expect([message, reason]).toEqual([
      { role: 'assistant', content: 'Hi <tool \n', refusal: null },
      'stop',
    ]);
    const chunks = await streamed(answering(texts), body);
    const said = chunks.map(({ choices: [{ delta }] }) => (delta.content ?? '') as string);
    expect(said.join('')).toBe('Hi <tool \n');
  });

  it('is text whatever it looks like, where none may be called', async () => {
    const text = '<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>';
    const service = new FakeService({ next: (i) => Promise.resolve(i === 0 ? text : undefined) });
    const { json } = await ask(service, { ...body, tool_choice: 'none' });
    expect(json.choices[0]).toMatchObject({ message: { content: text }, finish_reason: 'stop' });
  });
});
