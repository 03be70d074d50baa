import { request } from 'node:http';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { largestOverride } from '../../profiles/index.ts';
import { StoreError } from '../../spec/index.ts';
import type { ProfileStore } from '../../store/index.ts';
import { runs } from '../../../test/support/runs.ts';
import { TasteService } from '../../../test/support/taste-service.ts';
import {
  ann,
  bodies,
  call,
  chats,
  failed,
  failureOf,
  isInWork,
  nextQuestion,
  profiles,
} from '../../../test/support/server/profile-routes.ts';
import { ProfiledService } from '../../../test/support/server/profiled-service.ts';
import {
  createAnn,
  inMemory,
  interview,
  listenWithProfiles,
} from '../../../test/support/server/serve-profiles.ts';
import type { Json } from '../../../test/support/server/serve.ts';
import { until } from '../../../test/support/until.ts';

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

  it('documents are refused by their place, and leave nothing', { tags: ['slow'] }, async () => {
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
      [{ profile: { ...document.profile, x: deep } }, /document nests deeper than 320/],
      [{ answers: [{ ...answer, features: [1e300, 0] }] }, /difference/],
      [{ answers: [{ ...answer, features: Array(65).fill(0) }] }, /answers\.0\.features/],
      [{ answers: [answer, answer] }, /answers\[1\]/],
      [{ answers: Array(501).fill(answer) }, /has 501 answers, .* 500/],
      [
        { answers: [{ ...answer, first: 'a'.repeat(2 ** 21) }] },
        /characters, and may have 2097152/,
      ],
      [{ answers: [{ ...answer, id: '../a' }] }, /answers\[0\]\.id/],
      [{ answers: deep }, /document nests deeper than 320/],
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

  it(
    'bodies and ids of any kind are answered or refused, in shape',
    { tags: ['slow'] },
    async () => {
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
        fc.constantFrom<unknown>(
          'taste',
          'ann',
          'first',
          { salty: 1 },
          { profile: {}, answers: [] },
        ),
      );
      const method = fc.constantFrom('get' as const, 'post' as const, 'put' as const);
      await fc.assert(
        fc.asyncProperty(method, word, end, fc.dictionary(field, value), async (...given) => {
          const [verb, id, rest, body] = given;
          const { status, json } = await call(server, [verb, `${profiles}/${id}${rest}`, body]);
          return status < 400 || (status < 500 && typeof json.error.message === 'string');
        }),
        { numRuns: runs(300) },
      );
      expect((await server.get(profiles)).status).toBe(200);
    },
  );
});

describe('limits', () => {
  it(
    'an owner has so many profiles, however they come, and others have theirs',
    { tags: ['slow'] },
    async () => {
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
    },
  );

  it('a profile has so many answers, also over resets', { tags: ['slow'] }, async () => {
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
    expect(await health()).toEqual({ status: 'ok', profiles: 'closed', batches: 'off' });
    expect(failureOf(await createAnn(server))).toEqual(
      failed(507, 'storage_failed', null, /Another uses it/),
    );
    expect(await health()).toEqual({ status: 'ok', profiles: 'failed', batches: 'off' });
    expect((await server.post(chats, bodies[chats])).status).toBe(200);
    isBroken = false;
    expect((await createAnn(server)).status).toBe(201);
    expect(await health()).toEqual({ status: 'ok', profiles: 'open', batches: 'off' });
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

  it('comes as soon as there is one, while others are prepared', async () => {
    const taste: TasteService = new TasteService(({ signal }) =>
      taste.requests.length <= 2
        ? Promise.resolve({})
        : new Promise((_, reject) => {
            signal!.addEventListener('abort', () => reject(signal!.reason as Error));
          }),
    );
    await using server = await listenWithProfiles({ service: new ProfiledService(taste) });
    await createAnn(server);
    expect(await nextQuestion(server)).toMatchObject({ number: 1 });
  });

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
    await until(() => isInWork(server));
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

  it.each(users)(
    'ten thousand of %s leave a finite profile',
    { tags: ['slow'] },
    async (name, outcomeOf) => {
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
    },
  );

  it.each(['first', 'second', 'tie', 'neither'])(
    'an interview of nothing but %s ends, unsure',
    { tags: ['slow'] },
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
