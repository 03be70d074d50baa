import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLocalService, createSupervisedService } from '../../src/service/index.ts';
import type { InferenceService } from '../../src/spec/index.ts';
import {
  atlasChat,
  chat,
  events,
  listen,
  question,
  type Json,
  type TestServer,
} from '../support/server/serve.ts';

const chats = '/v1/chat/completions';
const completions = '/v1/completions';
const models = path.resolve(import.meta.dirname, '../../models');

/** Rewards of words over the embedded models, and one that throws. */
const rewarded = `
name: rewarded
models:
  large: ${models}/atlas-large.gguf
base: large
rewards:
  formal: { words: { Certainly: 1, certainly: 1 }, weight: 0 }
  short: { length: { target: 3, unit: words }, weight: 0 }
sampling: { temperature: 0 }
`;

const constrained = `
name: constrained
models:
  large: ${models}/atlas-large.gguf
base: large
constraint: { choice: [yes it is, no it is not] }
sampling: { temperature: 0 }
`;

/** Rewards that are programs, and fail: each in its own way. */
const failing = `
name: failing
models:
  large: ${models}/atlas-large.gguf
base: large
rewards:
  throwing: { module: ./throwing.mjs, weight: 0 }
  infinite: { module: ./infinite.mjs, weight: 0 }
  hanging: { module: ./hanging.mjs, weight: 0, timeoutMs: 300 }
`;

const modules = {
  'throwing.mjs': 'export default { score() { throw new Error("no score"); } };',
  'infinite.mjs': 'export default { score: (texts) => texts.map(() => NaN) };',
  'hanging.mjs': 'export default { score() { for (;;); } };',
};

let folder: string;
let service: InferenceService;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-constraints-'));
  const recipes = {
    'rewarded.yaml': rewarded,
    'constrained.yaml': constrained,
    'failing.yaml': failing,
  };
  for (const [name, text] of Object.entries({ ...recipes, ...modules })) {
    await writeFile(path.join(folder, name), text);
  }
  const files = Object.keys(recipes).map((name) => path.join(folder, name));
  const engineOptions = { allowModules: true };
  service = await createLocalService({ recipes: [atlasChat, ...files], engineOptions });
  server = await listen({ service });
});

afterAll(async () => {
  await server.running.close();
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function ask(body: object, route = chats): Promise<Json> {
  const { status, json } = await server.post(route, body);
  expect({ status, error: json.error }).toEqual({ status: 200 });
  return json.choices[0];
}

async function streamed(body: object): Promise<Json[]> {
  const { status, text } = await server.post(chats, { ...body, stream: true });
  expect(status).toBe(200);
  const data = events(text);
  expect(data.pop()).toBe('[DONE]');
  return data.map((each) => JSON.parse(each).choices[0]);
}

const normal = ' Certainly! Mada Norrar was born';

/** The next normal request, which succeeds whatever came before. */
async function expectNormalAnswer(): Promise<void> {
  expect((await ask(chat)).message.content).toBe(normal);
}

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    age: { type: 'integer', minimum: 0, maximum: 120 },
    tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 1, maxItems: 2 },
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false,
};

const isPerson = new Ajv2020().compile(person);

const format = (schema: unknown) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
});

const sampled = { ...chat, max_tokens: 100, temperature: 1 };

