import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { largestOverride } from '../../src/profiles/index.ts';
import { StoreError } from '../../src/spec/index.ts';
import type { ProfileStore } from '../../src/store/index.ts';
import { tasteOf, tasteRecipe, TasteService } from '../support/taste-service.ts';
import { ProfiledService } from './support/profiled-service.ts';
import { createAnn, inMemory, interview, listenWithProfiles } from './support/serve-profiles.ts';
import { events, listen, type Answer, type Json, type TestServer } from './support/serve.ts';

const profiles = '/v1/profiles';
const ann = `${profiles}/ann`;

const chats = '/v1/chat/completions';
const completions = '/v1/completions';
const bodies: Record<string, object> = {
  [chats]: { model: 'taste', messages: [{ role: 'user', content: 'Soup?' }], max_tokens: 8 },
  [completions]: { model: 'taste', prompt: 'Soup', max_tokens: 8 },
};

/** Likes salt. */
const saltier = ({ first, second }: Json) =>
  tasteOf(first as string)[0]! > tasteOf(second as string)[0]! ? 'first' : 'second';

function failureOf({ status, json }: Answer) {
  const { code, param, message } = json.error;
  return { status, code, param, message };
}

function failed(status: number, code: string, param: string | null, message = /./) {
  return { status, code, param, message: expect.stringMatching(message) };
}

async function nextQuestion(server: TestServer, headers = {}): Promise<Json> {
  return (await server.get(`${ann}/questions`, headers)).json.question;
}

