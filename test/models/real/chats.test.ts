// Real models as people use them: conversations, streams, tools, constraints, and a context that is full.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { Ajv } from 'ajv';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLocalService } from '../../../src/service/index.ts';
import type { InferenceService } from '../../../src/spec/index.ts';
import { trimtab } from '../../support/command.ts';
import { temporaryFolder } from '../../support/random-models.ts';
import { findRealModel } from '../../support/real-models.ts';
import { listen, type TestServer } from '../../support/server/serve.ts';

const smollm = findRealModel('smollm2-135m-instruct-q4_1', 'conversations');
const qwen = findRealModel('qwen2.5-coder-0.5b-instruct-q4_k_m', 'calls of tools');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A recipe of one model, greedy. */
async function writeRecipe(name: string, file: string, contextLength: number): Promise<string> {
  const recipe = path.join(folder.path, `${name}.yaml`);
  await mkdir(path.dirname(recipe), { recursive: true });
  const document = {
    name,
    models: { base: file },
    base: 'base',
    formula: 'base',
    sampling: { temperature: 0 },
    engine: { contextLength, threads: 1, maxSequences: 2 },
  };
  await writeFile(recipe, JSON.stringify(document));
  return recipe;
}

describe.skipIf(smollm === undefined)('SmolLM2 behind a server', () => {
  let service: InferenceService;
  let server: TestServer;
  let client: OpenAI;
  const question = {
    role: 'user',
    content: 'Name one colour of the sky, in one short sentence.',
  } as const;
  const body = { model: 'smollm', messages: [question] };
  beforeAll(async () => {
    service = await createLocalService({ recipes: [await writeRecipe('smollm', smollm!, 1024)] });
    server = await listen({ service });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
  });
  afterAll(async () => {
    await server.running.close();
    await service[Symbol.asyncDispose]();
  });

  it('answers, ends by itself, and shows no markup', async () => {
    const { choices, usage } = await client.chat.completions.create(body);
    expect(choices[0]!.message.content).toMatch(/sky|blue/i);
    expect(choices[0]!.message.content).not.toMatch(/<\||im_end|assistant/);
    expect(choices[0]!.finish_reason).toBe('stop');
    expect(usage!.completion_tokens).toBeLessThan(60);
  });

  it('streams what it answers, and remembers what was said', async () => {
    const first = await client.chat.completions.create(body);
    const said = first.choices[0]!.message;
    let text = '';
    for await (const { choices } of await client.chat.completions.create({ ...body, stream: true }))
      text += choices[0]?.delta.content ?? '';
    expect(text).toBe(said.content);
    const messages = [question, said, { role: 'user', content: 'And of the grass?' } as const];
    const second = await client.chat.completions.create({ ...body, messages, max_tokens: 24 });
    expect(second.choices[0]!.message.content).not.toBe('');
    expect(second.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(20);
  });

  it('fits every answer to a schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        city: { type: 'string', minLength: 1, maxLength: 20 },
        people: { type: 'integer', minimum: 0, maximum: 99_999_999 },
        tags: { type: 'array', items: { enum: ['old', 'large', 'cold'] }, maxItems: 3 },
      },
      required: ['city', 'people', 'tags'],
      additionalProperties: false,
    };
    const fits = new Ajv().compile(schema);
    for (let seed = 1; seed <= 8; seed++) {
      const { choices } = await client.chat.completions.create({
        ...body,
        temperature: 1,
        seed,
        max_tokens: 80,
        response_format: { type: 'json_schema', json_schema: { name: 'city', schema } },
      });
      const value: unknown = JSON.parse(choices[0]!.message.content!);
      expect({ value, fits: fits(value) }).toEqual({ value, fits: true });
    }
  });

  it('refuses a conversation that its context does not hold, and answers the next', async () => {
    const long = { role: 'user', content: 'And another one. '.repeat(400) } as const;
    const refused = client.chat.completions.create({ ...body, messages: [long] });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
    await expect(refused).rejects.toThrow(/1024/);
    const { choices } = await client.chat.completions.create({ ...body, max_tokens: 2 });
    expect(choices[0]!.message.content).not.toBe('');
  });
});

describe.skipIf(smollm === undefined)('a chat that outgrows its context', () => {
  const prompt = '> \u001B[3G';
  const ask = (question: string) => [prompt, `${question}\r`] as const;
  const questions = ['Describe a river.', 'And a lake?', 'And the sea?', 'And rain?', 'And snow?'];
  const chat = async (...flags: string[]) => {
    const recipe = await writeRecipe('short', smollm!, 192);
    const args = ['run', recipe, '--max-tokens', '48', '--no-color', ...flags];
    const dialogue = [...questions.map(ask), [prompt, '\u0004'] as const];
    const { code, stdout, stderr } = await trimtab(args, { dialogue });
    return { code, shown: stripVTControlCharacters(stdout), stderr };
  };

  it('goes on without its oldest turns, and says so', async () => {
    const { code, shown, stderr } = await chat();
    expect(code).toBe(0);
    expect(shown + stderr).toMatch(/the context is full: the oldest .* forgotten/);
    for (const question of questions) expect(shown).toContain(question);
  });

  it('ends where it must not forget', async () => {
    const { code, stderr } = await chat('--no-forget');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*192/m);
  });
});

describe.skipIf(qwen === undefined)("Qwen's calls of tools", () => {
  const tools = [
    {
      type: 'function' as const,
      function: {
        name: 'get_weather',
        description: 'The weather of a town.',
        parameters: {
          type: 'object',
          properties: { town: { type: 'string', maxLength: 20 } },
          required: ['town'],
          additionalProperties: false,
        },
      },
    },
    {
      type: 'function' as const,
      function: {
        name: 'play_music',
        description: 'Plays a song.',
        parameters: {
          type: 'object',
          properties: { song: { type: 'string', maxLength: 30 } },
          required: ['song'],
          additionalProperties: false,
        },
      },
    },
  ];

  it('are of the right function, with arguments that fit, streamed or not', async () => {
    await using service = await createLocalService({
      recipes: [await writeRecipe('qwen', qwen!, 1024)],
    });
    await using server = await listen({ service });
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
    const body = {
      model: 'qwen',
      messages: [{ role: 'user' as const, content: 'What is the weather in Zurich?' }],
      tools,
      tool_choice: 'required' as const,
      parallel_tool_calls: false,
      max_tokens: 60,
    };
    const { choices } = await client.chat.completions.create(body);
    const [call] = choices[0]!.message.tool_calls!;
    if (call?.type !== 'function') throw new Error('There is no call of a function.');
    expect(choices[0]!.finish_reason).toBe('tool_calls');
    expect(call.function.name).toBe('get_weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ town: 'Zurich' });
    const streamed = await client.chat.completions.stream(body).finalChatCompletion();
    expect(streamed.choices[0]!.message.tool_calls![0]!.function).toMatchObject(call.function);
    // Shown what came of it, this small model calls once more, as JSON without its template's marks.
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      ...body.messages,
      choices[0]!.message,
      { role: 'tool', tool_call_id: call.id, content: '{"sky": "hail", "degrees": 3}' },
    ];
    const auto = { ...body, messages, tool_choice: 'auto' as const };
    const again = (await client.chat.completions.create(auto)).choices[0]!;
    expect(again.finish_reason).toBe('tool_calls');
    expect(again.message.tool_calls![0]).toMatchObject({ function: call.function });
  });
});
