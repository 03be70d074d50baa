import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { errorMappings } from '../edge/errors.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import { listenWithProfiles } from '../../../test/support/server/serve-profiles.ts';
import {
  events,
  type Answer,
  type Json,
  type TestServer,
} from '../../../test/support/server/serve.ts';

let server: TestServer;
let document: Json;
let ajv: Ajv2020;

beforeAll(async () => {
  server = await listenWithProfiles({ service: new FakeService() });
  document = (await server.get('/openapi.json')).json;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: 'api', ...document });
});

afterAll(() => server[Symbol.asyncDispose]());

const chats = '/v1/chat/completions';
const responding = '/v1/responses';
const chat = { model: 'fake', messages: [{ role: 'user', content: 'Hello' }] };

/** What is wrong with a value by the schema at a place of the document. */
function faults(value: unknown, ...path: (string | number)[]): unknown {
  const pointer = path
    .map((key) => encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const check = ajv.getSchema(`api#/${pointer}`)!;
  return check(value) ? [] : check.errors;
}

/** What is wrong with an answer by what its route says of its status. */
function faultsOf(route: string, method: string, { status, json }: Answer): unknown {
  const place = ['paths', route, method, 'responses', status, 'content'];
  return faults(json, ...place, 'application/json', 'schema');
}

const faultsOfChat = (body: unknown) =>
  faults(body, 'components', 'schemas', 'ChatCompletionRequest');

describe('/openapi.json', () => {
  it(
    'is OpenAPI 3.1 whose schemas compile and whose references lead somewhere',
    { tags: ['slow'] },
    () => {
      expect(document.openapi).toBe('3.1.0');
      for (const name of Object.keys(document.components.schemas as object)) {
        expect(() => faults(null, 'components', 'schemas', name)).not.toThrow();
      }
      for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)) {
        expect(document.components.schemas).toHaveProperty(
          name!.replace('#/components/schemas/', ''),
        );
      }
    },
  );

  it('has a name for every place in a path', () => {
    for (const [route, methods] of Object.entries(document.paths as Record<string, object>)) {
      const places = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      for (const operation of Object.values(methods)) {
        const named = ((operation.parameters ?? []) as Json[])
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => name as string);
        expect(named.toSorted()).toEqual(places.toSorted());
      }
    }
  });

  it.each<[string, object]>([
    ['a chat', {}],
    ['parts of text', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] }],
    ['a name', { messages: [{ role: 'developer', content: 'a', name: 'b' }] }],
    ['tools', { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] }],
    ['stop strings', { stop: ['a', 'b'], logit_bias: { 5: 1 }, seed: 1 }],
  ])('describes %s', (_, body) => {
    expect(faultsOfChat({ ...chat, ...body })).toEqual([]);
  });

  it.each<[string, object]>([
    ['messages of numbers', { messages: [1] }],
    ['an unknown role', { messages: [{ role: 'robot', content: 'a' }] }],
    ['a message without content', { messages: [{ role: 'user' }] }],
    ['parts that are no text', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['tools without names', { tools: [{ type: 'function', function: {} }] }],
    ['stop strings of numbers', { stop: [1] }],
    ['an unknown parameter', { temprature: 1 }],
  ])('refuses %s, as the server does', async (_, body) => {
    expect(faultsOfChat({ ...chat, ...body })).not.toEqual([]);
    expect((await server.post(chats, { ...chat, ...body })).status).toBe(400);
  });

  it('describes answers', async () => {
    const answered = await server.post(chats, { ...chat, logprobs: true });
    expect(faultsOf(chats, 'post', answered)).toEqual([]);
    const completed = await server.post('/v1/completions', { prompt: 'a', logprobs: 1 });
    expect(faultsOf('/v1/completions', 'post', completed)).toEqual([]);
    const body = { input: 'a', trimtab: { seed: 1 }, tools: [{ type: 'function', name: 'f' }] };
    const responded = await server.post(responding, { ...body, tool_choice: 'none' });
    expect(faultsOf(responding, 'post', responded)).toEqual([]);
    expect(faults(body, 'components', 'schemas', 'ResponseRequest')).toEqual([]);
    const counting = `${responding}/input_tokens`;
    expect(faultsOf(counting, 'post', await server.post(counting, body))).toEqual([]);
    const tokenized = await server.post('/tokenize', { messages: chat.messages });
    expect(faultsOf('/tokenize', 'post', tokenized)).toEqual([]);
    expect(faultsOf('/v1/models', 'get', await server.get('/v1/models'))).toEqual([]);
    expect(faultsOf('/v1/recipes', 'get', await server.get('/v1/recipes'))).toEqual([]);
  });

  it('describes the events of a response', async () => {
    const { text } = await server.post(responding, { input: 'a', stream: true });
    const told = events(text).map((data): Json => JSON.parse(data));
    expect(told.length).toBeGreaterThan(5);
    const wrong = told.map((event) => faults(event, 'components', 'schemas', 'ResponseEvent'));
    expect(wrong).toEqual(told.map(() => []));
  });

  it('describes errors by status, with their codes', async () => {
    const headers = { 'content-type': 'text/plain' };
    const failed = [
      await server.post(chats, '{'),
      await server.post(chats, { ...chat, temperature: -1 }),
      await server.post(chats, { ...chat, model: 'fkae' }),
      await server.post(chats, `"${'a'.repeat(9 * 2 ** 20)}"`),
      await server.post(chats, chat, headers),
      await server.post(chats, chat, { origin: 'http://evil.example' }),
    ];
    expect(failed.map(({ status }) => status)).toEqual([400, 400, 404, 413, 415, 403]);
    expect(failed.map((each) => faultsOf(chats, 'post', each))).toEqual(failed.map(() => []));
  });

  it('has every code that reaches a client under its status, and no default', () => {
    const { responses } = document.paths[chats].post;
    expect(responses).not.toHaveProperty('default');
    const said = Object.entries(document.components.schemas as Record<string, Json>)
      .filter(([name]) => /^Error\d+$/.test(name))
      .flatMap(([name, schema]) =>
        (schema.properties.error.properties.code.enum as string[]).map(
          (code) => `${name.slice(5)} ${code}`,
        ),
      );
    // Nobody reads the one, and no route has the other.
    const unsaid = new Set(['client_closed', 'method_not_allowed']);
    const known = Object.entries(errorMappings)
      .filter(([code]) => !unsaid.has(code))
      .map(([code, { status }]) => `${status} ${code}`);
    expect(said.toSorted()).toEqual(known.toSorted());
  });
});
