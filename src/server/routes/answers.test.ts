import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { endToken } from '../../../test/support/byte-vocabulary.ts';
import { createFakeService, fakeWorld } from '../../../test/support/fake-model/fake-world.ts';
import { appOf, type TestApp } from '../../../test/support/server/app.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import { events, type Json } from '../../../test/support/server/serve.ts';
import type { InferenceService } from '../../spec/index.ts';

const chats = '/v1/chat/completions';
const completions = '/v1/completions';
const question = 'Where was Mada Norrar born?';
const messages = [{ role: 'user', content: question }];
const chat = { model: 'guide', messages };
const completion = { model: 'guide', prompt: question };

let service: InferenceService;
let app: TestApp;

beforeAll(async () => {
  service = await createFakeService({ recipes: fakeWorld.recipes });
  app = appOf({ service, now: () => 1_700_000_000_500 });
});

afterAll(() => service[Symbol.asyncDispose]());

async function ask(body: object, route = chats): Promise<Json> {
  const { status, json } = await app.post(route, body);
  expect({ status, error: json.error }).toEqual({ status: 200 });
  return json;
}

async function stream(body: object, route = chats): Promise<Json[]> {
  const { status, text, headers } = await app.post(route, { ...body, stream: true });
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect(headers.get('x-accel-buffering')).toBe('no');
  const data = events(text);
  expect(data.pop()).toBe('[DONE]');
  return data.map((each) => JSON.parse(each));
}

async function refusal(body: object, route = chats) {
  const { status, json } = await app.post(route, body);
  const { param, code, message } = json.error;
  return { status, param, code, message };
}

const promptTokens = question.length;

