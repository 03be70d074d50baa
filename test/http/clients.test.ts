import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, Output, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { EngineUnavailableError, QueueFullError } from '../../src/spec/index.ts';
import { FakeService } from '../support/server/fake-service.ts';
import { listen } from '../support/server/serve.ts';
import {
  birth,
  maxTokens,
  messages,
  question,
  shareServer,
  steered,
} from '../support/server/shared-server.ts';
import { until } from '../support/until.ts';

const world = shareServer();

async function baseAnswer(): Promise<string> {
  const body = { model: 'atlas-chat/large', messages, max_tokens: 8 };
  const { json } = await world.server.post('/v1/chat/completions', body);
  return json.choices[0].message.content as string;
}

describe('openai', () => {
  const create = () => new OpenAI({ baseURL: world.baseURL, apiKey: 'none' });
  const body = { model: 'atlas-chat', messages, max_tokens: 8 };

  it('chats, and passes trimtab', async () => {
    const client = create();
    const { choices } = await client.chat.completions.create(body);
    expect(choices[0]!.message.content).toBe(steered);
    const extended = { ...body, trimtab: { params: { alpha: 0 } } };
    const unsteered = await client.chat.completions.create(extended);
    expect(unsteered.choices[0]!.message.content).toBe(await baseAnswer());
  });

  it('streams', async () => {
    const stream = await create().chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let tokens = 0;
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? '';
      tokens += usage?.completion_tokens ?? 0;
    }
    expect([text, tokens]).toEqual([steered, 8]);
  });

  it('leaving a stream stops decoding', async () => {
    const before = world.service.status.stats.decodedTokens;
    const stream = await create().chat.completions.create({
      model: 'atlas-chat/large',
      messages,
      temperature: 1,
      logit_bias: { 0: -100 },
      n: 8,
      stream: true,
    });
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
    await until(() => world.service.status.stats.running === 0);
    expect(world.service.status.stats.decodedTokens - before).toBeLessThan(8 * 400);
  });

  it('reads log-probs', async () => {
    const { choices } = await create().chat.completions.create({
      ...body,
      logprobs: true,
      top_logprobs: 3,
    });
    const content = choices[0]!.logprobs!.content!;
    expect(content.map(({ token }) => token).join('')).toBe(steered);
    expect(content[0]!.top_logprobs).toHaveLength(3);
  });

  it('lists models, completes text', async () => {
    const client = create();
    const ids = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toContain('atlas-chat/large');
    expect(await client.models.retrieve('atlas-chat/large')).toMatchObject({ object: 'model' });
    const prompt = 'Mada Norrar was born';
    const { choices } = await client.completions.create({ model: 'atlas-chat', prompt });
    expect(choices[0]!.text.length).toBeGreaterThan(0);
  });

  it('parses what fits a schema, whole and streamed', async () => {
    const request = {
      model: 'atlas-chat',
      messages,
      max_tokens: maxTokens,
      response_format: zodResponseFormat(birth, 'birth'),
    };
    const client = create();
    const { choices } = await client.chat.completions.parse(request);
    const { parsed } = choices[0]!.message;
    expect(birth.parse(parsed)).toEqual(parsed);
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    expect(streamed.choices[0]!.message.parsed).toEqual(parsed);
  });

  it('parses forced calls, whole and streamed', async () => {
    const request = {
      model: 'atlas-chat',
      messages,
      max_tokens: maxTokens,
      tools: [
        zodFunction({ name: 'note', parameters: birth }),
        zodFunction({ name: 'ask', parameters: z.object({ name: z.enum(['Mada', 'Elnin']) }) }),
      ],
      tool_choice: 'required' as const,
      parallel_tool_calls: false,
    };
    const client = create();
    const { choices } = await client.chat.completions.parse(request);
    const [call] = choices[0]!.message.tool_calls!;
    expect(choices[0]!.finish_reason).toBe('tool_calls');
    expect(['note', 'ask']).toContain(call!.function.name);
    expect(call!.function.parsed_arguments).toBeTypeOf('object');
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    const [again] = streamed.choices[0]!.message.tool_calls!;
    expect(again!.function.parsed_arguments).toEqual(call!.function.parsed_arguments);
  });

  it('may be answered in text where tools are offered', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f' } }];
    const { choices } = await create().chat.completions.create({ ...body, tools });
    expect(choices[0]!.message.content).toBe(steered);
  });

  it('retries 429 and 503, and not what would fail again', async () => {
    const errors = [new QueueFullError('Full.', 0), new EngineUnavailableError('Gone.')];
    const flaky = new FakeService({
      next: (index) => {
        const error = errors.shift();
        if (error) return Promise.reject(error);
        return Promise.resolve(index < 2 ? 'a' : undefined);
      },
    });
    await using other = await listen({ service: flaky });
    const client = new OpenAI({ baseURL: `${other.url}/v1`, apiKey: 'none' });
    const { choices } = await client.chat.completions.create({ ...body, model: 'fake' });
    expect(choices[0]!.message.content).toBe('aa');
    expect(flaky.requests).toHaveLength(3);
    const broken = new FakeService({ next: () => Promise.reject(new Error('broken')) });
    await using third = await listen({ service: broken });
    const once = new OpenAI({ baseURL: `${third.url}/v1`, apiKey: 'none' });
    await expect(once.chat.completions.create({ ...body, model: 'fake' })).rejects.toThrow(/500/);
    expect(broken.requests).toHaveLength(1);
  });

  it('throws on an error in the middle of a stream', async () => {
    const dying = new FakeService({
      next: (index) =>
        index < 2 ? Promise.resolve('a') : Promise.reject(new EngineUnavailableError('Gone.')),
    });
    await using other = await listen({ service: dying });
    const client = new OpenAI({ baseURL: `${other.url}/v1`, apiKey: 'none' });
    const stream = await client.chat.completions.create({ ...body, model: 'fake', stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow(/Gone/);
  });
});