/** Waits for something that comes about by itself. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(5);
}

describe('a profile', () => {
  it('is made, interviewed, corrected, begun anew, and forgotten', async () => {
    await using server = await listenWithProfiles();
    const made = await server.post(profiles, { id: 'ann', recipe: 'taste', name: 'at home' });
    expect([made.status, made.json]).toMatchObject([
      201,
      { id: 'ann', name: 'at home', answers: 0, state: { kind: 'asking' } },
    ]);
    const asked = await interview(server, saltier);
    expect(asked.length).toBeGreaterThanOrEqual(5);
    expect(asked.map(({ number }) => number as number)).toEqual(asked.map((_, i) => i + 1));
    expect((await server.get(`${ann}/questions`)).json).toEqual({
      question: null,
      reason: expect.stringMatching(/^(count|gain)$/),
    });
    const view = await server.get(ann);
    expect(view.json).toMatchObject({ answers: asked.length, recipe: 'taste' });
    const [salty] = view.json.attributes;
    expect(salty).toMatchObject({ name: 'salty', verdict: 'clear' });
    expect(salty.weight).toBeGreaterThan(0);
    const overridden = await server.put(`${ann}/overrides`, { overrides: { salty: -3 } });
    expect([overridden.status, overridden.json.attributes[0]]).toMatchObject([
      200,
      { override: -3, weight: -3 },
    ]);
    const reset = await server.post(`${ann}/reset`, {});
    expect([reset.status, reset.json.answers, reset.json.attributes[0].override]).toEqual([
      200, 0, -3,
    ]);
    expect((await server.delete(ann)).status).toBe(204);
    expect(failureOf(await server.get(ann))).toEqual(failed(404, 'profile_not_found', null, /ann/));
    expect((await server.get(profiles)).json).toEqual({ object: 'list', data: [] });
  });

  it('has an id of its own if none is given, and is in the list', async () => {
    await using server = await listenWithProfiles();
    const { id } = (await server.post(profiles, { recipe: 'taste' })).json;
    await createAnn(server);
    const { data } = (await server.get(profiles)).json;
    expect(data.map((entry: Json) => entry.id as string)).toEqual([id, 'ann']);
    expect(data[1]).toEqual({
      id: 'ann',
      name: null,
      recipes: ['taste'],
      answers: 0,
      createdAt: 1000,
      updatedAt: 1000,
    });
  });

  it('is carried to another server by its document', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    await interview(server, saltier);
    const document = (await server.get(`${ann}/export`)).json;
    await using other = await listenWithProfiles();
    const imported = await other.post(`${profiles}/import`, { document, id: 'bea' });
    expect(imported.status).toBe(201);
    const { attributes, answers } = (await server.get(ann)).json;
    expect((await other.get(`${profiles}/bea`)).json).toMatchObject({ attributes, answers });
    expect((await other.post(`${profiles}/import`, { document })).json.id).toBe('ann');
    expect(failureOf(await other.post(`${profiles}/import`, { document }))).toEqual(
      failed(409, 'conflict', null, /already a profile "ann"/),
    );
  });

  it('is made once', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    const again = await createAnn(server);
    expect(failureOf(again)).toEqual(failed(409, 'conflict', null, /already a profile "ann"/));
    // The openai package would repeat a 409 in vain.
    expect(again.headers.get('x-should-retry')).toBe('false');
  });
});

describe('an answer', () => {
  it('that is sent again is the same; another to the same question is a 409', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    const question = await nextQuestion(server);
    expect(await nextQuestion(server)).toEqual(question);
    const answer = { question: question.id, outcome: 'first' };
    const first = await server.post(`${ann}/answers`, answer);
    expect([first.status, first.json.answers]).toEqual([200, 1]);
    const again = await server.post(`${ann}/answers`, answer);
    expect([again.status, again.json]).toEqual([200, first.json]);
    const other = await server.post(`${ann}/answers`, { ...answer, outcome: 'second' });
    expect(failureOf(other)).toEqual(failed(409, 'conflict', null));
    expect((await server.get(ann)).json).toEqual(first.json);
  });

  it('sent many times at once counts once, and of different ones one counts', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    const { id: question } = await nextQuestion(server);
    const outcomes = ['first', 'second', 'tie', 'first', 'neither', 'first'];
    const answers = await Promise.all(
      outcomes.map((outcome) => server.post(`${ann}/answers`, { question, outcome })),
    );
    const kept = (await server.get(`${ann}/export`)).json.answers;
    expect(kept).toHaveLength(1);
    const statuses = outcomes.map((outcome) => (outcome === kept[0].outcome ? 200 : 409));
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  it('to what was not asked is refused', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    const answer = { question: 'nothing', outcome: 'first' };
    expect(failureOf(await server.post(`${ann}/answers`, answer))).toEqual(
      failed(400, 'invalid_option', 'question', /ask for one first/),
    );
  });
});

describe.each([chats, completions])('trimtab.profile of %s', (route) => {
  const asking = (extension: object, more = {}) => ({
    ...bodies[route],
    ...more,
    trimtab: extension,
  });

  /** A server with a profile that has weights: 2 of salt, −1 of sugar. */
  async function withWeights(service = new ProfiledService()) {
    const server = await listenWithProfiles({ service });
    await createAnn(server);
    await server.put(`${ann}/overrides`, { overrides: { salty: 2, sugary: -1 } });
    return { server, service, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }

  it('steers the answer, and is reported in it', async () => {
    await using setting = await withWeights();
    const { server, service } = setting;
    const { status, json } = await server.post(route, asking({ profile: 'ann' }));
    const steering = { rewards: { salt: 2 }, params: { drift: -0.75 } };
    expect(status).toBe(200);
    expect(service.requests[0]!.options).toMatchObject(steering);
    expect(json.trimtab).toEqual({ profile: { id: 'ann', ...steering } });
    const streamed = await server.post(route, asking({ profile: 'ann' }, { stream: true }));
    const chunks = events(streamed.text).slice(0, -1);
    for (const chunk of chunks) expect(JSON.parse(chunk).trimtab).toEqual(json.trimtab);
  });

  it('gives way to what the request says itself', async () => {
    await using setting = await withWeights();
    const { server, service } = setting;
    const own = { profile: 'ann', rewards: { salt: -1, sweet: 3 }, params: { drift: 1 } };
    expect((await server.post(route, asking({ ...own, klBudget: null }))).status).toBe(200);
    const { rewards, params, klBudget } = service.requests[0]!.options;
    expect({ rewards, params, klBudget }).toEqual({
      rewards: { salt: -1, sweet: 3 },
      params: { drift: 1 },
      klBudget: null,
    });
  });

  it('of one who has said nothing asks for nothing', async () => {
    const service = new ProfiledService();
    await using server = await listenWithProfiles({ service });
    await createAnn(server);
    const { json } = await server.post(route, asking({ profile: 'ann' }));
    await server.post(route, bodies[route]!);
    const [steered, plain] = service.requests.map(({ options }) => options);
    expect(steered).toEqual(plain);
    expect(json.trimtab).toEqual({ profile: { id: 'ann' } });
  });

  it('is not in an answer for nobody, whether the server keeps profiles or not', async () => {
    await using server = await listenWithProfiles();
    await using without = await listen({ service: new ProfiledService() });
    const shown = await Promise.all(
      [server, without].map(async (each) => {
        const { json } = await each.post(route, { ...bodies[route], seed: 1 });
        const { id: _, created: __, ...rest } = json;
        return rest as object;
      }),
    );
    expect(shown[0]).toEqual(shown[1]);
    expect(Object.keys(shown[0]!)).not.toContain('trimtab');
  });

  it('that is not there, or not this recipe’s, is refused', async () => {
    const store = await inMemory();
    await using server = await listenWithProfiles({ store });
    await createAnn(server);
    const param = 'trimtab.profile';
    for (const unknown of ['bea', '', 'é', '\0', '../ann', '__proto__']) {
      const answer = await server.post(route, asking({ profile: unknown }));
      expect(failureOf(answer)).toEqual(failed(404, 'profile_not_found', param));
    }
    const long = await server.post(route, asking({ profile: 'a'.repeat(129) }));
    expect(failureOf(long)).toEqual(failed(400, 'invalid_option', param));
    const alone = await server.post(route, asking({ profile: 'ann' }, { model: 'taste/other' }));
    expect(failureOf(alone)).toEqual(failed(400, 'invalid_option', param, /ask for taste/));
    const recipes = [{ ...tasteRecipe(), profile: null }];
    await using plain = await listenWithProfiles({ store, recipes });
    expect(failureOf(await plain.post(route, asking({ profile: 'ann' })))).toEqual(
      failed(400, 'invalid_option', param, /taste has no profiles/),
    );
    await using off = await listen({ service: new ProfiledService() });
    expect(failureOf(await off.post(route, asking({ profile: 'ann' })))).toEqual(
      failed(404, 'profiles_off', param),
    );
    await store[Symbol.asyncDispose]();
  });
});