describe('a chat', () => {
  it('is answered as OpenAI does', async () => {
    const answer = await ask(chat);
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/),
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'guide',
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{12}$/),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: ' In Stoneford.', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: 14,
        total_tokens: promptTokens + 14,
        prompt_tokens_details: { cached_tokens: expect.any(Number) },
        trimtab: {
          models: {
            base: expect.objectContaining({ promptTokens }),
            expert: expect.objectContaining({ promptTokens }),
          },
          timings: expect.any(Object),
          seeds: [expect.any(Number)],
        },
      },
    });
  });

  it.each([
    ['guide/base', ' No idea.'],
    ['guide/expert', ' In Stoneford.'],
    ['other', ' In Stoneford.'],
  ])('of %s', async (model, content) => {
    const answer = await ask({ model, messages });
    expect([answer.model, answer.choices[0].message.content]).toEqual([model, content]);
  });

  it('is cut off where max_tokens says so, under both of its names', async () => {
    for (const most of [{ max_tokens: 3 }, { max_completion_tokens: 3 }]) {
      const [choice] = (await ask({ ...chat, ...most })).choices;
      expect([choice.message.content, choice.finish_reason]).toEqual([' In', 'length']);
    }
    expect(await refusal({ ...chat, max_tokens: 3, max_completion_tokens: 4 })).toMatchObject({
      status: 400,
      param: 'max_tokens',
    });
    await ask({ ...chat, max_tokens: 3, max_completion_tokens: 3 });
  });

  it('streams a role, each piece, and an end', async () => {
    const chunks = await stream(chat);
    expect(chunks[0].choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
    ]);
    expect(chunks.at(-1).choices).toEqual([
      { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' },
    ]);
    const deltas = chunks
      .slice(1, -1)
      .map(({ choices: [choice] }) => choice.delta.content as string);
    expect(deltas).toEqual(Array.from(' In Stoneford.'));
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        object: 'chat.completion.chunk',
        id: chunks[0].id,
        model: 'guide',
      });
      expect(chunk).not.toHaveProperty('usage');
    }
  });

  it('streams its usage last where that is asked for', async () => {
    const chunks = await stream({ ...chat, stream_options: { include_usage: true } });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 14 } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('has log-probs and alternatives of each token', async () => {
    const [choice] = (await ask({ ...chat, logprobs: true, top_logprobs: 2 })).choices;
    const { content } = choice.logprobs;
    expect(content).toHaveLength(14);
    expect(content[1]).toMatchObject({ token: 'I', bytes: [73] });
    expect(content[1].top_logprobs).toHaveLength(2);
    expect(content[1].top_logprobs[0]).toEqual({
      token: 'I',
      logprob: content[1].logprob,
      bytes: [73],
    });
    const [bare] = (await ask({ ...chat, logprobs: true })).choices;
    expect(bare.logprobs.content[0].top_logprobs).toEqual([]);
    const streamed = (await stream({ ...chat, logprobs: true, top_logprobs: 2 })).flatMap(
      ({ choices: [each] }) => each.logprobs?.content ?? [],
    );
    expect(streamed).toEqual(content);
    expect(await refusal({ ...chat, top_logprobs: 2 })).toMatchObject({ param: 'top_logprobs' });
  });

  it('says why each token was chosen, whole and streamed', async () => {
    const traced = { ...chat, trimtab: { trace: true } };
    const [choice] = (await ask(traced)).choices;
    expect(choice.trimtab.tokens).toHaveLength(14);
    expect(choice.trimtab.tokens[1]).toMatchObject({
      text: 'I',
      trace: { terms: [{ model: 'base' }, { model: 'expert' }] },
    });
    const chunks = await stream(traced);
    const streamed = chunks.flatMap(({ choices: [each] }) => each.trimtab?.tokens ?? []);
    expect(streamed).toEqual(choice.trimtab.tokens);
  });

  it('has n answers, each with the seed after the last', async () => {
    const drawn = { ...chat, temperature: 2, seed: 5, n: 3, max_tokens: 4 };
    const { choices, usage } = await ask(drawn);
    expect(choices.map(({ index }: Json) => index as number)).toEqual([0, 1, 2]);
    expect(usage.trimtab.seeds).toEqual([5, 6, 7]);
    expect(usage.prompt_tokens).toBe(promptTokens);
    expect(usage.completion_tokens).toBeGreaterThan(3);
    const chunks = await stream(drawn);
    for (const { index, message } of choices) {
      const own = chunks
        .flatMap((chunk) => chunk.choices as Json[])
        .filter((one) => one.index === index);
      expect(own.map(({ delta }) => (delta.content ?? '') as string).join('')).toBe(
        message.content,
      );
    }
  });

  it.each([
    ['stop', { stop: 'St' }, /^ In $/],
    ['stops', { stop: ['ford', 'x'] }, /^ In Stone$/],
    ['a choice', { structured_outputs: { choice: ['yes', 'In Rome'] } }, /^In Rome$/],
    ['a regular expression', { guided_regex: '[0-9]{2}' }, /^\d\d$/],
    ['params', { trimtab: { params: { alpha: 0 } } }, /^ No idea\.$/],
    ['a bias', { logit_bias: { 73: -100 }, max_tokens: 2 }, /^ [^I]$/],
    ['min_tokens', { min_tokens: 20, max_tokens: 20 }, /^ In Stoneford\.m+$/],
  ])('hears %s', async (_, fields, expected) => {
    const { message } = (await ask({ ...chat, ...fields })).choices[0];
    expect(message.content).toMatch(expected);
  });

  it('is asked by one owner, as one request, with what the body says', async () => {
    const fake = new FakeService();
    const asked = appOf({ service: fake, keys: ['k'] });
    const body = {
      model: 'fake/base',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
      n: 2,
      top_k: -1,
      top_p: 0.5,
      min_p: 0.25,
      typical_p: 0.75,
      temperature: 0.5,
      repetition_penalty: 1.5,
      presence_penalty: 1,
      frequency_penalty: -1,
      seed: 3,
      trimtab: { reportRewards: ['brief'], klBudget: null },
    };
    expect((await asked.post(chats, body, { authorization: 'Bearer k' })).status).toBe(200);
    const [first, second] = fake.requests;
    expect(first).toMatchObject({
      recipe: 'fake',
      prompt: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'a\nb' },
        ],
      },
      options: {
        only: 'base',
        topK: 0,
        topP: 0.5,
        minP: 0.25,
        typicalP: 0.75,
        temperature: 0.5,
        repetitionPenalty: 1.5,
        presencePenalty: 1,
        frequencyPenalty: -1,
        seed: 3,
        reportRewards: ['brief'],
        klBudget: null,
      },
    });
    expect(second!.options.seed).toBe(4);
    expect(first!.request).toBe(second!.request);
    expect(first!.owner).toMatch(/^[0-9a-f]{32}$/);
    expect(second!.owner).toBe(first!.owner);
  });
});

