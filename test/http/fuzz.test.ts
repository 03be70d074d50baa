import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  refusedOfResponses,
  withoutEffect,
  withoutEffectOfResponses,
} from '../../src/server/wire/parameters.ts';
import type { InferenceService } from '../../src/spec/index.ts';
import {
  listen,
  question,
  serveAtlas,
  type Answer,
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

const bases: Record<string, object> = {
  '/v1/chat/completions': { model: 'atlas-chat', messages: question, max_tokens: 1 },
  '/v1/completions': { model: 'atlas-chat', prompt: 'Mada', max_tokens: 1 },
  '/v1/responses': { model: 'atlas-chat', input: 'Mada', max_output_tokens: 1 },
  '/v1/responses/input_tokens': { model: 'atlas-chat', input: 'Mada' },
  '/tokenize': { model: 'atlas-chat', content: 'Mada' },
  '/detokenize': { model: 'atlas-chat', tokens: [1, 2] },
};

const fields = `
  model messages prompt content tokens temperature top_p top_k min_p typical_p repetition_penalty
  presence_penalty frequency_penalty logit_bias seed stop max_tokens max_completion_tokens n echo
  logprobs top_logprobs stream stream_options trimtab tools tool_choice response_format modalities
  suffix best_of add_special __proto__ x structured_outputs json_schema grammar regex choice
  guided_json input instructions max_output_tokens text reasoning include
  ${Object.keys({ ...withoutEffectOfResponses, ...refusedOfResponses }).join(' ')} ${Object.keys(withoutEffect).join(' ')}`
  .trim()
  .split(/\s+/);

/** Values that are nearly right, beside any JSON at all. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1,
    2,
    0.5,
    1e21,
    '',
    'a',
    '\0',
    '\uD800',
    [],
    {},
    [[]],
    [[1]],
    [1, 'a'],
    ['a'],
    [{}],
    { 5: 1 },
    { params: { alpha: 1 } },
    { trace: true },
    { params: { alpha: -1 } },
    { include_usage: true },
    { role: 'user', content: 'a' },
    [{ role: 'user', content: '' }],
    [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
    [{ role: 'system', content: 'a' }],
    [{ role: 'assistant', content: 'a' }],
    [5000],
    [2 ** 31],
    [0.5],
    [{ role: 'user', content: [{ type: 'input_text', text: 'a' }] }],
    [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] }],
    [{ type: 'item_reference', id: 'a' }],
    ['message.output_text.logprobs'],
    { format: { type: 'json_schema', name: 'a', schema: { type: 'integer' } } },
    { type: 'function', name: 'f' },
    [{ type: 'function', name: 'f', parameters: { type: 'null' } }],
    { seed: 1, regex: 'a' },
    { type: 'text' },
    { type: 'json_object' },
    { type: 'json_schema', json_schema: { schema: { type: 'integer' } } },
    { json: true },
    { regex: 'a' },
    { properties: { a: { $ref: '#' } } },
    'root ::= "a"',
    '(',
    'required',
    { type: 'function', function: { name: 'f' } },
    [{ type: 'function', function: { name: 'f', parameters: { type: 'null' } } }],
    { rewards: { a: 1 } },
    { guidance: { method: 'args', candidates: 1e9 } },
    { klBudget: { perToken: 0 }, reportRewards: ['a'] },
  ),
);

/** An error in its shape, or an answer; never the server's own failure. */
function isProper({ status, json, text }: Answer): boolean {
  if (status === 200) return !text.includes('internal_error');
  if (status >= 500) return false;
  const { message, type, param, code } = json.error;
  const named = param === null || typeof param === 'string';
  return [message, type, code].every((each) => typeof each === 'string') && named;
}

describe.each(Object.keys(bases))('any body to %s', (route) => {
  it('is answered or refused, in shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 3 }),
        async (changes) => {
          const entries = [...Object.entries(bases[route]!), ...Object.entries(changes)];
          // As text, so that __proto__ is a key like any other.
          const members = entries.map(
            ([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`,
          );
          return isProper(await server.post(route, `{${members.join(',')}}`));
        },
      ),
      { numRuns: 150 },
    );
    const { status } = await server.post(route, bases[route]);
    expect(status).toBe(200);
  });

  it('also when it is any JSON, or none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })),
        async (body) => isProper(await server.post(route, body)),
      ),
      { numRuns: 60 },
    );
    const { status } = await server.post(route, bases[route]);
    expect(status).toBe(200);
  });
});

it('any path and method', async () => {
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD');
  await fc.assert(
    fc.asyncProperty(method, fc.webPath(), async (verb, path) => {
      const { status } = await fetch(server.url + path, { method: verb });
      return status < 500;
    }),
    { numRuns: 60 },
  );
  expect((await server.get('/health')).status).toBe(200);
});