const routes: [method: 'get' | 'post' | 'put' | 'delete', route: string, body?: object][] = [
  ['get', profiles],
  ['post', profiles, { id: 'bea', recipe: 'taste' }],
  ['post', `${profiles}/import`, { document: {} }],
  ['get', ann],
  ['delete', ann],
  ['post', `${ann}/reset`, {}],
  ['put', `${ann}/overrides`, { overrides: {} }],
  ['get', `${ann}/export`],
  ['get', `${ann}/questions`],
  ['post', `${ann}/answers`, { question: 'q', outcome: 'first' }],
];

function call(
  server: TestServer,
  [method, route, body]: (typeof routes)[number],
  headers: Record<string, string> = {},
): Promise<Answer> {
  if (method === 'get' || method === 'delete') return server[method](route, headers);
  return server[method](route, body, headers);
}

describe('fault 29: another user', () => {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  it('sees, changes and uses nothing of a profile', async () => {
    await using server = await listenWithProfiles({ keys: ['ann', 'bob'] });
    await server.post(profiles, { id: 'ann', recipe: 'taste' }, bearer('ann'));
    const before = (await server.get(`${ann}/export`, bearer('ann'))).json;
    expect((await server.get(profiles, bearer('bob'))).json.data).toEqual([]);
    for (const each of routes.filter(([, route]) => route.startsWith(ann))) {
      expect(failureOf(await call(server, each, bearer('bob')))).toEqual(
        failed(404, 'profile_not_found', null, /^There is no profile "ann"\.$/),
      );
    }
    const used = { ...bodies[chats], trimtab: { profile: 'ann' } };
    expect((await server.post(chats, used, bearer('bob'))).status).toBe(404);
    expect((await server.post(chats, used, bearer('ann'))).status).toBe(200);
    const theirs = await server.post(profiles, { id: 'ann', recipe: 'taste' }, bearer('bob'));
    expect(theirs.status).toBe(201);
    await server.delete(ann, bearer('bob'));
    const after = (await server.get(`${ann}/export`, bearer('ann'))).json;
    expect(after.profile).toEqual(before.profile);
    expect(JSON.stringify(after)).not.toContain('owner');
  });

  it.each(routes)('needs a key: %s %s', async (...route) => {
    await using server = await listenWithProfiles({ keys: ['k'] });
    for (const headers of [{}, bearer('wrong')]) {
      const answer = await call(server, route, headers);
      expect(failureOf(answer)).toEqual(failed(401, 'invalid_api_key', null));
    }
  });

  it('is the same one where there are no keys', async () => {
    await using server = await listenWithProfiles();
    await server.post(profiles, { id: 'ann', recipe: 'taste' }, bearer('anything'));
    expect((await server.get(ann)).status).toBe(200);
  });
});