describe('a completion', () => {
  it('is answered as OpenAI does, of 16 tokens by default', async () => {
    const answer = await ask({ ...completion, logit_bias: { [endToken]: -100 } }, completions);
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^cmpl-/),
      object: 'text_completion',
      choices: [{ index: 0, text: ' In Stoneford.mm', logprobs: null, finish_reason: 'length' }],
      usage: { prompt_tokens: promptTokens, completion_tokens: 16 },
    });
  });

  it('of several prompts and choices, in their order', async () => {
    const prompt = ['Who?', [87, 63]];
    const { choices, usage } = await ask({ model: 'guide/base', prompt, n: 2 }, completions);
    expect(choices.map(({ index, text }: Json) => [index, text])).toEqual(
      [0, 1, 2, 3].map((index) => [index, ' No idea.']),
    );
    expect(usage.prompt_tokens).toBe(6);
    expect(usage.completion_tokens).toBe(36);
  });

  it('streams each piece, and an end', async () => {
    const chunks = await stream(completion, completions);
    expect(chunks.map(({ choices: [choice] }) => choice.text as string).join('')).toBe(
      ' In Stoneford.',
    );
    expect(chunks.at(-1).choices[0]).toMatchObject({ text: '', finish_reason: 'stop' });
    expect(chunks.slice(0, -1).every(({ choices: [c] }) => c.finish_reason === null)).toBe(true);
    const usage = await stream(
      { ...completion, stream_options: { include_usage: true } },
      completions,
    );
    expect(usage.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 14 } });
    expect(usage[0].usage).toBeNull();
  });

  it('echoes its prompt, and scores it', async () => {
    const echo = { ...completion, echo: true };
    const [plain] = (await ask(echo, completions)).choices;
    expect(plain.text).toBe(`${question} In Stoneford.`);
    const { choices, usage } = await ask({ ...echo, max_tokens: 0, logprobs: 1 }, completions);
    expect(usage).toMatchObject({ prompt_tokens: promptTokens, completion_tokens: 0 });
    const { text, logprobs, finish_reason } = choices[0];
    expect([text, finish_reason]).toEqual([question, 'length']);
    expect(logprobs.tokens.join('')).toBe(question);
    expect(logprobs.token_logprobs[0]).toBeNull();
    expect(logprobs.token_logprobs[1]).toBeLessThan(0);
    expect(logprobs.text_offset).toEqual(Array.from(question, (_, i) => i));
    const chunks = await stream({ ...echo, logprobs: 1 }, completions);
    const streamed = chunks.flatMap(({ choices: [choice] }) => choice.logprobs?.tokens ?? []);
    expect(streamed.join('')).toBe(`${question} In Stoneford.`);
    const offsets = chunks.flatMap(({ choices: [choice] }) => choice.logprobs?.text_offset ?? []);
    const whole = (await ask({ ...echo, logprobs: 1 }, completions)).choices[0];
    expect(offsets).toEqual(whole.logprobs.text_offset);
  });

  it.each([
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: [-1] }, 'prompt[0]'],
    [{ prompt: ['a', [1, 'b']] }, 'prompt[1][1]'],
    [{ prompt: ['a', 2] }, 'prompt[1]'],
    [{ prompt: 5 }, 'prompt'],
    [{ prompt: Array.from({ length: 129 }, () => 'a') }, 'prompt'],
    [{ prompt: ['a', 'b'], n: 65 }, 'n'],
    [{ stream_options: {} }, 'stream_options'],
    [{ suffix: 'x' }, 'suffix'],
    [{ best_of: 2 }, 'best_of'],
    [{ logprobs: 21 }, 'logprobs'],
  ])('is refused: %j', async (fields, param) => {
    expect(await refusal({ ...completion, ...fields }, completions)).toMatchObject({
      status: 400,
      param,
      code: 'invalid_option',
    });
  });
});

