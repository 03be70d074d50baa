import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeChild } from '../../../test/support/fake-child.ts';
import { fakeTimers } from '../../../test/support/fake-timers.ts';
import { EngineUnavailableError } from '../../spec/index.ts';
import type { StatusMessage } from './protocol.ts';
import { supervisionDefaults, type Supervision } from './supervision.ts';
import { Supervisor } from './supervisor.ts';

vi.mock(import('./engine-child.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const fake = await import('../../../test/support/fake-child.ts');
  return { ...original, EngineChild: fake.FakeChild as unknown as typeof original.EngineChild };
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const errorOf = (promise: Promise<unknown>): Promise<EngineUnavailableError> =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error as EngineUnavailableError,
  );

const children = FakeChild.started;
beforeEach(() => void children.splice(0));

function create(given: Partial<Supervision> = {}) {
  const timers = fakeTimers();
  const statuses: StatusMessage[] = [];
  let losses = 0;
  const supervision = {
    ...supervisionDefaults,
    minRestartDelayMs: 100,
    maxRestartDelayMs: 800,
    healthyMs: 5000,
    restartWaitMs: 2000,
    stopMs: 3000,
    ...given,
  };
  const supervisor = new Supervisor({
    start: { kind: 'start', recipes: [], options: {}, statusMs: 50 },
    supervision,
    startTimer: timers.startTimer,
    onStatus: (message) => statuses.push(message),
    onLoss: () => losses++,
    onLog: () => {},
  });
  return { supervisor, timers, statuses, losses: () => losses };
}

/** Ends the child that runs, and lets the pause before the next one go by. */
async function crash(timers: ReturnType<typeof fakeTimers>, pauseMs: number): Promise<void> {
  children.at(-1)!.end();
  await turn();
  const before = children.length;
  timers.advance(pauseMs - 1);
  expect(children).toHaveLength(before);
  timers.advance(1);
  expect(children).toHaveLength(before + 1);
}

describe('the first start', () => {
  it('is over when the process says that it is ready', async () => {
    const { supervisor, timers } = create();
    const starting = supervisor.started();
    expect(timers.delays).toEqual([]); // however long it takes
    expect(supervisor).toMatchObject({ state: 'starting', restarts: 0, pid: 1001 });
    children[0]!.say({ kind: 'ready' });
    await starting;
    expect(supervisor.state).toBe('ready');
    expect(children[0]!.options).toMatchObject({ startMs: 60_000, hangMs: 20_000 });
  });

  it('has failed if the process ends before, and says its last words', async () => {
    const { supervisor } = create();
    const starting = errorOf(supervisor.started());
    children[0]!.end('ended with exit code 1', ['no memory']);
    const error = await starting;
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect(error.message).toBe(
      "The engine's process (pid 1001) ended with exit code 1. The engine cannot be started. Its last words: no memory",
    );
  });
});

describe('a process that ends', () => {
  it('fails what was asked of it, once, and is started again', async () => {
    const { supervisor, timers, losses } = create();
    children[0]!.say({ kind: 'ready' });
    const calls = await supervisor.connect(undefined);
    const asked = errorOf(calls.start({ method: 'load', recipe: 'a' }, undefined).result);
    children[0]!.end('crashed (SIGABRT)');
    const error = await asked;
    expect(error.message).toBe(
      "The engine's process (pid 1001) crashed (SIGABRT). It is started again: send the request again.",
    );
    expect(supervisor).toMatchObject({ state: 'restarting', restarts: 0, pid: null });
    expect(losses()).toBe(1);
    timers.advance(100);
    expect(supervisor).toMatchObject({ state: 'restarting', restarts: 1, pid: 1002 });
    children[1]!.say({ kind: 'ready' });
    expect(supervisor.state).toBe('ready');
    expect(await supervisor.connect(undefined)).not.toBe(calls);
  });

  it('is restarted ever later, up to a limit, and soon again after a healthy time', async () => {
    const { supervisor, timers } = create();
    for (const pauseMs of [100, 200, 400, 800, 800]) await crash(timers, pauseMs);
    children.at(-1)!.say({ kind: 'ready' });
    timers.advance(4999);
    await crash(timers, 800); // not yet healthy
    children.at(-1)!.say({ kind: 'ready' });
    timers.advance(5000);
    await crash(timers, 100);
    expect(supervisor.restarts).toBe(7);
  });

  it('is not taken for healthy by the timer of one that came before it', async () => {
    const { supervisor, timers } = create();
    children[0]!.say({ kind: 'ready' });
    await crash(timers, 100);
    timers.advance(5000); // it is not ready yet
    await crash(timers, 200);
    expect(supervisor.restarts).toBe(2);
  });

  it('is no longer spoken to as soon as its channel has closed', async () => {
    const { supervisor } = create();
    children[0]!.say({ kind: 'ready' });
    children[0]!.isOpen = false; // its end is not known yet
    expect(supervisor).toMatchObject({ state: 'restarting', pid: null });
    let isConnected = false;
    void supervisor.connect(undefined).then(() => (isConnected = true));
    await turn();
    expect(isConnected).toBe(false);
  });
});

describe('a request while none is ready', () => {
  it('waits for the next one', async () => {
    const { supervisor, timers } = create();
    const waiting = supervisor.connect(undefined);
    timers.advance(1999);
    children[0]!.say({ kind: 'ready' });
    expect(await waiting).toBe(await supervisor.connect(undefined));
    expect(timers.delays).toEqual([5000]); // its own timer has been called off
  });

  it('is refused after a while, with what happened last', async () => {
    const { supervisor, timers } = create({ minRestartDelayMs: 9999, maxRestartDelayMs: 9999 });
    const first = errorOf(supervisor.connect(undefined));
    timers.advance(2000);
    expect((await first).message).toBe('The engine has been starting for 2 s. Try again later.');
    expect('cause' in (await first)).toBe(false);
    children[0]!.end('crashed (SIGILL)');
    await turn();
    const second = errorOf(supervisor.connect(undefined));
    timers.advance(2000);
    expect(((await second).cause as Error).message).toContain('SIGILL');
  });

  it('can leave, and nothing is left of it', async () => {
    const { supervisor, timers } = create();
    const controller = new AbortController();
    const leaving = errorOf(supervisor.connect(controller.signal));
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await leaving).toBe(reason);
    expect(timers.delays).toEqual([]);
  });

  it('listens to its signal no longer than it waits', async () => {
    const { supervisor } = create();
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    const waiting = supervisor.connect(controller.signal);
    children[0]!.say({ kind: 'ready' });
    await waiting;
    expect(removed).toHaveBeenCalledWith('abort', expect.anything());
  });
});

