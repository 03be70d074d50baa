import { describe, expect, it } from 'vitest';

import { tasteOf, tasteRecipe } from '../../../test/support/taste-service.ts';
import {
  ann,
  bodies,
  call,
  chats,
  completions,
  failed,
  failureOf,
  nextQuestion,
  profiles,
  routes,
} from '../../../test/support/server/profile-routes.ts';
import { ProfiledService } from '../../../test/support/server/profiled-service.ts';
import {
  createAnn,
  inMemory,
  interview,
  listenWithProfiles,
} from '../../../test/support/server/serve-profiles.ts';
import { events, listen, type Json } from '../../../test/support/server/serve.ts';

/** Likes salt. */
const saltier = ({ first, second }: Json) =>
  tasteOf(first as string)[0]! > tasteOf(second as string)[0]! ? 'first' : 'second';

describe('a profile', () => {
  it('is made, interviewed, corrected, begun anew, and forgotten', { tags: ['slow'] }, async () => {
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

  it('is carried to another server by its document', { tags: ['slow'] }, async () => {
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

describe('fault 29: another user', () => {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  it('sees, changes and uses nothing of a profile', { tags: ['slow'] }, async () => {
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
  expect((await server.get('/health')).json).toEqual({
    status: 'ok',
    profiles: 'off',
    batches: 'off',
  });
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
