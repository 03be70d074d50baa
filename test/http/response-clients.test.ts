import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, Output, streamText, tool, type ModelMessage } from 'ai';
import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';

import { EngineUnavailableError } from '../../src/spec/index.ts';
import { FakeService } from '../support/server/fake-service.ts';
import { findPython, runPython } from '../support/python.ts';
import { listen, type Json } from '../support/server/serve.ts';
import {
  birth,
  maxTokens,
  question,
  shareServer,
  steered,
} from '../support/server/shared-server.ts';

const world = shareServer();

/** A service that dies in the middle of its answer. */
const dying = () =>
  new FakeService({
    next: (index) =>
      index < 2 ? Promise.resolve('a') : Promise.reject(new EngineUnavailableError('Gone.')),
  });

describe('openai', () => {
  const create = (url = world.baseURL) =>
    new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 0 });
  const body = { model: 'atlas-chat', input: question, max_output_tokens: 8 };

  it('answers as the chat does, and passes trimtab', async () => {
    const response = await create().responses.create(body);
    expect([response.output_text, response.status]).toEqual([steered, 'incomplete']);
    const messages = [{ role: 'user' as const, content: question }];
    const chat = { model: 'atlas-chat', messages, max_tokens: 8 };
    const { usage } = await create().chat.completions.create(chat);
    expect(response.usage).toMatchObject({
      input_tokens: usage!.prompt_tokens,
      output_tokens: 8,
      total_tokens: usage!.total_tokens,
    });
    const alpha = { trimtab: { params: { alpha: 0 } } };
    const unsteered = await create().responses.create({ ...body, ...alpha });
    const { choices } = await create().chat.completions.create({ ...chat, ...alpha });
    expect(unsteered.output_text).toBe(choices[0]!.message.content);
  });

  it('counts the tokens that the answer’s usage counts', async () => {
    const instructions = 'Be brief.';
    const { usage } = await create().responses.create({ ...body, instructions });
    const counted = await create().responses.inputTokens.count({
      model: 'atlas-chat',
      input: question,
      instructions,
    });
    expect(counted).toEqual({
      object: 'response.input_tokens',
      input_tokens: usage!.input_tokens,
    });
  });

  it('streams', async () => {
    let text = '';
    let tokens = 0;
    for await (const event of await create().responses.create({ ...body, stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.incomplete') tokens = event.response.usage!.output_tokens;
    }
    expect([text, tokens]).toEqual([steered, 8]);
  });

  it('goes on with what was said', async () => {
    const client = create();
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: question }];
    const first = await client.responses.create({ ...body, input, max_output_tokens: 30 });
    input.push(...first.output, { role: 'user', content: 'And Elnin Oslack?' });
    const second = await client.responses.create({ ...body, input });
    expect(second.usage!.input_tokens).toBeGreaterThan(first.usage!.input_tokens + 10);
  });

  it('parses what fits a schema, whole and streamed', async () => {
    const request = {
      ...body,
      max_output_tokens: maxTokens,
      text: { format: zodTextFormat(birth, 'birth') },
    };
    const { output_parsed } = await create().responses.parse(request);
    expect(birth.parse(output_parsed)).toEqual(output_parsed);
    const streamed = await create().responses.stream(request).finalResponse();
    expect(streamed.output_parsed).toEqual(output_parsed);
  });

  it('parses forced calls, whole and streamed', async () => {
    const request = {
      ...body,
      max_output_tokens: maxTokens,
      tools: [zodResponsesFunction({ name: 'note', parameters: birth })],
      tool_choice: 'required' as const,
      parallel_tool_calls: false,
    };
    const { output } = await create().responses.parse(request);
    const call = output[0] as OpenAI.Responses.ResponseFunctionToolCall;
    expect(call).toMatchObject({ type: 'function_call', name: 'note', status: 'completed' });
    const given: unknown = JSON.parse(call.arguments);
    expect(birth.parse(given)).toEqual(given);
    const { output: again } = await create().responses.stream(request).finalResponse();
    expect(again[0]).toMatchObject({ type: 'function_call', arguments: call.arguments });
  });

  it('throws on an error in the middle of a stream', async () => {
    await using other = await listen({ service: dying() });
    const client = create(`${other.url}/v1`);
    const read = async () => {
      const stream = await client.responses.create({ ...body, model: 'fake', stream: true });
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow(/Gone/);
    const final = client.responses.stream({ ...body, model: 'fake' }).finalResponse();
    await expect(final).rejects.toThrow(/Gone/);
  });

  it('is told what is not stored', async () => {
    const client = create();
    const refused = client.responses.create({ ...body, previous_response_id: 'resp_1' });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
    await expect(client.responses.retrieve('resp_1')).rejects.toThrow(/404 Nothing is stored/);
    await expect(client.responses.delete('resp_1')).rejects.toThrow(/404 Nothing is stored/);
  });
});

const python = findPython('openai', 'responses with the openai package of Python');