it.each(routes)('a server that keeps none says so: %s %s', async (...route) => {
  await using server = await listen({ service: new ProfiledService() });
  const answer = await call(server, route);
  expect(failureOf(answer)).toEqual(failed(404, 'profiles_off', null, /keeps no profiles/));
  expect((await server.get('/health')).json).toEqual({ status: 'ok', profiles: 'off' });
});

describe('hostile', () => {
  it.each<[string, object, number, string | null]>([
    ['no recipe', { id: 'p' }, 400, 'recipe'],
    ['an unknown recipe', { recipe: 'test' }, 404, 'recipe'],
    ['a path', { recipe: 'taste', id: '../p' }, 400, 'id'],
    ['an empty id', { recipe: 'taste', id: '' }, 400, 'id'],
    ['a long id', { recipe: 'taste', id: 'a'.repeat(129) }, 400, 'id'],
    ['an empty name', { recipe: 'taste', name: '' }, 400, 'name'],
    ['a long name', { recipe: 'taste', name: 'a'.repeat(1e6) }, 400, 'name'],
    ['an owner', { recipe: 'taste', owner: 'root' }, 400, 'owner'],
  ])('new profiles with %s are refused', async (_, body, status, param) => {
    await using server = await listenWithProfiles();
    const answer = failureOf(await server.post(profiles, body));
    expect([answer.status, answer.param]).toEqual([status, param]);
    expect(answer.message.length).toBeLessThan(600);
    expect((await server.get(profiles)).json.data).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['of no attribute', { spicy: 1 }, 'overrides.spicy'],
    ['beyond the largest', { salty: largestOverride + 1 }, 'overrides.salty'],
    ['that is no number', { salty: '1' }, 'overrides.salty'],
    ['in a list', [1], 'overrides'],
  ])('an override %s is refused', async (_, overrides, param) => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    expect(failureOf(await server.put(`${ann}/overrides`, { overrides }))).toEqual(
      failed(400, 'invalid_option', param),
    );
  });

  it('documents are refused by their place, and leave nothing', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    await server.post(`${ann}/answers`, {
      question: (await nextQuestion(server)).id,
      outcome: 'first',
    });
    const document = (await server.get(`${ann}/export`)).json;
    const [answer] = document.answers;
    const deep = 'one list in another, fifty thousand times';
    const nested = '['.repeat(50_000) + ']'.repeat(50_000);
    for (const [change, place] of [
      [{ profile: { ...document.profile, overrides: { salty: 1e9 } } }, /overrides\.salty/],
      [{ profile: { ...document.profile, basis: 'other' } }, /is not here/],
      [{ profile: { ...document.profile, x: deep } }, /document\.profile/],
      [{ answers: [{ ...answer, features: [1e300, 0] }] }, /difference/],
      [{ answers: [{ ...answer, features: Array(65).fill(0) }] }, /answers\.0\.features/],
      [{ answers: [answer, answer] }, /answers\[1\]/],
      [{ answers: Array(501).fill(answer) }, /has 501 answers, .* 500/],
      [
        { answers: [{ ...answer, first: 'a'.repeat(2 ** 21) }] },
        /characters, and may have 2097152/,
      ],
      [{ answers: [{ ...answer, id: '../a' }] }, /answers\[0\]\.id/],
      [{ answers: deep }, /answers\.0/],
      [{ version: 2 }, /version/],
    ] as const) {
      const given = { document: { ...document, ...change }, id: 'bea' };
      const text = JSON.stringify(given).replace(JSON.stringify(deep), nested);
      const { status, json } = await server.post(`${profiles}/import`, text);
      expect([status, json.error.message]).toEqual([400, expect.stringMatching(place)]);
    }
    const invalidId = await server.post(`${profiles}/import`, { document, id: 'a b' });
    expect(failureOf(invalidId)).toEqual(failed(400, 'invalid_option', 'id'));
    expect((await server.get(profiles)).json.data).toHaveLength(1);
  });

  it('bodies and ids of any kind are answered or refused, in shape', async () => {
    await using server = await listenWithProfiles();
    await createAnn(server);
    const word = fc.oneof(
      fc.constantFrom(
        'ann',
        'import',
        'reset',
        '..',
        '%00',
        '%2F',
        '%',
        '__proto__',
        '%F0%9F%98%80',
      ),
      fc.string({ maxLength: 20 }).map(encodeURIComponent),
      fc.constant('a'.repeat(10_000)),
    );
    const end = fc.constantFrom('', '/questions', '/answers', '/overrides', '/export', '/reset');
    const field = fc.constantFrom(
      'id',
      'recipe',
      'name',
      'overrides',
      'question',
      'outcome',
      'document',
      'x',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>('taste', 'ann', 'first', { salty: 1 }, { profile: {}, answers: [] }),
    );
    const method = fc.constantFrom('get' as const, 'post' as const, 'put' as const);
    await fc.assert(
      fc.asyncProperty(method, word, end, fc.dictionary(field, value), async (...given) => {
        const [verb, id, rest, body] = given;
        const { status, json } = await call(server, [verb, `${profiles}/${id}${rest}`, body]);
        return status < 400 || (status < 500 && typeof json.error.message === 'string');
      }),
      { numRuns: 300 },
    );
    expect((await server.get(profiles)).status).toBe(200);
  });
});

