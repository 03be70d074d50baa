import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { InferenceService } from '../../src/spec/index.ts';
import { FakeService } from '../support/server/fake-service.ts';
import {
  chat,
  events,
  listen,
  serveAtlas,
  type Json,
  type TestServer,
} from '../support/server/serve.ts';

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
const completions = '/v1/completions';

async function ask(body: object, route = chats): Promise<Json> {
  const { status, json } = await server.post(route, body);
  expect({ status, error: json.error }).toEqual({ status: 200 });
  return json;
}

async function stream(body: object, route = chats): Promise<Json[]> {
  const { status, text, headers } = await server.post(route, { ...body, stream: true });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
  const data = events(text);
  expect(data.pop()).toBe('[DONE]');
  return data.map((each) => JSON.parse(each));
}

const textOf = (chunks: Json[], index = 0) =>
  chunks
    .flatMap(({ choices }) => choices as Json[])
    .filter((choice) => choice.index === index)
    .map(({ delta, text }) => (delta?.content ?? text ?? '') as string)
    .join('');

describe('a chat', () => {
  it('has the shape of OpenAI’s', async () => {
    const answer = await ask({ ...chat, trimtab: { speculation: 'off' } });
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'atlas-chat',
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{12}$/),
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: ' Certainly! Mada Norrar was born',
            refusal: null,
          },
          logprobs: null,
          finish_reason: 'length',
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: 8,
        total_tokens: (answer.usage.prompt_tokens as number) + 8,
        prompt_tokens_details: { cached_tokens: expect.any(Number) },
        trimtab: {
          models: { large: expect.anything(), chat: expect.anything(), small: expect.anything() },
          timings: {
            queuedMs: expect.any(Number),
            prefillMs: expect.any(Number),
            decodeMs: expect.any(Number),
            tokensPerSecond: expect.any(Number),
          },
          seeds: [expect.any(Number)],
        },
      },
    });
  });

  it('ends by itself with the reason stop', async () => {
    const { choices } = await ask({ ...chat, max_tokens: 200 });
    expect(choices[0].finish_reason).toBe('stop');
  });

  it('streams a role, the text, an end, and the usage when it is asked for', async () => {
    const chunks = await stream({ ...chat, stream_options: { include_usage: true } });
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(textOf(chunks)).toBe(' Certainly! Mada Norrar was born');
    expect(chunks.at(-2).choices[0]).toMatchObject({ delta: {}, finish_reason: 'length' });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 8 } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(new Set(chunks.map(({ id }) => id as string)).size).toBe(1);
  });

  it('streams no usage that was not asked for', async () => {
    const chunks = await stream(chat);
    expect(chunks.every((chunk) => !('usage' in (chunk as object)))).toBe(true);
  });

  it('lists log-probs with their bytes', async () => {
    const { choices } = await ask({ ...chat, logprobs: true, top_logprobs: 2 });
    const { content } = choices[0].logprobs;
    expect(content).toHaveLength(8);
    for (const token of content) {
      expect(token.bytes).toEqual([...Buffer.from(token.token as string)]);
      expect(token.top_logprobs).toHaveLength(2);
      // Greedy: the token is the first alternative.
      expect(token.top_logprobs[0].logprob).toBe(token.logprob);
    }
    const [bare] = (await ask({ ...chat, logprobs: true })).choices;
    expect(bare.logprobs.content[0].top_logprobs).toEqual([]);
  });

  it('explains each token in trimtab, whole and streamed', async () => {
    // Who drafts a token depends on the clock.
    const traced = { ...chat, trimtab: { trace: true, speculation: 'off' } };
    const { choices } = await ask(traced);
    const { tokens } = choices[0].trimtab;
    expect(tokens).toHaveLength(8);
    const [first] = tokens;
    expect(first.trace.terms.map(({ model }: Json) => model as string)).toEqual([
      'large',
      'chat',
      'small',
    ]);
    expect(first.trace.topAfter[0]).toEqual({
      tokenId: first.tokenId,
      text: first.text,
      logprob: first.logprob,
    });
    expect(choices[0].logprobs).toBeNull();
    const chunks = await stream(traced);
    const streamed = chunks.flatMap(({ choices: [choice] }) => choice.trimtab?.tokens ?? []);
    expect(streamed).toEqual(tokens);
  });

  it('draws n answers with the seeds that follow each other', async () => {
    const sampled = { ...chat, temperature: 1.5, seed: 40 };
    const { choices, usage } = await ask({ ...sampled, n: 3 });
    expect(usage.trimtab.seeds).toEqual([40, 41, 42]);
    expect(usage.completion_tokens).toBe(24);
    const texts = choices.map(({ message }: Json) => message.content as string);
    for (const [index, text] of texts.entries()) {
      const alone = await ask({ ...sampled, seed: 40 + index });
      expect(alone.choices[0].message.content).toBe(text);
      expect(alone.usage.prompt_tokens).toBe(usage.prompt_tokens);
    }
    const chunks = await stream({ ...sampled, n: 3 });
    expect([0, 1, 2].map((index) => textOf(chunks, index))).toEqual(texts);
  });

  it('ends before a stop string', async () => {
    const { choices } = await ask({ ...chat, max_tokens: 50, stop: [' born'] });
    expect(choices[0].message.content).toBe(' Certainly! Mada Norrar was');
    expect(choices[0].finish_reason).toBe('stop');
  });

  it('keeps its fingerprint, which is that of the recipe', async () => {
    const prints = [await ask(chat), await ask(chat), ...(await stream(chat))];
    expect(new Set(prints.map((each) => each.system_fingerprint as string)).size).toBe(1);
  });
});