describe('an answer is what it must be', () => {
  it.each([1, 2, 3, 4])('JSON of a schema, sampled with seed %i', async (seed) => {
    const choice = await ask({ ...sampled, seed, ...format(person) });
    expect(choice.finish_reason).toBe('stop');
    const value: unknown = JSON.parse(choice.message.content as string);
    expect(isPerson(value)).toBe(true);
  });

  it('also within few tokens', async () => {
    for (const max_tokens of [30, 40]) {
      const choice = await ask({ ...sampled, seed: 5, max_tokens, ...format(person) });
      expect(choice.finish_reason).toBe('stop');
      expect(isPerson(JSON.parse(choice.message.content as string))).toBe(true);
    }
  });

  it('any object', async () => {
    for (const route of [chats, completions]) {
      const body = { model: 'atlas-chat', max_tokens: 60, temperature: 1, seed: 6 };
      const prompt = route === chats ? { messages: question } : { prompt: 'Mada Norrar is' };
      const response_format = { type: 'json_object' };
      const choice = await ask({ ...body, ...prompt, response_format }, route);
      const value: unknown = JSON.parse((choice.text ?? choice.message.content) as string);
      expect(value).toBeTypeOf('object');
    }
  });

  it.each<[object, RegExp]>([
    [{ regex: '[A-C]{3}-\\d{2}' }, /^[A-C]{3}-\d{2}$/],
    [{ guided_regex: 'é+😀' }, /^é+😀$/],
    [{ structured_outputs: { choice: ['Stonedale', 'Oslo'] } }, /^(Stonedale|Oslo)$/],
    [{ grammar: 'root ::= ("a" | "b")+ end\nend ::= "."' }, /^[ab]+\.$/],
  ])('%j', async (constraint, expected) => {
    for (const model of ['atlas-chat', 'atlas-chat/small']) {
      const choice = await ask({ ...sampled, model, seed: 7, ...constraint });
      expect(choice.message.content).toMatch(expected);
    }
  });

  it('streamed as it is whole, and with the log-probs of all its tokens', async () => {
    const body = { ...sampled, seed: 8, ...format(person), trimtab: { speculation: 'off' } };
    const whole = await ask(body);
    const reported = await ask({ ...body, logprobs: true });
    const chunks = await streamed(body);
    const text = chunks.map(({ delta }) => (delta.content ?? '') as string).join('');
    expect(text).toBe(whole.message.content);
    expect(isPerson(JSON.parse(reported.message.content as string))).toBe(true);
    const tokens = reported.logprobs.content as Json[];
    // A token may be a part of a character.
    const bytes = tokens.flatMap((token) => token.bytes as number[]);
    expect(Buffer.from(bytes).toString()).toBe(reported.message.content);
  });

  it('for each of n', async () => {
    const { json } = await server.post(chats, { ...sampled, seed: 9, n: 4, ...format(person) });
    const texts = json.choices.map(({ message }: Json) => message.content as string);
    expect(texts.every((text: string) => isPerson(JSON.parse(text)))).toBe(true);
    expect(new Set(texts).size).toBeGreaterThan(1);
  });

  it('where the recipe says so, unless the request says otherwise', async () => {
    const body = { ...chat, model: 'constrained' };
    expect((await ask(body)).message.content).toMatch(/^(yes it is|no it is not)$/);
    expect((await ask({ ...body, choice: ['maybe'] })).message.content).toBe('maybe');
    const free = await ask({ ...body, response_format: { type: 'text' } });
    expect(free.message.content).not.toMatch(/^(yes it is|no it is not)$/);
  });
});

describe('strict', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false, javaType: 'A' };
  const asFormat = (strict: boolean) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema, strict } },
  });
  const asTool = (strict: boolean) => ({
    tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict } }],
    tool_choice: 'required',
  });

  it.each([
    [asFormat, 'response_format.json_schema.schema/javaType'],
    [asTool, 'tools[0].function.parameters/javaType'],
  ] as const)('refuses by name what is told otherwise (%#)', async (asking, param) => {
    const body = { model: 'atlas-chat', messages: sampled.messages, max_tokens: 60 };
    const told = await server.post('/v1/chat/completions', { ...body, ...asking(false) });
    expect(told.status).toBe(200);
    expect(told.json.usage.trimtab.warnings.join()).toContain('javaType');
    const refused = await server.post('/v1/chat/completions', { ...body, ...asking(true) });
    expect([refused.status, refused.json.error]).toMatchObject([
      400,
      { code: 'invalid_constraint', param, message: expect.stringContaining('javaType') },
    ]);
  });
});