describe('what a process says', () => {
  it('goes where it belongs', async () => {
    const { supervisor, statuses } = create();
    const status = { kind: 'status', stats: { running: 3 } } as unknown as StatusMessage;
    children[0]!.say(status);
    expect(statuses).toEqual([status]);
    children[0]!.say({ kind: 'ready' });
    const calls = await supervisor.connect(undefined);
    const { result } = calls.start({ method: 'load', recipe: 'a' }, undefined);
    children[0]!.say({ kind: 'result', id: 1, value: 'loaded', isRead: false });
    expect(await result).toBe('loaded');
  });

  it('never answers what another was asked', async () => {
    const { supervisor, timers } = create();
    children[0]!.say({ kind: 'ready' });
    children[0]!.end();
    await turn();
    timers.advance(100);
    children[1]!.say({ kind: 'ready' });
    const calls = await supervisor.connect(undefined);
    const { result } = calls.start({ method: 'load', recipe: 'a' }, undefined);
    children[0]!.say({ kind: 'result', id: 1, value: 'of the dead', isRead: false });
    children[1]!.say({ kind: 'result', id: 1, value: 'of the living', isRead: false });
    expect(await result).toBe('of the living');
  });
});

describe('stopping', () => {
  it('tells the process, ends what waits and runs with the reason, and starts none again', async () => {
    const { supervisor, timers, losses } = create();
    children[0]!.say({ kind: 'ready' });
    const calls = await supervisor.connect(undefined);
    const asked = errorOf(calls.start({ method: 'load', recipe: 'a' }, undefined).result);
    children[0]!.isOpen = false;
    const waiting = errorOf(supervisor.connect(undefined));
    children[0]!.isOpen = true;
    const reason = new Error('disposed');
    const stopping = supervisor.stop(reason);
    expect([await asked, await waiting]).toEqual([reason, reason]);
    expect(children[0]!.heard.at(-1)).toEqual({ kind: 'stop' });
    children[0]!.end('ended with exit code 0');
    await stopping;
    timers.advance(100_000);
    expect(children).toHaveLength(1);
    expect([losses(), supervisor.state, timers.delays]).toEqual([0, 'stopped', []]);
    expect(children[0]!.fault).toBeUndefined();
  });

  it('kills a process that does not end', async () => {
    const { supervisor, timers } = create();
    children[0]!.say({ kind: 'ready' });
    const stopping = supervisor.stop(new Error('disposed'));
    timers.advance(2999);
    expect(children[0]!.fault).toBeUndefined();
    timers.advance(1);
    await stopping;
    expect(children[0]!.fault).toBe('did not stop when told to');
  });

  it('calls a restart off', async () => {
    const { supervisor, timers } = create();
    children[0]!.end();
    await turn();
    await supervisor.stop(new Error('disposed'));
    timers.advance(100_000);
    expect(children).toHaveLength(1);
  });

  it('hears nothing more', async () => {
    const { supervisor, statuses } = create();
    const stopping = supervisor.stop(new Error('disposed'));
    children[0]!.say({ kind: 'ready' });
    children[0]!.say({ kind: 'status', stats: {} } as unknown as StatusMessage);
    expect([supervisor.state, statuses]).toEqual(['stopped', []]);
    children[0]!.end();
    await stopping;
  });
});
