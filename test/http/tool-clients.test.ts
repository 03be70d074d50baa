// Whole loops of agents, by the clients that people use: a model that was taught to call, and one that must.
import path from 'node:path';

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage, type AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { agentAnswer, createAgentService } from '../support/agent-service.ts';
import { root, run } from '../support/command.ts';
import { findPython, runPython } from '../support/python.ts';
import { listen, serveAtlas, type Json } from '../support/server/serve.ts';
import { shareServer } from '../support/server/shared-server.ts';

const world = shareServer(createAgentService);

const step = z.object({ step: z.int() });
const question = 'Take three steps.';
const messages = [{ role: 'user' as const, content: question }];

describe('openai', () => {
  const create = () => new OpenAI({ baseURL: world.baseURL, apiKey: 'none' });

  const functionOf = (taken: number[]) => ({
    type: 'function' as const,
    function: {
      name: 'look',
      description: 'Looks.',
      parameters: z.toJSONSchema(step) as Record<string, unknown>,
      parse: (given: string) => step.parse(JSON.parse(given)),
      function: (given: z.output<typeof step>) => {
        taken.push(given.step);
        return `seen ${given.step}`;
      },
    },
  });

  it.each([false, true])(
    'runTools goes through three rounds to an answer (stream: %s)',
    async (stream) => {
      const taken: number[] = [];
      const asked = { model: 'agent', messages, tools: [functionOf(taken)] };
      const runner = stream
        ? create().chat.completions.runTools({ ...asked, stream: true })
        : create().chat.completions.runTools(asked);
      expect(await runner.finalContent()).toBe(agentAnswer);
      expect(taken).toEqual([1, 2, 3]);
      const roles = runner.messages.map(({ role }) => role as string);
      expect(roles).toEqual([
        'user',
        ...Array.from({ length: 3 }, () => ['assistant', 'tool']).flat(),
        'assistant',
      ]);
      expect(runner.messages[1]).toMatchObject({ content: 'Step.' });
    },
  );
});

describe('ai', () => {
  const request = (taken: number[]) => ({
    model: createOpenAICompatible({ name: 'trimtab', baseURL: world.baseURL }).chatModel('agent'),
    prompt: question,
    stopWhen: stepCountIs(6),
    tools: {
      look: tool({
        description: 'Looks.',
        inputSchema: step,
        execute: ({ step: at }) => {
          taken.push(at);
          return { seen: at };
        },
      }),
    },
  });

  it('generateText goes through three steps to an answer', async () => {
    const taken: number[] = [];
    const { text, steps } = await generateText(request(taken));
    expect([text, taken]).toEqual([agentAnswer, [1, 2, 3]]);
    expect(steps.map(({ finishReason }) => finishReason)).toEqual([
      'tool-calls',
      'tool-calls',
      'tool-calls',
      'stop',
    ]);
  });

  it('streamText goes through three steps to an answer', async () => {
    const taken: number[] = [];
    const result = streamText(request(taken));
    for await (const _ of result.fullStream);
    expect([await result.text, taken]).toEqual([agentAnswer, [1, 2, 3]]);
  });
});

async function joined(chunks: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  const all: AIMessageChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.reduce((whole, chunk) => whole.concat(chunk));
}

describe('@langchain/openai', () => {
  const look = langchainTool(({ step: at }: z.output<typeof step>) => `seen ${at}`, {
    name: 'look',
    description: 'Looks.',
    schema: step,
  });
  const bound = () =>
    new ChatOpenAI({
      model: 'agent',
      apiKey: 'none',
      configuration: { baseURL: world.baseURL },
    }).bindTools([look]);

  it.each(['invoke', 'stream'] as const)(
    'goes through three rounds to an answer (%s)',
    async (way) => {
      const model = bound();
      const said: BaseMessage[] = [new HumanMessage(question)];
      const taken: unknown[] = [];
      for (;;) {
        const answer = await (way === 'invoke'
          ? model.invoke(said)
          : joined(await model.stream(said)));
        said.push(answer);
        if ((answer.tool_calls ?? []).length === 0) break;
        for (const call of answer.tool_calls!) {
          taken.push(call.args);
          said.push(await look.invoke(call));
        }
      }
      expect([said.at(-1)!.text, taken]).toEqual([
        agentAnswer,
        [{ step: 1 }, { step: 2 }, { step: 3 }],
      ]);
    },
  );
});

describe('langchain', () => {
  it('agents go through three rounds to an answer, whole and streamed, and answer in forms', async () => {
    // A program of its own: its types hide those that another library adds to zod.
    const file = path.join(root, 'test/support/langchain-agents.mjs');
    const input = JSON.stringify({ baseURL: world.baseURL, question });
    const { code, stdout, stderr } = await run(process.execPath, [file], { input });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rounds = { taken: [1, 2, 3], answer: agentAnswer };
    expect(JSON.parse(stdout)).toEqual({
      chat: 'Hello.',
      invoked: rounds,
      streamed: rounds,
      structured: [{ answer: 42 }, { answer: 42 }],
    });
  });
});

describe('the embedded models', () => {
  it('call where they must, and answer what was found', async () => {
    await using atlas = await serveAtlas();
    await using served = await listen({ service: atlas });
    const client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'none' });
    const parameters = {
      type: 'object',
      properties: { who: { enum: ['Mada Norrar', 'Elnin Oslack'] } },
      required: ['who'],
      additionalProperties: false,
    };
    const tools = [{ type: 'function' as const, function: { name: 'find', parameters } }];
    const said: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'Where was Mada Norrar born?' },
    ];
    const asked = { model: 'atlas-chat', tools, parallel_tool_calls: false, max_tokens: 60 };
    for (let round = 0; round < 3; round++) {
      const { choices } = await client.chat.completions.create({
        ...asked,
        messages: said,
        tool_choice: 'required',
      });
      const { message, finish_reason: reason } = choices[0]!;
      expect([reason, message.tool_calls?.length]).toEqual(['tool_calls', 1]);
      const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
      expect(JSON.parse(call!.function.arguments)).toEqual({ who: expect.any(String) });
      said.push(message, { role: 'tool', tool_call_id: call!.id, content: 'Stoneford' });
    }
    const { choices } = await client.chat.completions.create({
      ...asked,
      messages: said,
      tool_choice: 'none',
    });
    expect(choices[0]!.finish_reason).not.toBe('tool_calls');
    expect(choices[0]!.message.content!.length).toBeGreaterThan(0);
  });
});

describe.each([
  'openai',
  'langchain_openai',
  'langchain',
  'litellm',
  'llm',
  'pydantic_ai',
  'instructor',
])('%s of Python', (client) => {
  const folder = client === 'instructor' ? client : '';
  const python = findPython(client, `tools with ${client} of Python`, folder);

  it.skipIf(python === undefined)(
    'chats, streams, answers in a form, and goes through rounds',
    async () => {
      const told = await runPython<Json>(python!, 'tool_clients.py', {
        url: world.server.url,
        client,
      });
      expect(told).toEqual({
        chat: 'Hello.',
        stream: 'Hello.',
        structured: 42,
        rounds: [1, 2, 3],
        answer: agentAnswer,
      });
    },
  );
});