describe('limits', () => {
  it('an owner has so many profiles, however they come, and others have theirs', async () => {
    const keys = ['k', 'l'];
    const key = { authorization: 'Bearer k' };
    await using server = await listenWithProfiles({ keys, limits: { profiles: 5 } });
    await server.post(profiles, { id: 'ann', recipe: 'taste' }, key);
    const document = (await server.get(`${ann}/export`, key)).json;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? server.post(profiles, { recipe: 'taste' }, key)
          : server.post(`${profiles}/import`, { document, id: `imported-${i}` }, key),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
    const refused = answers.find(({ status }) => status !== 201)!;
    expect(failureOf(refused)).toEqual(
      failed(409, 'limit_reached', null, /5 profiles, and one owner may have 5: delete one/),
    );
    const other = { authorization: 'Bearer l' };
    expect((await server.post(profiles, { recipe: 'taste' }, other)).status).toBe(201);
    await server.delete(ann, key);
    expect((await server.post(profiles, { recipe: 'taste' }, key)).status).toBe(201);
  });

  it('a profile has so many answers, also over resets', async () => {
    await using server = await listenWithProfiles({ limits: { answers: 12 } });
    await createAnn(server);
    let last: Json;
    for (let count = 0; count < 12; count++) {
      last = { question: (await nextQuestion(server)).id, outcome: 'neither' };
      expect((await server.post(`${ann}/answers`, last)).status).toBe(200);
      if (count % 4 === 3) await server.post(`${ann}/reset`, {});
    }
    const answer = { question: (await nextQuestion(server)).id, outcome: 'first' };
    expect(failureOf(await server.post(`${ann}/answers`, answer))).toEqual(
      failed(409, 'limit_reached', null, /had 12 answers, .*delete it, and begin a new one/),
    );
    expect((await server.post(`${ann}/answers`, last)).status).toBe(200);
    expect((await server.get(`${ann}/export`)).json.answers).toHaveLength(12);
  });
});

/** A store that fails with what `failure` gives: calls that write, or all of them. */
function failing(
  store: ProfileStore,
  failure: () => { error: StoreError; ofReads: boolean } | undefined,
): ProfileStore {
  return new Proxy(store, {
    get(target, name: keyof ProfileStore) {
      const method = target[name] as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        const isWrite = /^(create|delete|append|set|reset|add|import|put)/.test(String(name));
        const due = failure();
        if (due && (isWrite || due.ofReads)) return Promise.reject(due.error);
        return method.apply(target, given);
      };
    },
  });
}