describe.skipIf(python === undefined)('openai of Python', () => {
  it('answers, streams, parses, calls, goes on, counts and refuses', async () => {
    const told = await runPython<Json>(python!, 'openai_responses.py', {
      url: world.server.url,
      question,
    });
    expect(told).toMatchObject({
      created: ['incomplete', expect.any(String), told.counted],
      streamed: { text: expect.stringContaining(steered), final: ['completed', true] },
      called: ['function_call', 'note', expect.any(String)],
      after: true,
      refused: [400, 'previous_response_id'],
      missing: [404, null],
    });
    expect(birth.parse(told.parsed)).toEqual(told.parsed);
    expect(birth.parse(JSON.parse(told.called[2] as string))).toBeTypeOf('object');
  });
});

describe('ai with @ai-sdk/openai', () => {
  const create = (url = world.baseURL) => createOpenAI({ baseURL: url, apiKey: 'none' });
  const request = () => ({
    model: create()('atlas-chat'),
    prompt: question,
    maxOutputTokens: maxTokens,
    maxRetries: 0,
  });

  it('generateText', async () => {
    const { text, finishReason, usage } = await generateText({ ...request(), maxOutputTokens: 8 });
    expect([text, finishReason, usage.outputTokens]).toEqual([steered, 'length', 8]);
  });

  it('streamText', async () => {
    const { textStream, usage } = streamText({
      ...request(),
      system: 'Be brief.',
      maxOutputTokens: 8,
    });
    let text = '';
    for await (const part of textStream) text += part;
    expect(text.length).toBeGreaterThan(5);
    expect((await usage).outputTokens).toBe(8);
  });

  it('an output that fits a schema, whole and streamed', async () => {
    const output = Output.object({ schema: birth });
    const whole = await generateText({ ...request(), output });
    expect(birth.parse(whole.output)).toEqual(whole.output);
    const parts = [];
    const { partialOutputStream } = streamText({ ...request(), output });
    for await (const part of partialOutputStream) parts.push(part);
    expect(parts.at(-1)).toEqual(whole.output);
  });

  it('a tool that must be called', async () => {
    const tools = { note: tool({ inputSchema: birth, execute: async (note) => note }) };
    const { toolCalls, finishReason } = await generateText({
      ...request(),
      tools,
      toolChoice: 'required',
    });
    expect(finishReason).toBe('tool-calls');
    expect(birth.parse(toolCalls[0]!.input)).toEqual(toolCalls[0]!.input);
  });

  it('goes on in later steps with whole items, and is told so where it refers to them', async () => {
    const first = await generateText({ ...request(), maxOutputTokens: 8 });
    const messages: ModelMessage[] = [
      { role: 'user', content: question },
      ...first.response.messages,
      { role: 'user', content: 'Thanks.' },
    ];
    const { prompt: _, ...asked } = request();
    const later = { ...asked, messages, maxOutputTokens: 8 };
    const whole = await generateText({ ...later, providerOptions: { openai: { store: false } } });
    expect(whole.text.length).toBeGreaterThan(0);
    await expect(generateText(later)).rejects.toThrow(/"store": false/);
  });

  it('an error in the middle of a stream', async () => {
    await using other = await listen({ service: dying() });
    const errors: unknown[] = [];
    const { textStream } = streamText({
      model: create(`${other.url}/v1`)('fake'),
      prompt: question,
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of textStream);
    expect(JSON.stringify(errors)).toContain('Gone');
  });
});

describe('@langchain/openai', () => {
  const create = (fields: Partial<ConstructorParameters<typeof ChatOpenAI>[0] & object> = {}) =>
    new ChatOpenAI({
      model: 'atlas-chat',
      apiKey: 'none',
      maxTokens: 8,
      useResponsesApi: true,
      configuration: { baseURL: world.baseURL },
      ...fields,
    });

  it('invoke', async () => {
    const message = await create().invoke(question);
    expect(message).toMatchObject({ text: steered, usage_metadata: { output_tokens: 8 } });
  });

  it('stream', async () => {
    const chunks = [];
    for await (const chunk of await create().stream(question)) chunks.push(chunk);
    expect(chunks.map(({ text }) => text).join('')).toBe(steered);
    const usage = expect.objectContaining({ output_tokens: 8 }) as unknown;
    expect(chunks).toContainEqual(expect.objectContaining({ usage_metadata: usage }));
  });

  it('modelKwargs reach trimtab.params', async () => {
    const modelKwargs = { trimtab: { params: { alpha: 0 } } };
    const { text } = await create({ modelKwargs }).invoke(question);
    expect(text).not.toBe(steered);
    const wrong = create({ modelKwargs: { trimtab: { params: { alpha: 3 } } }, maxRetries: 0 });
    await expect(wrong.invoke(question)).rejects.toThrow(/trimtab.params.alpha must be/);
  });

  it('goes on with what was said', async () => {
    const first = await create().invoke(question);
    const messages = [{ role: 'user', content: question }, first];
    const second = await create().invoke([...messages, { role: 'user', content: 'Thanks.' }]);
    expect(second.text.length).toBeGreaterThan(0);
  });

  it.each(['jsonSchema', 'functionCalling'] as const)(
    'withStructuredOutput, %s',
    async (method) => {
      const model = create({ maxTokens }).withStructuredOutput(birth, { name: 'birth', method });
      const value = await model.invoke(question);
      expect(birth.parse(value)).toEqual(value);
    },
  );
});
