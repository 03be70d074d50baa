import { afterEach, describe, expect, it } from 'vitest';

import {
  createAnsweringServer,
  eventStream,
  type AnsweringServer,
  type RouteAnswer,
} from '../../../test/support/answering-server.ts';
import { ended } from '../../../test/support/service-contract.ts';
import {
  ConstraintError,
  DeadlineError,
  EngineUnavailableError,
  InvalidOptionError,
  QueueFullError,
  type GenerateServiceRequest,
  type ServedRecipe,
} from '../../spec/index.ts';
import { createHttpService } from './create-http-service.ts';
import type { HttpService } from './http-service.ts';
import { ServerRefusal } from './server-refusal.ts';

const recipe: Partial<ServedRecipe> = {
  name: 'mix',
  base: 'large',
  modelNames: ['large', 'small'],
  models: [
    {
      name: 'large',
      file: 'large.gguf',
      weightBytes: 1,
      vocabularySize: 2,
      vocabularyReport: '',
      contextLength: 512,
      kernels: '',
    },
  ],
};

const ours: Readonly<Record<string, RouteAnswer>> = {
  '/v1/recipes': { json: { object: 'list', data: [recipe] } },
  '/metrics': { json: 'trimtab_engine_ready 1' },
};
const others: Readonly<Record<string, RouteAnswer>> = {
  '/v1/models': { json: { object: 'list', data: [{ id: 'gpt', object: 'model' }] } },
};

const part = { choices: [{ delta: { content: 'Hello' }, finish_reason: null }] };
const last = { choices: [{ delta: {}, finish_reason: 'stop' }] };
const usage = { choices: [], usage: { prompt_tokens: 2, completion_tokens: 1 } };
const ask: GenerateServiceRequest = { recipe: 'mix', prompt: 'Hi', owner: 'ada', options: {} };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function connect(
  routes: Readonly<Record<string, RouteAnswer>>,
): Promise<{ server: AnsweringServer; service: HttpService }> {
  const server = await createAnsweringServer(routes);
  open.push(server);
  const service = await createHttpService({ url: `${server.url}/v1/`, key: 'sesame' });
  open.push(service);
  return { server, service };
}

const chats = (answer: RouteAnswer) => connect({ ...ours, '/v1/chat/completions': answer });
const refusal = (status: number, error: object, headers: Record<string, string> = {}) =>
  ({ status, headers, json: { error } }) satisfies RouteAnswer;
const raw =
  (status: number, type: string, text: string): RouteAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(text);
  };