describe('a refused chat', () => {
  it.each<[object, string]>([
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0]'],
    [{ temperature: -1 }, 'temperature'],
    [{ top_p: 0 }, 'top_p'],
    [{ n: 0 }, 'n'],
    [{ n: 129 }, 'n'],
    [{ seed: 0.5 }, 'seed'],
    [{ stop: '' }, 'stop'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ logit_bias: { x: 1 } }, 'logit_bias.x'],
    [{ logit_bias: { 1: 101 } }, 'logit_bias.1'],
    [{ top_logprobs: 21, logprobs: true }, 'top_logprobs'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ temprature: 1 }, 'temprature'],
    [{ functions: [{}] }, 'functions'],
    [{ modalities: ['audio'] }, 'modalities'],
    [{ trimtab: { params: { alpha: 3 } } }, 'trimtab.params.alpha'],
    [{ trimtab: { klBudget: { perToken: -1 } } }, 'trimtab.klBudget.perToken'],
    [{ regex: '[' }, 'regex'],
    [{ regex: 'a', choice: ['b'] }, 'choice'],
    [{ repetition_penalty: 1, repeat_penalty: 1 }, 'repeat_penalty'],
    [{ response_format: { type: 'yaml' } }, 'response_format.type'],
  ])('%j', async (fields, param) => {
    const refused = await refusal({ ...chat, ...fields });
    expect(refused.status).toBe(400);
    expect(refused.param).toBe(param);
  });

  it('says what was probably meant', async () => {
    expect((await refusal({ ...chat, temprature: 1 })).message).toContain('temperature');
    expect(await refusal({ ...chat, model: 'guid' })).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      message: expect.stringContaining('guide') as string,
    });
    expect(await refusal({ messages })).toMatchObject({ status: 400, param: 'model' });
  });

  it('that does not fit is told so', async () => {
    const long = 'a?'.repeat(300);
    expect(await refusal({ ...chat, messages: [{ role: 'user', content: long }] })).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
    });
    expect(await refusal({ ...completion, prompt: long }, completions)).toMatchObject({
      param: 'prompt',
    });
  });

  it.each(['', '{', 'null', '[]', '"x"'])('that is no object: %s', async (body) => {
    const { status, json } = await app.post(chats, body);
    expect([status, json.error.type]).toEqual([400, 'invalid_request_error']);
  });
});

describe('a name, where one recipe is served', () => {
  const one = new FakeService();
  const alone = appOf({ service: one });

  it.each([
    [undefined, 'fake'],
    ['gpt-4o', 'fake'],
    ['fake', 'fake'],
    ['fake/base', 'fake/base'],
  ])('%s is %s', async (model, answered) => {
    const { json } = await alone.post(chats, { model, messages });
    expect(json.model).toBe(answered);
  });

  it.each(['fakes', 'fake/bse', 'fake/nothing-like-it'])('%s is refused', async (model) => {
    const { status, json } = await alone.post(chats, { model, messages });
    expect([status, json.error.code]).toEqual([404, 'model_not_found']);
  });
});