describe('ai with @ai-sdk/openai-compatible', () => {
  const create = () =>
    createOpenAICompatible({ name: 'trimtab', baseURL: world.baseURL, includeUsage: true });

  it('generateText', async () => {
    const { text, finishReason, usage } = await generateText({
      model: create().chatModel('atlas-chat'),
      prompt: question,
      maxOutputTokens: 8,
    });
    expect([text, finishReason, usage.outputTokens]).toEqual([steered, 'length', 8]);
  });

  it('providerOptions reach trimtab.params', async () => {
    const { text } = await generateText({
      model: create().chatModel('atlas-chat'),
      prompt: question,
      maxOutputTokens: 8,
      providerOptions: { trimtab: { trimtab: { params: { alpha: 0 } } } },
    });
    expect(text).toBe(await baseAnswer());
    const refused = generateText({
      model: create().chatModel('atlas-chat'),
      prompt: question,
      providerOptions: { trimtab: { trimtab: { params: { alpha: 3 } } } },
    });
    await expect(refused).rejects.toThrow(/trimtab.params.alpha must be a number from 0 to 2/);
  });

  it('streamText', async () => {
    const { textStream, usage } = streamText({
      model: create().chatModel('atlas-chat'),
      system: 'Be brief.',
      messages,
      maxOutputTokens: 8,
    });
    let text = '';
    for await (const part of textStream) text += part;
    expect(text.length).toBeGreaterThan(5);
    expect((await usage).outputTokens).toBe(8);
  });
});

describe('structured outputs of ai', () => {
  const model = () =>
    createOpenAICompatible({
      name: 'trimtab',
      baseURL: world.baseURL,
      supportsStructuredOutputs: true,
    }).chatModel('atlas-chat');
  const request = () => ({ model: model(), prompt: question, maxOutputTokens: maxTokens });

  it('generateObject', async () => {
    const { object, finishReason } = await generateObject({ ...request(), schema: birth });
    expect(birth.parse(object)).toEqual(object);
    expect(finishReason).toBe('stop');
  });

  it('generateText and streamText with an output', async () => {
    const output = Output.object({ schema: birth });
    const whole = await generateText({ ...request(), output });
    expect(birth.parse(whole.output)).toEqual(whole.output);
    const parts = [];
    const streamed = streamText({ ...request(), output });
    for await (const part of streamed.partialOutputStream) parts.push(part);
    expect(parts.at(-1)).toEqual(whole.output);
  });

  it('generateText with a tool that must be called', async () => {
    const tools = { note: tool({ inputSchema: birth, execute: async (note) => note }) };
    const { toolCalls, finishReason } = await generateText({
      ...request(),
      tools,
      toolChoice: 'required',
    });
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls).toMatchObject([{ toolName: 'note' }]);
    expect(birth.parse(toolCalls[0]!.input)).toEqual(toolCalls[0]!.input);
  });
});

describe('@langchain/openai', () => {
  const create = (mostTokens = 8) =>
    new ChatOpenAI({
      model: 'atlas-chat',
      apiKey: 'none',
      maxTokens: mostTokens,
      configuration: { baseURL: world.baseURL },
    });

  it.each(['jsonSchema', 'functionCalling'] as const)(
    'withStructuredOutput, %s',
    async (method) => {
      const model = create(maxTokens).withStructuredOutput(birth, { name: 'birth', method });
      const value = await model.invoke(question);
      expect(birth.parse(value)).toEqual(value);
    },
  );

  it('invoke', async () => {
    const message = await create().invoke(question);
    expect(message).toMatchObject({ content: steered, usage_metadata: { output_tokens: 8 } });
  });

  it('stream, with the usage it asks for by itself', async () => {
    const chunks = [];
    for await (const chunk of await create().stream(question)) chunks.push(chunk);
    expect(chunks.map(({ text }) => text).join('')).toBe(steered);
    const usage = expect.objectContaining({ output_tokens: 8 }) as unknown;
    expect(chunks).toContainEqual(expect.objectContaining({ usage_metadata: usage }));
  });

  it('modelKwargs reach trimtab.params', async () => {
    const model = new ChatOpenAI({
      model: 'atlas-chat',
      apiKey: 'none',
      maxTokens: 8,
      configuration: { baseURL: world.baseURL },
      modelKwargs: { trimtab: { params: { alpha: 0 } } },
    });
    expect((await model.invoke(question)).text).toBe(await baseAnswer());
  });
});