describe('an answer over HTTP that is none', () => {
  it.each<[string, RouteAnswer, new (...args: never[]) => Error, RegExp]>([
    ['breaks off', eventStream(part), EngineUnavailableError, /broke off in the middle/],
    [
      'loses its connection',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(part)}\n\n`, () => response.destroy());
      },
      EngineUnavailableError,
      /broke off in the middle/,
    ],
    [
      'is a page',
      raw(200, 'text/html', '<h1>Welcome</h1>'),
      EngineUnavailableError,
      /with text\/html in place of a stream of events/,
    ],
    ['is one object', { json: last }, EngineUnavailableError, /with application\/json in place/],
    ['has an event of no JSON', eventStream('{"choices'), EngineUnavailableError, /no JSON object/],
    [
      'has an event of another shape',
      eventStream({ choices: 7 }),
      EngineUnavailableError,
      /no chunk/,
    ],
    [
      'says not why it ended',
      eventStream(part, usage, '[DONE]'),
      EngineUnavailableError,
      /why the/,
    ],
    [
      'says not what it took',
      eventStream(part, last, '[DONE]'),
      EngineUnavailableError,
      /what the/,
    ],
    [
      "is a gateway's page",
      raw(502, 'text/html', 'Bad gateway'),
      EngineUnavailableError,
      /answers 502 to \/v1\/chat\/completions/,
    ],
    [
      'ends with an error of ours',
      eventStream(part, { error: { code: 'deadline_exceeded', message: 'Too late.' } }),
      DeadlineError,
      /Too late/,
    ],
  ])('%s: whoever waits and whoever reads learn of it', async (_, answer, ErrorClass, message) => {
    const { service } = await chats(answer);
    const stream = service.stream(ask);
    const error = await ended(stream.result);
    expect(error).toBeInstanceOf(ErrorClass);
    expect((error as Error).message).toMatch(message);
    const read = async () => {
      for await (const chunk of stream) expect(chunk.text).toBe('Hello');
    };
    expect(await ended(read())).toBe(error);
    expect(await ended(service.stream(ask).result)).toBeInstanceOf(ErrorClass);
  });
});

describe('a server that says no', () => {
  it('keeps its code, status, words and when to come again', async () => {
    const message = 'Slow down.';
    const { service } = await chats(
      refusal(429, { message, code: 'rate_limit_exceeded' }, { 'retry-after': '7' }),
    );
    const error = await ended(service.stream(ask).result);
    expect(error).toBeInstanceOf(ServerRefusal);
    const expected = { code: 'rate_limit_exceeded', status: 429, retryAfterSeconds: 7, message };
    expect(error).toMatchObject(expected);
  });

  it.each<[string, RouteAnswer, new (...args: never[]) => Error, object]>([
    [
      'a full queue',
      refusal(429, { message: 'm', code: 'queue_full' }, { 'retry-after': '3' }),
      QueueFullError,
      { retryAfterSeconds: 3, message: 'm' },
    ],
    [
      'an option out of range',
      refusal(400, { message: 'm', code: 'invalid_option', param: 'trimtab.params.alpha' }),
      InvalidOptionError,
      { option: 'params.alpha' },
    ],
    [
      'an option by its other name',
      refusal(400, { message: 'm', code: 'invalid_option', param: 'logit_bias.7' }),
      InvalidOptionError,
      { option: 'logitBias.7' },
    ],
    [
      'a constraint',
      refusal(400, { message: 'm', code: 'invalid_constraint', param: 'json_schema/type' }),
      ConstraintError,
      { path: 'json_schema/type' },
    ],
    ['nothing that is said', refusal(418, {}), ServerRefusal, { code: 'refused', status: 418 }],
    [
      'what only looks like one of our codes',
      refusal(400, { code: 'constructor' }),
      ServerRefusal,
      { code: 'constructor', retryAfterSeconds: null },
    ],
    ['an error that is text', refusal(500, 'boom' as never), ServerRefusal, { status: 500 }],
  ])('%s', async (_, answer, ErrorClass, fields) => {
    const { service } = await chats(answer);
    const error = await ended(service.stream(ask).result);
    expect(error).toBeInstanceOf(ErrorClass);
    expect(error).toMatchObject(fields);
  });

  it('is heard when it is first asked, and one that is not there is', async () => {
    const wrongKey = refusal(401, { message: 'A wrong key.', code: 'invalid_api_key' });
    await expect(connect({ ...ours, '/v1/recipes': wrongKey })).rejects.toMatchObject({
      code: 'invalid_api_key',
      status: 401,
    });
    await expect(connect({})).rejects.toMatchObject({ status: 404 });
    const page = raw(200, 'text/html', '<h1>Hello</h1>');
    await expect(connect({ '/v1/recipes': page })).rejects.toThrow(/no JSON/);
    await expect(connect({ '/v1/recipes': { json: [] } })).rejects.toThrow(/another list/);
    const nobody = createHttpService({ url: 'http://127.0.0.1:9' });
    await expect(nobody).rejects.toThrow(
      /No server answers at http:\/\/127\.0\.0\.1:9\. Start one/,
    );
    for (const url of ['ftp://x', 'here', '']) {
      await expect(createHttpService({ url })).rejects.toMatchObject({ option: 'url' });
    }
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(createHttpService({ url: 'http://127.0.0.1:9', signal: gone })).rejects.toThrow(
      'gone',
    );
  });

  it('is not there any more: the next status says so, and later that it is back', async () => {
    const server = await createAnsweringServer(ours);
    open.push(server);
    const timers: (() => void)[] = [];
    const startTimer = (_: number, call: () => void) => {
      timers.push(call);
      return () => {};
    };
    const service = await createHttpService({ url: server.url, statusMs: 1, startTimer });
    const next = async (): Promise<void> => {
      const known = timers.length;
      timers.at(-1)!();
      while (timers.length === known) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    server.routes.set('/v1/recipes', raw(503, 'text/plain', ''));
    await next();
    expect(service.status.state).toBe('restarting');
    server.routes.set('/v1/recipes', ours['/v1/recipes']!);
    await next();
    expect(service.status.state).toBe('ready');
  });
});

describe('what is sent', () => {
  const answer = eventStream(part, last, usage, '[DONE]');

  it('is every option, each in its place', async () => {
    const { server, service } = await chats(answer);
    const options = {
      temperature: 0.5,
      topK: 4,
      topP: 0.9,
      minP: 0.1,
      typicalP: 0.8,
      repetitionPenalty: 1.1,
      presencePenalty: 0.2,
      frequencyPenalty: 0.3,
      logitBias: { 7: -100 },
      seed: 9,
      stop: ['.'],
      maxTokens: 12,
      minTokens: 3,
      params: { alpha: 0.6 },
      rewards: { brief: 2 },
      guidance: { method: 'args', candidates: 5 },
      reportRewards: ['kind'],
      klBudget: null,
      topLogprobs: 2,
      constraint: { jsonSchema: { type: 'object' } },
    } as const;
    const { text } = await service.stream({ ...ask, profile: 'ann', options }).result;
    expect(text).toBe('Hello');
    const sent = server.taken.at(-1)!;
    expect(sent.headers.authorization).toBe('Bearer sesame');
    expect(sent.body).toEqual({
      model: 'mix',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_k: 4,
      top_p: 0.9,
      min_p: 0.1,
      typical_p: 0.8,
      repetition_penalty: 1.1,
      presence_penalty: 0.2,
      frequency_penalty: 0.3,
      logit_bias: { 7: -100 },
      seed: 9,
      stop: ['.'],
      max_tokens: 12,
      min_tokens: 3,
      logprobs: true,
      top_logprobs: 2,
      json_schema: { type: 'object' },
      trimtab: {
        params: { alpha: 0.6 },
        rewards: { brief: 2 },
        guidance: { method: 'args', candidates: 5 },
        reportRewards: ['kind'],
        klBudget: null,
        trace: true,
        profile: 'ann',
      },
    });
  });

  it.each<[string, GenerateServiceRequest['options'], object]>([
    ['one model alone', { only: 'small' }, { model: 'mix/small' }],
    ['no constraint', { constraint: null }, { response_format: { type: 'text' } }],
    ['a choice', { constraint: { choice: ['a', 'b'] } }, { choice: ['a', 'b'] }],
    ['nothing where nothing is asked for', { temperature: undefined as never }, { model: 'mix' }],
  ])('%s', async (_, options, expected) => {
    const { server, service } = await chats(answer);
    await service.stream({ ...ask, options }).result;
    expect(server.taken.at(-1)!.body).toMatchObject(expected);
    expect(server.taken.at(-1)!.body).not.toHaveProperty('temperature');
  });

  it('lets raw text go on to the end of the context, as it does here', async () => {
    const { server, service } = await connect({ ...ours, '/v1/completions': answer });
    await service.stream({ ...ask, prompt: { text: 'Once' } }).result;
    expect(server.taken.at(-1)!.body).toMatchObject({ prompt: 'Once', max_tokens: 512 });
    await service.stream({ ...ask, prompt: { tokens: [1, 2] }, options: { topLogprobs: 3 } })
      .result;
    expect(server.taken.at(-1)!.body).toMatchObject({ prompt: [1, 2], logprobs: 3 });
  });

  it.each<[string, Partial<GenerateServiceRequest>]>([
    ['temprature', { options: { temprature: 1 } as never }],
    ['stop', { options: { stop: (() => {}) as never } }],
    ['temperature', { options: { temperature: Number.NaN } }],
    ['topK', { options: { topK: -1 } }],
    ['params.alpha', { options: { params: { alpha: Infinity } } }],
    ['only', { options: { only: 'medium' } }],
    ['request', { request: 'r1' }],
    ['owner', { owner: 'eve' }],
  ])('is nothing where %s cannot be', async (option, request) => {
    const { server, service } = await chats(answer);
    await service.stream(ask).result;
    const sent = server.taken.length;
    const error = await ended(service.stream({ ...ask, ...request }).result);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option });
    expect(server.taken).toHaveLength(sent);
  });
});

describe('a server of the OpenAI API that is no Trimtab', () => {
  const answer = eventStream(part, last, usage, '[DONE]');
  const connectOther = () => connect({ ...others, '/v1/chat/completions': answer });
  const other: GenerateServiceRequest = { ...ask, recipe: 'gpt' };

  it('lists its models as recipes, and answers', async () => {
    const { server, service } = await connectOther();
    expect(service.recipes()).toMatchObject([{ name: 'gpt', base: 'gpt', state: 'ready' }]);
    expect(await service.load('gpt')).toBe(service.recipes()[0]);
    expect(service.scoredPrompts).toBe('none');
    const schema = { type: 'string' };
    const options = { seed: 4, temperature: 0, constraint: { jsonSchema: schema } };
    const result = await service.stream({ ...other, options }).result;
    expect(result).toMatchObject({
      text: 'Hello',
      seed: 4,
      finishReason: 'stop',
      usage: { promptTokens: 2, completionTokens: 1, models: {} },
    });
    expect(result.timings.prefillMs).toBeGreaterThanOrEqual(0);
    expect(server.taken.at(-1)!.body).toEqual({
      model: 'gpt',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      seed: 4,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema },
      },
    });
    const drawn = await service.stream(other).result;
    expect(server.taken.at(-1)!.body).toMatchObject({ seed: drawn.seed });
  });

  it.each<[string, GenerateServiceRequest['options']]>([
    ['topK', { topK: 4 }],
    ['params', { params: { alpha: 1 } }],
    ['rewards', { rewards: {} }],
    ['trace', { trace: true }],
    ['logprobs', { logprobs: true }],
    ['minTokens', { minTokens: 1 }],
    ['klBudget', { klBudget: null }],
    ['constraint', { constraint: { regex: 'a' } }],
  ])('is not asked for %s, which it might leave out', async (option, options) => {
    const { server, service } = await connectOther();
    const sent = server.taken.length;
    expect(await ended(service.stream({ ...other, options }).result)).toMatchObject({ option });
    expect(server.taken).toHaveLength(sent);
  });

  it('is not asked for what is not part of the API', async () => {
    const { service } = await connectOther();
    const special = { addSpecial: false, parseSpecial: false };
    const prompt = { tokens: [1] };
    const refused = [
      ['tokenize', service.tokenize('gpt', 'a', special)],
      ['detokenize', service.detokenize('gpt', [1], {})],
      ['score', service.score({ ...other, prompt, continuation: [2], options: {} })],
      ['profile', service.stream({ ...other, profile: 'ann' }).result],
      ['unload', service.unload('gpt')],
    ] as const;
    for (const [option, asked] of refused) expect(await ended(asked)).toMatchObject({ option });
    expect(await ended(service.load('gpt-5'))).toMatchObject({ code: 'model_not_found' });
  });
});

describe('scores over HTTP', () => {
  const echo = (logprobs: object): RouteAnswer => ({ json: { choices: [{ logprobs }] } });
  const request = { ...ask, prompt: { tokens: [1] }, continuation: [2, 3], options: {} };

  it('read banned tokens and parts of characters', async () => {
    const logprobs = {
      tokens: ['a', String.raw`bytes:\xf0\x9f`, 'c'],
      token_logprobs: [null, -9999, -0.5],
      top_logprobs: [null, { b: -1, [String.raw`bytes:\xf0\x9f`]: -9999 }, { c: -0.5 }],
    };
    const { service } = await connect({ ...ours, '/v1/completions': echo(logprobs) });
    expect(await service.score(request)).toEqual({
      tokens: [
        { tokenId: 2, text: '\uFFFD', bytes: [0xf0, 0x9f], logprob: -Infinity },
        { tokenId: 3, text: 'c', logprob: -0.5 },
      ],
      logprob: -Infinity,
      isGreedy: false,
    });
  });

  it.each<[string, RouteAnswer]>([
    ['too few', echo({ tokens: ['a'], token_logprobs: [null], top_logprobs: [null] })],
    ['none', { json: { choices: [{ logprobs: null }] } }],
  ])('refuse %s', async (_, answer) => {
    const { service } = await connect({ ...ours, '/v1/completions': answer });
    await expect(service.score(request)).rejects.toThrow(/did not score each of the 3 tokens/);
  });
});