describe('a call that is forced', () => {
  // The models are shown the tools, and hold 512 tokens.
  const note = {
    type: 'object',
    properties: { a: { maxLength: 5, type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  const look = {
    type: 'function',
    function: { name: 'look_up', parameters: note },
  };
  const tree = {
    type: 'object',
    properties: {
      word: { enum: ['x', 'yy'] },
      next: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
    },
    required: ['word', 'next'],
    additionalProperties: false,
  };
  const plant = { type: 'function', function: { name: 'plant', parameters: tree } };
  const validators: Record<string, (value: unknown) => boolean> = {
    look_up: new Ajv2020().compile(note),
    plant: new Ajv2020().compile(tree),
  };

  it.each([11, 12, 13, 14])(
    'has arguments that fit, whole and streamed (seed %i)',
    async (seed) => {
      for (const tool_choice of ['required', { type: 'function', function: { name: 'plant' } }]) {
        const asked = { ...sampled, seed, tools: [look, plant], tool_choice };
        const body = { ...asked, parallel_tool_calls: false };
        const whole = await ask(body);
        expect(whole.finish_reason).toBe('tool_calls');
        const [{ function: called }] = whole.message.tool_calls;
        expect(validators[called.name]!(JSON.parse(called.arguments))).toBe(true);
        const chunks = await streamed(body);
        const calls = chunks.flatMap(({ delta }) => delta.tool_calls ?? []);
        expect(calls[0].function.name).toBe(called.name);
        const parts = calls.map((call) => call.function.arguments as string);
        expect(parts.join('')).toBe(called.arguments);
        expect(chunks.at(-1).finish_reason).toBe('tool_calls');
      }
    },
  );
});

describe('faults 11 to 13: constraints that are malformed or monstrous are refused', () => {
  const nested = (open: string, close: string, depth: number) =>
    open.repeat(depth) + 'a' + close.repeat(depth);
  const chain = Array.from({ length: 50_000 }, (_, i) => `r${i} ::= r${i + 1}`).join('\n');
  /** As text: it is too deep to be written by recursion. */
  const deepBody = (depth: number) => {
    const schema = '{"items":'.repeat(depth) + 'true' + '}'.repeat(depth);
    return `${JSON.stringify(chat).slice(0, -1)},"json_schema":${schema}}`;
  };
  const many = Array.from({ length: 300_000 }, (_, i) => `property number ${i}`);
  const ring = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } };

  it.each<[string, object, string]>([
    ['a regular expression that does not parse', { regex: '(' }, 'regex'],
    ['60,000 parentheses', { regex: nested('(', ')', 60_000) }, 'regex'],
    [
      '60,000 parentheses of a grammar',
      { grammar: `root ::= ${nested('(', ')', 60_000)}` },
      'grammar',
    ],
    ['a chain of 50,000 rules', { grammar: `root ::= r0\n${chain}\nr50000 ::= "a"` }, 'grammar'],
    ['a million repetitions', { grammar: 'root ::= "a"{1000000}' }, 'grammar'],
    ['repetitions of repetitions', { regex: '(((a{1000}){1000}){1000}){1000}' }, 'regex'],
    ['left recursion', { grammar: 'root ::= root "a" | "a"' }, 'grammar'],
    ['a rule that is not there', { grammar: 'root ::= there' }, 'grammar'],
    ['a grammar without an end', { grammar: 'root ::= "a" root' }, 'grammar'],
    ['no choice', { choice: [] }, 'choice'],
    ['a back reference', { regex: '(a)\\1' }, 'regex'],
    ['schemas that only refer to each other', format(ring), 'response_format.json_schema.schema'],
    [
      'a reference to elsewhere',
      format({ $ref: 'http://127.0.0.1/x' }),
      'response_format.json_schema.schema/$ref',
    ],
    [
      'a mistyped keyword',
      format({ properties: { a: { maxLenght: 1 } } }),
      'response_format.json_schema.schema/properties/a/maxLenght',
    ],
    [
      'a schema that nothing fits',
      format({ type: 'string', minLength: 3, maxLength: 2 }),
      'response_format.json_schema.schema',
    ],
    ['a schema of 300,000 values', { json_schema: { enum: many } }, 'json_schema'],
    [
      'a pattern in a schema that does not parse',
      { guided_json: { type: 'string', pattern: '(' } },
      'guided_json',
    ],
    ['no room for any answer', { regex: 'a{400}b', max_tokens: 3 }, 'regex'],
  ])('%s', async (_, constraint, param) => {
    const { status, json } = await server.post(chats, { ...sampled, ...constraint });
    expect(status).toBe(400);
    expect(json.error.type).toBe('invalid_request_error');
    expect(json.error.param).toSatisfy((named: string) => named.startsWith(param));
    await expectNormalAnswer();
  });

  it.each<[string, object, RegExp]>([
    ['(a+)+$ takes no longer than a+', { regex: '(a+)+$' }, /^a+$/],
    ['(a|a)*b', { regex: '(a|a)*b' }, /^a*b$/],
    ['(x+x+)+y', { grammar: 'root ::= ("x"+ "x"+)+ "y"' }, /^xx+y$/],
  ])('%s', async (_, constraint, expected) => {
    const choice = await ask({ ...sampled, seed: 15, max_tokens: 20, ...constraint });
    expect(choice.message.content).toMatch(expected);
    await expectNormalAnswer();
  });

  it('a body that is too large even to be read is 413', async () => {
    const schema = { enum: ['x'.repeat(10_000_000)] };
    const { status, json } = await server.post(chats, { ...chat, json_schema: schema });
    expect([status, json.error.code]).toEqual([413, 'body_too_large']);
    await expectNormalAnswer();
  });

  it('not annotations that nobody knows: they are told', async () => {
    const schema = { type: 'string', enum: ['a'], javaType: 'String' };
    const { status, json, headers } = await server.post(chats, { ...chat, ...format(schema) });
    expect(status).toBe(200);
    expect(json.choices[0].message.content).toBe('"a"');
    const { warnings } = json.usage.trimtab;
    expect(warnings).toEqual([expect.stringContaining('#/javaType')]);
    expect(JSON.parse(headers.get('x-trimtab-warnings')!)).toEqual(warnings);
  });

  it.each([10_000, 100_000])('%i nested schemas', async (depth) => {
    const { status, json } = await server.post(chats, deepBody(depth));
    expect([status, json.error.param]).toEqual([400, 'json_schema']);
    await expectNormalAnswer();
  });

  it('also when the engine is another process', async () => {
    await using supervised = await createSupervisedService({ recipes: [atlasChat] });
    await using other = await listen({ service: supervised });
    const pid = supervised.status.enginePid;
    for (const body of [
      deepBody(100_000),
      { ...chat, ...format({ properties: { a: { maxLenght: 1 } } }) },
      { ...chat, regex: nested('(', ')', 60_000) },
    ]) {
      const { status, json } = await other.post(chats, body);
      expect([status, json.error.type]).toEqual([400, 'invalid_request_error']);
    }
    const { json } = await other.post(chats, { ...sampled, seed: 16, ...format(person) });
    expect(isPerson(JSON.parse(json.choices[0].message.content as string))).toBe(true);
    expect(supervised.status).toMatchObject({ enginePid: pid, restarts: 0 });
  });
});

it('fault 14: ever new constraints leave memory bounded', async () => {
  // Each has hundreds of states, so that what is remembered of them is full before the first look.
  const askMany = async (from: number, to: number) => {
    for (let first = from; first < to; first += 20) {
      const bodies = Array.from({ length: 20 }, (_, i) => {
        const regex = `${first + i}[ab]{400}`;
        return { ...chat, model: 'atlas-chat/small', max_tokens: 1, regex };
      });
      const answers = await Promise.all(bodies.map((body) => server.post(chats, body)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400));
    }
  };
  await askMany(0, 400);
  const before = usedHeap();
  await askMany(400, 800);
  expect(usedHeap() - before).toBeLessThan(32 * 2 ** 20);
  await expectNormalAnswer();
});

/** Bytes of what is reachable. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('fault 15: dead ends', () => {
  it('a constraint whose every token is banned is refused, and ends', async () => {
    const { json } = await server.post('/tokenize', { model: 'atlas-chat', content: 'ab' });
    const logit_bias = Object.fromEntries(
      [...(json.tokens as number[]), ...(await tokensOf('a')), ...(await tokensOf('b'))].map(
        (id) => [id, -100],
      ),
    );
    const body = { ...chat, regex: 'ab', logit_bias };
    for (const stream of [false, true]) {
      const { status, json: refused } = await server.post(chats, { ...body, stream });
      expect([status, refused.error.code]).toEqual([422, 'empty_support']);
    }
    await expectNormalAnswer();
  });

  async function tokensOf(content: string): Promise<number[]> {
    const { json } = await server.post('/tokenize', { model: 'atlas-chat', content });
    return json.tokens as number[];
  }
});

describe('rewards', () => {
  const body = { ...chat, model: 'rewarded', max_tokens: 6 };

  it('choose by the weights of the request, and are explained', async () => {
    const plain = await ask(body);
    expect(plain.message.content).not.toMatch(/certainly/i);
    expect('trimtab' in plain).toBe(false);
    const rewards = { formal: 30 };
    const steered = await ask({ ...body, trimtab: { rewards, trace: true } });
    const { tokens, rewards: values } = steered.trimtab;
    expect(values.formal).toBeGreaterThanOrEqual(0);
    for (const { trace } of tokens) {
      expect(trace.klScale).toBe(1);
      expect(trace.rewards).toHaveLength(1);
      const [{ name, weight, value, share }] = trace.rewards;
      expect([name, weight]).toEqual(['formal', 30]);
      expect(share).toBeCloseTo(weight * value, 10);
    }
  });

  it('at weight 0, and under rewardWeight 0, change nothing', async () => {
    const { message } = await ask(body);
    for (const trimtab of [
      { rewards: { formal: 0, short: 0 } },
      { rewards: { formal: 5 }, params: { rewardWeight: 0 } },
    ]) {
      expect((await ask({ ...body, trimtab })).message).toEqual(message);
    }
  });

  it('are reported without guiding, whole and streamed', async () => {
    const trimtab = { reportRewards: ['short', 'formal'] };
    const { message } = await ask(body);
    const reported = await ask({ ...body, trimtab });
    expect(reported.message).toEqual(message);
    expect(Object.keys(reported.trimtab.rewards as object).toSorted()).toEqual(['formal', 'short']);
    const chunks = await streamed({ ...body, trimtab });
    expect(chunks.at(-1).trimtab).toEqual(reported.trimtab);
    expect(chunks.slice(0, -1).every((chunk) => !('trimtab' in chunk))).toBe(true);
  });

  it('stay within a KL budget, which the answer reports', async () => {
    const trimtab = { rewards: { formal: 30 }, klBudget: { perAnswer: 0.5 }, trace: true };
    const { trimtab: report } = await ask({ ...body, trimtab });
    expect(report.kl).toBeGreaterThanOrEqual(0);
    expect(report.kl).toBeLessThanOrEqual(0.5 + 1e-6);
    const scales = report.tokens.map(({ trace }: Json) => trace.klScale as number);
    expect(scales.every((scale: number) => scale >= 0 && scale <= 1)).toBe(true);
  });

  it.each<[object, string]>([
    [{ rewards: { frmal: 1 } }, 'trimtab.rewards.frmal'],
    [{ rewards: { formal: 1e6 } }, 'trimtab.rewards.formal'],
    [{ guidance: { method: 'args', candidates: 0 } }, 'trimtab.guidance.candidates'],
    [{ guidance: { method: 'args', n: 2 } }, 'trimtab.guidance.n'],
    [{ reportRewards: ['frmal'] }, 'trimtab.reportRewards'],
    [{ klBudget: {} }, 'trimtab.klBudget'],
    [{ klBudget: { perToken: -1 } }, 'trimtab.klBudget.perToken'],
  ])('refuse %j', async (trimtab, param) => {
    const { status, json } = await server.post(chats, { ...body, trimtab });
    expect([status, json.error.code, json.error.param]).toEqual([400, 'invalid_option', param]);
    await expectNormalAnswer();
  });

  it('of a recipe are listed', async () => {
    const { json } = await server.get('/v1/recipes');
    const served = json.data.find(({ name }: Json) => name === 'rewarded');
    expect(served).toMatchObject({
      rewards: { formal: { kind: 'words', weight: 0 }, short: { kind: 'length', weight: 0 } },
      guidance: { method: 'args', candidates: 10 },
      klBudget: null,
      constraint: null,
      params: { rewardWeight: { default: 1, min: 0 } },
    });
  });
});

describe('fault 43: a reward that fails ends its answer with a clear error', () => {
  it.each([
    ['throwing', /no score/],
    ['infinite', /NaN|finite/],
    ['hanging', /300/],
  ])('%s', async (name, message) => {
    const body = { ...chat, model: 'failing', trimtab: { rewards: { [name]: 1 } } };
    for (const stream of [false, true]) {
      const { status, json } = await server.post(chats, { ...body, stream });
      expect([status, json.error.code, json.error.type]).toEqual([
        500,
        'reward_failed',
        'server_error',
      ]);
      expect(json.error.message).toMatch(message);
      expect(json.error.message).toContain(name);
    }
    await expectNormalAnswer();
  });
});
