import { describe, expect, it } from 'vitest';

import {
  ConstraintError,
  EmptySupportError,
  InvalidOptionError,
  RewardError,
} from '../../spec/index.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import { events, listen, question } from '../../../test/support/server/serve.ts';

const chats = '/v1/chat/completions';
const completions = '/v1/completions';

const bodies: Record<string, object> = {
  [chats]: { model: 'fake', messages: question },
  [completions]: { model: 'fake', prompt: 'Mada' },
};

async function ask(service: FakeService, route: string, body: object) {
  await using server = await listen({ service });
  return await server.post(route, { ...bodies[route], ...body });
}

function failing(failure: Error): FakeService {
  return new FakeService({ next: () => Promise.reject(failure) });
}

describe.each([chats, completions])('trimtab of %s', (route) => {
  it('reaches the engine as it is', async () => {
    const service = new FakeService();
    const extension = {
      params: { alpha: 1 },
      rewards: { brief: -2, polite: 0 },
      guidance: { method: 'segments', beta: 0.5, maxTries: 3 },
      reportRewards: ['polite'],
      klBudget: { perToken: 0.1 },
      trace: true,
    };
    await ask(service, route, { trimtab: { ...extension, profile: null } });
    const { maxTokens: _, ...options } = service.requests[0]!.options;
    expect(options).toEqual(extension);
  });

  it('lifts the budget with null, and says nothing where it is empty', async () => {
    const service = new FakeService();
    await using server = await listen({ service });
    await server.post(route, { ...bodies[route], trimtab: { klBudget: null } });
    await server.post(route, { ...bodies[route], trimtab: {} });
    expect(service.requests[0]!.options.klBudget).toBeNull();
    expect('klBudget' in service.requests[1]!.options).toBe(false);
  });

  it.each([
    [{ rewards: { brief: '1' } }, 'trimtab.rewards.brief'],
    [{ rewards: [] }, 'trimtab.rewards'],
    [{ guidance: {} }, 'trimtab.guidance.method'],
    [{ guidance: { method: 'best' } }, 'trimtab.guidance.method'],
    [{ guidance: { method: 'args', candidate: 1 } }, 'trimtab.guidance.candidate'],
    [{ guidance: { method: 'args', candidates: [[]] } }, 'trimtab.guidance.candidates'],
    [{ reportRewards: 'brief' }, 'trimtab.reportRewards'],
    [{ reportRewards: Array.from({ length: 65 }, () => 'a') }, 'trimtab.reportRewards'],
    [{ klBudget: 1 }, 'trimtab.klBudget'],
    [{ klBudget: { perTokens: 1 } }, 'trimtab.klBudget.perTokens'],
  ])('refuses %j', async (trimtab, param) => {
    const { status, json } = await ask(new FakeService(), route, { trimtab });
    expect([status, json.error.param]).toEqual([400, param]);
  });

  it('is named in what the engine refuses', async () => {
    for (const [option, message, param] of [
      ['rewards.brif', 'rewards.brif is none of them.', 'trimtab.rewards.brif'],
      ['guidance.candidates', 'guidance.candidates must be more.', 'trimtab.guidance.candidates'],
      ['klBudget.perToken', 'klBudget.perToken must be more.', 'trimtab.klBudget.perToken'],
      ['reportRewards', 'There is no reward `a`.', 'trimtab.reportRewards'],
    ] as const) {
      const error = new InvalidOptionError(option, message);
      const { status, json } = await ask(failing(error), route, {});
      expect([status, json.error.param]).toEqual([400, param]);
      expect(json.error.message).toBe(message.replace(option, param));
    }
  });

  it('of an answer has the values of its rewards and its divergence', async () => {
    const result = { rewards: { brief: 0.5, polite: -3 }, kl: 1.25 };
    const { json } = await ask(new FakeService({ result }), route, {});
    expect(json.choices[0].trimtab).toEqual(result);
    const { text } = await ask(new FakeService({ result }), route, { stream: true });
    const choices = events(text)
      .slice(0, -1)
      .map((each) => JSON.parse(each).choices[0]);
    expect(choices.map(({ trimtab }) => trimtab as unknown)).toEqual([
      ...choices.slice(1).map(() => undefined),
      result,
    ]);
    expect(choices.at(-1).finish_reason).toBe('stop');
    const plain = await ask(new FakeService(), route, {});
    expect('trimtab' in plain.json.choices[0]).toBe(false);
  });
});

describe('constraints', () => {
  const schema = { type: 'object' };

  it.each([chats, completions])('of %s reach the engine', async (route) => {
    const service = new FakeService();
    await using server = await listen({ service });
    const post = (body: object) => server.post(route, { ...bodies[route], ...body });
    await post({ response_format: { type: 'json_schema', json_schema: { name: 'a', schema } } });
    await post({ grammar: 'root ::= "a"' });
    await post({ response_format: { type: 'text' } });
    await post({});
    expect(service.requests.map(({ options }) => options.constraint)).toEqual([
      { jsonSchema: schema },
      { grammar: 'root ::= "a"' },
      null,
      undefined,
    ]);
    expect('constraint' in service.requests[3]!.options).toBe(false);
  });

  it('that fail name the place', async () => {
    const error = new ConstraintError('#/properties/a', 'Not supported.');
    const format = { type: 'json_schema', json_schema: { schema } };
    for (const stream of [false, true]) {
      const { status, json } = await ask(failing(error), chats, {
        response_format: format,
        stream,
      });
      expect([status, json.error]).toEqual([
        400,
        {
          message: 'Not supported.',
          type: 'invalid_request_error',
          param: 'response_format.json_schema.schema/properties/a',
          code: 'invalid_constraint',
        },
      ]);
    }
  });

  it('of a recipe that fail have no param', async () => {
    const { status, json } = await ask(failing(new ConstraintError('', 'Too large.')), chats, {});
    expect([status, json.error.param, json.error.code]).toEqual([400, null, 'invalid_constraint']);
  });

  it('that leave no token are the request’s fault, not the server’s', async () => {
    const { status, json, headers } = await ask(failing(new EmptySupportError('None.')), chats, {});
    expect([status, json.error.code]).toEqual([422, 'empty_support']);
    expect(headers.has('x-should-retry')).toBe(false);
  });
});

it('a reward that fails is the server’s fault, and another try is not asked for', async () => {
  const error = new RewardError('brief', 'The reward brief threw.');
  const { status, json, headers } = await ask(failing(error), chats, {});
  expect([status, json.error.code, json.error.type]).toEqual([
    500,
    'reward_failed',
    'server_error',
  ]);
  expect(json.error.message).toBe('The reward brief threw.');
  expect(headers.get('x-should-retry')).toBe('false');
});

it('/v1/recipes shows rewards, guidance, budget and constraint', async () => {
  const recipe = {
    rewards: { brief: { kind: 'length', weight: 2 } },
    guidance: { method: 'rad', candidates: 5 },
    klBudget: { perAnswer: 3 },
    constraint: { choice: ['a', 'b'] },
  } as const;
  await using server = await listen({ service: new FakeService({ recipe }) });
  const { json } = await server.get('/v1/recipes');
  expect(json.data[0]).toMatchObject(recipe);
});