describe('fault 44: equal distributions', () => {
  const long = { ...chat, max_tokens: 40 };

  it('alpha 0 is the base', async () => {
    const steered = await ask({ ...long, trimtab: { params: { alpha: 0 } }, logprobs: true });
    const base = await ask({ ...long, model: 'atlas-chat/large', logprobs: true });
    expect(steered.choices[0].logprobs).toEqual(base.choices[0].logprobs);
    expect(steered.choices[0].message).toEqual(base.choices[0].message);
    const composed = await ask(long);
    expect(composed.choices[0].message).not.toEqual(base.choices[0].message);
  });

  it('streamed is whole, cached is cold, together is alone', async () => {
    const whole = await ask(long);
    const text = whole.choices[0].message.content as string;
    expect(textOf(await stream(long))).toBe(text);
    const again = await ask(long);
    expect(again.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(0);
    expect(again.choices).toEqual(whole.choices);
    const together = await Promise.all(Array.from({ length: 6 }, () => ask(long)));
    for (const each of together) expect(each.choices).toEqual(whole.choices);
  });
});

describe('fault 45: characters and stop strings across tokens', () => {
  it('never sends half a character', async () => {
    // Forced to repeat the two bytes of é, one token each.
    const { json } = await server.post('/tokenize', { model: 'atlas-chat', content: 'é' });
    const [first, second] = json.tokens as [number, number];
    expect(json.tokens).toHaveLength(2);
    const bias = { [first]: 100, [second]: 100 };
    const body = { ...chat, logit_bias: bias, presence_penalty: 2, max_tokens: 30 };
    const whole = await ask({ ...body, logprobs: true });
    const chunks = await stream(body);
    expect(textOf(chunks)).toBe(whole.choices[0].message.content);
    const parts = whole.choices[0].logprobs.content as Json[];
    const halves = parts.filter(({ token }) => /^bytes:(\\x[0-9a-f]{2})+$/.test(token as string));
    expect(halves.length).toBeGreaterThan(0);
    const bytes = parts.flatMap((part) => part.bytes as number[]);
    expect(Buffer.from(bytes).toString()).toBe(whole.choices[0].message.content);
  });

  it('holds a stop string back until it is known', async () => {
    const body = { ...chat, max_tokens: 50, stop: 'Norrar was b' };
    const chunks = await stream(body);
    expect(textOf(chunks)).toBe(' Certainly! Mada ');
    expect(textOf(chunks)).toBe((await ask(body)).choices[0].message.content);
  });
});

describe('offsets', () => {
  const text = 'in 😀 the 日本 é end';

  it('count code points, whole and streamed, and parts of a character share one', async () => {
    const body = {
      model: 'atlas-chat',
      prompt: text,
      echo: true,
      logprobs: 2,
      max_tokens: 12,
      seed: 3,
    };
    const { choices } = await ask(body, completions);
    const { text_offset: offsets, tokens } = choices[0].logprobs;
    const characters = Array.from(choices[0].text as string);
    for (const [index, token] of (tokens as string[]).entries()) {
      const begins = characters.slice(offsets[index] as number).join('');
      expect(token.startsWith('bytes:') || begins.startsWith(token)).toBe(true);
    }
    const shared = (offsets as number[]).filter((offset, i) => offset === offsets[i - 1]);
    expect(shared.length).toBeGreaterThan(0);
    const chunks = await stream(body, completions);
    const streamed = chunks.flatMap(({ choices: [choice] }) => choice?.logprobs?.text_offset ?? []);
    expect(streamed).toEqual(offsets);
  });

  it('are those of the text that was sent, control tokens and all', async () => {
    const prompt = '<|user|>é<|end|>日';
    const body = { model: 'atlas-chat/large', echo: true, logprobs: 0, max_tokens: 0 };
    const { choices } = await ask({ ...body, prompt }, completions);
    const { text_offset: offsets, tokens } = choices[0].logprobs;
    const control = (tokens as string[]).indexOf('<|end|>');
    expect(offsets[control]).toBe(Array.from(prompt).indexOf('é') + 1);
    const { json } = await server.post('/tokenize', {
      model: 'atlas-chat/large',
      prompt: text,
    });
    const ofIds = await ask({ ...body, prompt: json.tokens }, completions);
    expect(ofIds.choices[0].logprobs.text_offset).toEqual(
      (await ask({ ...body, prompt: text }, completions)).choices[0].logprobs.text_offset,
    );
  });
});

describe('a completion', () => {
  const prompt = 'Mada Norrar was born';

  it('has 16 tokens by default, and the shape of OpenAI’s', async () => {
    const answer = await ask({ model: 'atlas-chat/large', prompt }, completions);
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^cmpl-/),
      object: 'text_completion',
      choices: [{ index: 0, logprobs: null }],
    });
    expect(answer.usage.completion_tokens).toBeLessThanOrEqual(16);
  });

  it('takes a text, texts, token ids, and arrays of them', async () => {
    const tokenize = { model: 'atlas-chat', content: prompt, add_special: true };
    const { tokens } = await ask(tokenize, '/tokenize');
    const body = { model: 'atlas-chat', max_tokens: 5 };
    const one = await ask({ ...body, prompt }, completions);
    const text = one.choices[0].text as string;
    for (const [given, count] of [
      [tokens, 1],
      [[prompt, prompt], 2],
      [[tokens, tokens, prompt], 3],
    ] as const) {
      const { choices, usage } = await ask({ ...body, prompt: given }, completions);
      expect(choices.map((choice: Json) => choice.text as string)).toEqual(
        Array.from({ length: count }, () => text),
      );
      expect(usage.prompt_tokens).toBe(count * (one.usage.prompt_tokens as number));
    }
  });

  it('streams what it answers as a whole', async () => {
    const body = { model: 'atlas-chat', prompt, max_tokens: 6, logprobs: 2, echo: true };
    const { choices } = await ask(body, completions);
    const chunks = await stream(body, completions);
    expect(textOf(chunks)).toBe(choices[0].text);
    const parts = chunks.flatMap(({ choices: [choice] }) =>
      choice.logprobs ? [choice.logprobs] : [],
    );
    for (const field of ['tokens', 'token_logprobs', 'top_logprobs', 'text_offset']) {
      expect(parts.flatMap((part) => part[field] as unknown[])).toEqual(choices[0].logprobs[field]);
    }
  });

  it('scores given text as lm-evaluation-harness asks for it', async () => {
    // The harness sends context + continuation as ids, and reads [context length : -1].
    const { tokens } = await ask(
      { model: 'atlas-chat', content: `${prompt} in`, add_special: true },
      '/tokenize',
    );
    const body = { model: 'atlas-chat', prompt: [tokens], echo: true, logprobs: 1, max_tokens: 1 };
    const { choices } = await ask({ ...body, temperature: 0, seed: 1234 }, completions);
    const { logprobs } = choices[0];
    expect(logprobs.token_logprobs).toHaveLength(tokens.length + 1);
    expect(logprobs.token_logprobs[0]).toBeNull();
    expect(logprobs.top_logprobs[0]).toBeNull();
    const expected = await service.score({
      recipe: 'atlas-chat',
      owner: 'test',
      prompt: { tokens: tokens.slice(0, 1) as number[] },
      continuation: tokens.slice(1) as number[],
      options: {},
    });
    expect(logprobs.token_logprobs.slice(1, -1)).toEqual(
      expected.tokens.map(({ logprob }) => logprob),
    );
    for (const [index, listed] of logprobs.top_logprobs.slice(1).entries()) {
      // At most the best one and the token itself: the harness compares the two.
      const best = Math.max(...(Object.values(listed as object) as number[]));
      expect(Object.keys(listed as object).length).toBeLessThanOrEqual(2);
      expect(best).toBeGreaterThanOrEqual(logprobs.token_logprobs[index + 1] as number);
    }
    expect(choices[0].text.startsWith(`${prompt} in`)).toBe(true);
    const offsets = logprobs.text_offset as number[];
    for (const [index, token] of (logprobs.tokens as string[]).entries()) {
      expect(choices[0].text.slice(offsets[index]).startsWith(token)).toBe(true);
    }
  });

  it('lists the end of an answer after an echo, so that the last entry is never the prompt’s', async () => {
    const whole = '<|user|> Where was Mada Norrar born?\n<|assistant|>';
    const open = { model: 'atlas-chat', prompt: whole, max_tokens: 100, echo: true, logprobs: 1 };
    const [answered] = (await ask(open, completions)).choices;
    const body = { ...open, prompt: answered.text as string, max_tokens: 1 };
    const { choices, usage } = await ask(body, completions);
    const { logprobs } = choices[0];
    expect(choices[0]).toMatchObject({ text: answered.text, finish_reason: 'stop' });
    expect(usage.completion_tokens).toBe(0);
    expect(logprobs.token_logprobs).toHaveLength((usage.prompt_tokens as number) + 1);
    expect(logprobs).toEqual(answered.logprobs);
    expect([logprobs.tokens.at(-1), logprobs.token_logprobs.at(-1)]).toEqual(['', null]);
    const chunks = await stream(body, completions);
    const parts = chunks.flatMap((chunk) => chunk.choices[0].logprobs?.token_logprobs as unknown[]);
    expect(parts).toEqual(logprobs.token_logprobs);
    const noEcho = (await ask({ ...open, echo: false }, completions)).choices[0].logprobs;
    expect(noEcho.token_logprobs).not.toContain(null);
  });

  it('scores without generating at max_tokens 0', async () => {
    const body = { model: 'atlas-chat', prompt, echo: true, logprobs: 0, max_tokens: 0 };
    const { choices, usage } = await ask(body, completions);
    expect(choices).toMatchObject([{ text: prompt, finish_reason: 'length' }]);
    expect(usage).toMatchObject({ completion_tokens: 0, prompt_tokens: 7 });
    const { status } = await server.post(completions, { ...body, echo: false });
    expect(status).toBe(400);
  });
});

