import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeChild } from '../../../test/support/fake-child.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { fakeTimers } from '../../../test/support/fake-timers.ts';
import {
  DisposedError,
  EngineUnavailableError,
  ModelNotFoundError,
  QueueFullError,
  type EngineStats,
  type ServedRecipe,
} from '../../spec/index.ts';
import { createSupervisedService } from './create-supervised-service.ts';
import type { EngineAnswer } from './protocol.ts';
import type { Supervision } from './supervision.ts';

vi.mock(import('./engine-child.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const fake = await import('../../../test/support/fake-child.ts');
  return { ...original, EngineChild: fake.FakeChild as unknown as typeof original.EngineChild };
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error as Error,
  );

const children = FakeChild.started;
const nextChild = () =>
  new Promise<FakeChild>((resolve) => {
    FakeChild.onStart = resolve;
  });
beforeEach(() => void children.splice(0));

const stats: EngineStats = {
  running: 1,
  queued: 2,
  decodes: 3,
  decodedTokens: 4,
  promptTokens: 5,
  cachedPromptTokens: 6,
  kvCellsUsed: 7,
  kvCells: 8,
  threads: 1,
  mostThreads: 1,
  residentBytes: 9,
};

async function create(supervision: Partial<Supervision> = {}) {
  const timers = fakeTimers();
  const child = nextChild();
  const starting = createSupervisedService({
    recipes: [fakeRecipe({ name: 'first' }), fakeRecipe({ name: 'second' })],
    idleUnloadMs: 5,
    engineOptions: { maxQueue: 7 },
    startTimer: timers.startTimer,
    supervision: { minLoadPauseMs: 4000, minRestartDelayMs: 100, ...supervision },
  });
  (await child).say({ kind: 'ready' });
  const service = await starting;
  /** The last process dies, and the next one is ready. */
  const crash = async (): Promise<void> => {
    children.at(-1)!.end();
    await turn();
    timers.advance(3000);
    children.at(-1)!.say({ kind: 'ready' });
  };
  const requests = () => children.at(-1)!.heard.filter((message) => message.kind === 'request');
  const answer = (given: Partial<EngineAnswer>): void => {
    const { id } = requests().at(-1)!;
    children.at(-1)!.say({ kind: 'result', isRead: false, id, ...given } as EngineAnswer);
  };
  return { service, timers, crash, requests, answer };
}

/** What the process says of its recipes. */
function say(...states: ServedRecipe['state'][]): void {
  const recipes = states.map((state, i) => ({ name: ['first', 'second'][i]!, state }));
  children.at(-1)!.say({ kind: 'status', stats, recipes: recipes as ServedRecipe[] });
}

describe('what a supervised service asks of its process', () => {
  it('is to serve its recipes, as it was told to', async () => {
    await create();
    expect(children[0]!.options.start).toMatchObject({
      kind: 'start',
      options: { engineOptions: { maxQueue: 7 }, idleUnloadMs: 5 },
      statusMs: 500,
    });
    expect(children[0]!.options.start.recipes.map(({ name }) => name)).toEqual(['first', 'second']);
  });

  it('is each of its methods, without the signal', async () => {
    const { service, answer, requests } = await create();
    const { signal } = new AbortController();
    const request = { recipe: 'first', prompt: 'hi', owner: 'o', request: 'r' };
    const options = { addSpecial: true, parseSpecial: false };
    const asked: [Promise<unknown>, object][] = [];
    const ask = async (call: () => Promise<unknown>, sent: object): Promise<void> => {
      const result = call();
      await turn();
      answer({ value: asked.length });
      asked.push([result, sent]);
    };
    await ask(() => service.load('first', signal), { method: 'load', recipe: 'first' });
    await ask(() => service.unload('second'), { method: 'unload', recipe: 'second' });
    await ask(() => service.stream({ ...request, options: { maxTokens: 3 }, signal }).result, {
      method: 'stream',
      request: { ...request, options: { maxTokens: 3 } },
    });
    await ask(() => service.score({ ...request, continuation: 'yes', options: {}, signal }), {
      method: 'score',
      request: { ...request, continuation: 'yes', options: {} },
    });
    await ask(() => service.tokenize('first', 'text', options), {
      method: 'tokenize',
      recipe: 'first',
      text: 'text',
      options,
    });
    await ask(() => service.detokenize('first', [1, 2], { only: 'base' }), {
      method: 'detokenize',
      recipe: 'first',
      tokens: [1, 2],
      options: { only: 'base' },
    });
    expect(requests().map(({ call }) => call)).toEqual(asked.map(([, call]) => call));
    const results = await Promise.all(asked.map(([result]) => result));
    expect(results).toEqual([0, undefined, 2, 3, 4, 5]);
  });

  it('is never a recipe that it does not serve', async () => {
    const { service, requests } = await create();
    const error = await errorOf(service.load('frist'));
    expect(error).toBeInstanceOf(ModelNotFoundError);
    expect(error.message).toContain('Did you mean `first`?');
    expect(requests()).toEqual([]);
  });

  it('is so much at once and no more', async () => {
    const { service, answer } = await create({ maxRequests: 2 });
    const open = [service.load('first'), service.load('second')];
    await turn();
    const error = await errorOf(service.load('first'));
    expect(error).toBeInstanceOf(QueueFullError);
    expect(error.message).toContain('2 requests are open and the service takes 2');
    answer({ value: 'second' });
    expect(await open[1]).toBe('second');
    void service.load('first').catch(() => {}); // one of them is answered: there is room
    await turn();
    expect(children[0]!.heard.filter(({ kind }) => kind === 'request')).toHaveLength(3);
  });
});

describe('what a supervised service reports', () => {
  it('is what its process said last, and nothing of one that has gone', async () => {
    const { service, crash } = await create();
    say('ready', 'unloaded');
    expect(service.status).toEqual({ state: 'ready', enginePid: 1001, restarts: 0, stats });
    expect(service.recipes().map(({ state }) => state)).toEqual(['ready', 'unloaded']);
    children[0]!.end();
    await turn();
    expect(service.status).toMatchObject({
      state: 'restarting',
      enginePid: null,
      stats: { running: 0, kvCells: 0, residentBytes: 0 },
    });
    expect(service.recipes().map(({ name, state }) => [name, state])).toEqual([
      ['first', 'unloaded'],
      ['second', 'unloaded'],
    ]);
    await crash();
    expect(service.status).toMatchObject({ state: 'ready', restarts: 1, enginePid: 1002 });
  });

  it('keeps what is known of its recipes through signs of life', async () => {
    const { service } = await create();
    say('ready', 'failed');
    children[0]!.say({ kind: 'status', stats: { ...stats, running: 9 } });
    expect(service.status.stats.running).toBe(9);
    expect(service.recipes().map(({ state }) => state)).toEqual(['ready', 'failed']);
  });
});

describe('a recipe whose loads end the process', () => {
  it('is refused from the second on, for a while, and reported as failed', async () => {
    const { service, timers, crash, requests } = await create();
    for (let i = 0; i < 2; i++) {
      say('ready', 'loading');
      await crash();
    }
    say('unloaded', 'unloaded');
    expect(service.recipes().map(({ state }) => state)).toEqual(['unloaded', 'failed']);
    const error = await errorOf(service.load('second'));
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect(error.message).toContain('died 2 times in a row while it loaded second');
    expect(requests()).toEqual([]);
    void service.load('first').catch(() => {}); // was loaded already, and is not to blame
    await turn();
    expect(requests()).toHaveLength(1);
    timers.advance(4000);
    void service.load('second').catch(() => {});
    await turn();
    expect(requests()).toHaveLength(2);
  });

  it('is tried again at once when it is unloaded', async () => {
    const { service, crash, requests } = await create();
    for (let i = 0; i < 2; i++) {
      say('unloaded', 'loading');
      await crash();
    }
    say('unloaded', 'unloaded');
    void service.unload('second').catch(() => {});
    void service.load('second').catch(() => {});
    await turn();
    expect(requests()).toHaveLength(2);
  });

  it('is forgiven once it has loaded', async () => {
    const { service, crash } = await create();
    say('unloaded', 'loading');
    await crash();
    say('unloaded', 'ready');
    say('unloaded', 'loading');
    await crash();
    say('unloaded', 'unloaded');
    expect(service.recipes().map(({ state }) => state)).toEqual(['unloaded', 'unloaded']);
  });
});

describe('disposing of a supervised service', () => {
  it('ends what is asked, takes no more, and can be repeated', async () => {
    const { service, timers } = await create();
    const asked = errorOf(service.load('first'));
    await turn();
    const disposing = service[Symbol.asyncDispose]();
    const again = service[Symbol.asyncDispose]();
    expect(await asked).toBeInstanceOf(DisposedError);
    children[0]!.end('ended with exit code 0');
    await Promise.all([disposing, again]);
    expect(children[0]!.heard.filter(({ kind }) => kind === 'stop')).toHaveLength(1);
    expect(service.status).toMatchObject({ state: 'stopped', enginePid: null });
    expect(await errorOf(service.load('first'))).toBeInstanceOf(DisposedError);
    expect(timers.delays).toEqual([]);
  });

  it('calls off the time for which recipes are refused', async () => {
    const { service, timers, crash } = await create({ healthyMs: 1 });
    for (let i = 0; i < 2; i++) {
      say('unloaded', 'loading');
      await crash();
    }
    timers.advance(1);
    expect(timers.delays).toEqual([4000]);
    const disposing = service[Symbol.asyncDispose]();
    children.at(-1)!.end();
    await disposing;
    expect(timers.delays).toEqual([]);
  });
});

it('is not created where its process cannot be started', async () => {
  const child = nextChild();
  const creating = createSupervisedService({
    recipes: [fakeRecipe()],
    startTimer: fakeTimers().startTimer,
  });
  (await child).end('ended with exit code 9', ['bad option']);
  const error = await errorOf(creating);
  expect(error).toBeInstanceOf(EngineUnavailableError);
  expect(error.message).toContain('exit code 9. The engine cannot be started.');
});