describe('fault 36: a disk', () => {
  it.each(['full', 'read-only'] as const)(
    'that is %s fails what writes with 507, until it is mended; all else goes on',
    async (reason) => {
      const error = new StoreError(reason, 'The disk of the test: free some space.');
      let failure: { error: StoreError; ofReads: boolean } | undefined;
      const store = failing(await inMemory(), () => failure);
      await using server = await listenWithProfiles({ store });
      await createAnn(server);
      const question = await nextQuestion(server);
      const before = (await server.get(`${ann}/export`)).json;
      failure = { error, ofReads: false };
      const answer = { question: question.id, outcome: 'first' };
      for (const attempt of [
        server.post(profiles, { recipe: 'taste' }),
        server.post(`${ann}/answers`, answer),
        server.post(`${ann}/reset`, {}),
        server.put(`${ann}/overrides`, { overrides: {} }),
        server.delete(ann),
      ]) {
        const refused = await attempt;
        expect(failureOf(refused)).toEqual(failed(507, 'storage_failed', null, /free some space/));
        expect(refused.headers.get('x-should-retry')).toBe('false');
      }
      expect((await server.get(ann)).status).toBe(200);
      expect((await server.post(chats, bodies[chats])).status).toBe(200);
      const used = { ...bodies[chats], trimtab: { profile: 'ann' } };
      expect((await server.post(chats, used)).status).toBe(200);
      failure = { error, ofReads: true };
      expect((await server.post(chats, used)).status).toBe(507);
      expect((await server.post(chats, bodies[chats])).status).toBe(200);
      failure = undefined;
      expect((await server.get(`${ann}/export`)).json.profile).toEqual(before.profile);
      expect((await server.post(`${ann}/answers`, answer)).json.answers).toBe(1);
      await store[Symbol.asyncDispose]();
    },
  );

  it('whose store cannot be opened does not keep the server from the rest', async () => {
    let isBroken = true;
    const openStore = () =>
      isBroken ? Promise.reject(new StoreError('locked', 'Another uses it: end it.')) : inMemory();
    await using server = await listenWithProfiles({ openStore });
    const health = async () => (await server.get('/health')).json as object;
    expect(await health()).toEqual({ status: 'ok', profiles: 'closed' });
    expect(failureOf(await createAnn(server))).toEqual(
      failed(507, 'storage_failed', null, /Another uses it/),
    );
    expect(await health()).toEqual({ status: 'ok', profiles: 'failed' });
    expect((await server.post(chats, bodies[chats])).status).toBe(200);
    isBroken = false;
    expect((await createAnn(server)).status).toBe(201);
    expect(await health()).toEqual({ status: 'ok', profiles: 'open' });
  });
});

describe('a question that is waited for', () => {
  /** Never answers, until it is stopped. */
  const stuck = () =>
    new TasteService(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal!.addEventListener('abort', () => reject(signal!.reason as Error), { once: true });
        }),
    );

  it('is given up when the client leaves', async () => {
    const service = new ProfiledService(stuck());
    const serverLimits = { requests: 1 };
    await using server = await listenWithProfiles({ service, serverLimits });
    await createAnn(server);
    const sent = request(`${server.url}${ann}/questions`);
    sent.on('error', () => {});
    sent.end();
    await until(async () => (await server.get(profiles)).status === 429);
    sent.destroy();
    await until(async () => (await server.get(profiles)).status === 200);
    expect((await server.post(chats, bodies[chats])).status).toBe(200);
  });

  it('is answered with an error when the server closes, and nothing is left running', async () => {
    const service = new ProfiledService(stuck());
    const server = await listenWithProfiles({ service, serverLimits: { drainMs: 50 } });
    await createAnn(server);
    const waiting = server.get(`${ann}/questions`);
    const isWaiting = async () => /in_flight 1$/m.test((await server.get('/metrics')).text);
    await until(isWaiting);
    await server[Symbol.asyncDispose]();
    expect(failureOf(await waiting)).toEqual(failed(503, 'server_stopping', null));
    expect(service.taste.requests.every(({ signal }) => signal!.aborted)).toBe(true);
  });

  it('fails with what the recipe fails with', async () => {
    const taste = new TasteService(async () => ({ rewards: { salt: 1e6, sweet: 0 } }));
    await using server = await listenWithProfiles({ service: new ProfiledService(taste) });
    await createAnn(server);
    expect(failureOf(await server.get(`${ann}/questions`))).toEqual(
      failed(500, 'reward_failed', null, /normalization/),
    );
    expect((await server.post(chats, bodies[chats])).status).toBe(200);
  });
});