describe('tokens', () => {
  const content = 'Mada Norrar <|end|>';

  it('in the words of vLLM, without a model where one recipe is served', async () => {
    const named = { model: 'atlas-chat', content };
    const { tokens } = await ask(named, '/tokenize');
    const bare = { prompt: content, add_special_tokens: false };
    const count = (tokens as number[]).length;
    expect(await ask(bare, '/tokenize')).toEqual({ count, max_model_len: 512, tokens });
    expect(await ask({ prompt: content }, '/tokenize')).toEqual(
      await ask({ ...named, add_special: true }, '/tokenize'),
    );
    const text = 'Mada Norrar ';
    expect(await ask({ tokens }, '/detokenize')).toEqual({ content: text, prompt: text });
    const { json } = await server.get('/tokenizer_info');
    expect(json).toEqual({ bos_token: null, eos_token: null });
  });

  it.each<[object, string, RegExp]>([
    [{}, 'content', /missing/],
    [{ content: 'a', prompt: 'a' }, 'prompt', /another name of content/],
    [
      { prompt: 'a', add_special: true, add_special_tokens: true },
      'add_special_tokens',
      /another name/,
    ],
  ])('%j is refused', async (body, param, message) => {
    const { status, json } = await server.post('/tokenize', body);
    expect([status, json.error.param]).toEqual([400, param]);
    expect(json.error.message).toMatch(message);
  });

  it('need a model where several recipes are served', async () => {
    const two = new FakeService();
    const [fake] = two.recipes();
    two.recipes = () => [fake!, { ...fake!, name: 'other' }];
    await using other = await listen({ service: two });
    for (const [route, body] of [
      ['/tokenize', { content: 'a' }],
      ['/detokenize', { tokens: [1] }],
    ] as const) {
      const { status, json } = await other.post(route, body);
      expect([status, json.error.param]).toEqual([400, 'model']);
      expect(json.error.message).toMatch(/2 recipes are served/);
      expect((await other.post(route, { ...body, model: 'other' })).status).toBe(200);
    }
  });
});

describe('the rest of the surface', () => {
  it('/openapi.json describes every route', async () => {
    const { json } = await server.get('/openapi.json');
    expect(Object.keys(json.paths as object).toSorted()).toEqual([
      '/detokenize',
      '/health',
      '/tokenize',
      '/tokenizer_info',
      '/v1/batches',
      '/v1/batches/{id}',
      '/v1/batches/{id}/cancel',
      '/v1/chat/completions',
      '/v1/completions',
      '/v1/contexts',
      '/v1/contexts/{id}',
      '/v1/files',
      '/v1/files/{id}',
      '/v1/files/{id}/content',
      '/v1/models',
      '/v1/models/{id}',
      '/v1/models/{recipe}/{model}',
      '/v1/profiles',
      '/v1/profiles/import',
      '/v1/profiles/{id}',
      '/v1/profiles/{id}/answers',
      '/v1/profiles/{id}/export',
      '/v1/profiles/{id}/overrides',
      '/v1/profiles/{id}/questions',
      '/v1/profiles/{id}/reset',
      '/v1/recipes',
      '/v1/responses',
      '/v1/responses/input_tokens',
    ]);
    const { properties } = json.components.schemas.ChatCompletionRequest;
    expect(Object.keys(properties as object)).toContain('max_completion_tokens');
  });

  it('/v1/recipes gives ranges, roles, formula and models', async () => {
    const { json } = await server.get('/v1/recipes');
    expect(json.data[0]).toMatchObject({
      name: 'atlas-chat',
      state: 'ready',
      base: 'large',
      expert: 'chat',
      antiExpert: 'small',
      params: { alpha: { default: 0.7, min: 0, max: 2 } },
      modelNames: ['large', 'chat', 'small'],
    });
  });

  it('/v1/models lists each recipe, and its models alone', async () => {
    const { json } = await server.get('/v1/models');
    const ids = json.data.map(({ id }: Json) => id as string);
    expect(ids).toEqual(['atlas-chat', 'atlas-chat/large', 'atlas-chat/chat', 'atlas-chat/small']);
    for (const id of ids) {
      for (const path of [id, encodeURIComponent(id as string)]) {
        expect((await server.get(`/v1/models/${path}`)).json).toMatchObject({
          id,
          object: 'model',
        });
      }
    }
  });

  it('/metrics counts', async () => {
    const { text } = await server.get('/metrics');
    for (const line of [
      /^trimtab_requests_total\{route="\/v1\/chat\/completions",method="POST",status="200"\} \d+$/m,
      /^trimtab_tokens_total\{model="atlas-chat\/large",kind="prompt"\} [1-9]\d*$/m,
      /^trimtab_tokens_total\{model="atlas-chat",kind="completion"\} [1-9]\d*$/m,
      /^trimtab_time_to_first_token_seconds_count\{model="atlas-chat"\} [1-9]\d*$/m,
      /^trimtab_time_between_tokens_seconds_count\{model="atlas-chat"\} [1-9]\d*$/m,
      /^trimtab_engine_decodes_total [1-9]\d*$/m,
      /^trimtab_engine_cached_prompt_tokens_total [1-9]\d*$/m,
      /^trimtab_engine_kv_cells [1-9]\d*$/m,
      /^trimtab_engine_restarts_total 0$/m,
      /^trimtab_engine_queued 0$/m,
      /^trimtab_requests_in_flight 0$/m,
    ]) {
      expect(text).toMatch(line);
    }
  });
});