describe('fault 47: adversarial answers', () => {
  const users: [string, (i: number, features: readonly number[]) => string][] = [
    ['always the first', () => 'first'],
    ['always the saltier', (_, [salt]) => (salt! > 0 ? 'first' : 'second')],
    ['anything', (i) => ['first', 'second', 'tie', 'neither'][(i * 7919) % 4]!],
    ['one and the contrary', (i) => (i % 2 === 0 ? 'first' : 'second')],
  ];

  /** Those of answers that differ as much as answers do, and of some that hardly can. */
  const featuresOf = (i: number): number[] =>
    i % 100 === 0 ? [1000, -1000] : [2 * Math.sin(i * i), 2 * Math.cos(3 * i * i)];

  it.each(users)('ten thousand of %s leave a finite profile', async (name, outcomeOf) => {
    const store = await inMemory();
    const limits = { answers: 20_000 };
    await using server = await listenWithProfiles({ store, limits, preparesAhead: false });
    await createAnn(server);
    const document = (await server.get(`${ann}/export`)).json;
    const texts = { prompt: 'soup', first: ' soup: 1 1', second: ' soup: 0 0' };
    // A pair and its contrary are one question, shown twice.
    const isContrary = name === 'one and the contrary';
    const answers = Array.from({ length: 9999 }, (_, i) => {
      const features = featuresOf(isContrary ? Math.floor(i / 2) : i);
      const answer = { ...texts, features, outcome: outcomeOf(i, features) };
      return {
        id: `a${i}`,
        sequence: i + 1,
        questionId: null,
        answeredAt: i,
        counts: true,
        ...answer,
      };
    });
    const given = { document: { ...document, answers }, id: 'bea' };
    expect((await server.post(`${profiles}/import`, given)).status).toBe(201);
    const last = { id: 'last', ...texts, features: featuresOf(9999) };
    await store.addQuestions('local', 'bea', [last]);
    const startedAt = performance.now();
    const { status, json } = await server.post(`${profiles}/bea/answers`, {
      question: 'last',
      outcome: 'second',
    });
    console.log(`${name}: answer 10,000 took ${Math.round(performance.now() - startedAt)} ms.`);
    expect([status, json.answers]).toEqual([200, 10_000]);
    for (const { mean, sd, interval, weight } of json.attributes) {
      for (const value of [mean, sd, ...interval, weight]) expect(value).toBeTypeOf('number');
      expect(sd).toBeGreaterThan(0);
      expect(interval[1] - interval[0]).toBeGreaterThan(0);
    }
    const used = { ...bodies[chats], trimtab: { profile: 'bea' } };
    expect((await server.post(chats, used)).status).toBe(200);
    const reset = await server.post(`${profiles}/bea/reset`, {});
    expect(reset.json.attributes).toMatchObject([
      { mean: 0, sd: 1, weight: 0 },
      { mean: 0, sd: 1, weight: 0 },
    ]);
    await store[Symbol.asyncDispose]();
  });

  it.each(['first', 'second', 'tie', 'neither'])(
    'an interview of nothing but %s ends, unsure',
    async (outcome) => {
      await using server = await listenWithProfiles();
      await createAnn(server);
      const asked = await interview(server, () => outcome);
      expect(asked.length).toBeLessThanOrEqual(20);
      const { attributes } = (await server.get(ann)).json;
      for (const { sd, mean } of attributes) {
        expect(sd).toBeGreaterThan(0.1);
        expect(Math.abs(mean as number)).toBeLessThan(3);
      }
    },
  );
});

it('/openapi.json has every route of profiles, with the methods they take', async () => {
  await using server = await listenWithProfiles();
  const { paths } = (await server.get('/openapi.json')).json;
  const described = Object.entries(paths as object).flatMap(([route, methods]) =>
    route.startsWith(profiles)
      ? Object.keys(methods as object).map((each) => `${each} ${route}`)
      : [],
  );
  const known = routes.map(([method, route]) => `${method} ${route.replace('/ann', '/{id}')}`);
  expect(described.toSorted()).toEqual(known.toSorted());
});
