import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createLocalService,
  createSupervisedService,
  type ServiceOptions,
  type StartTimer,
  type SupervisedServiceOptions,
} from '../../src/service/index.ts';
import {
  EngineUnavailableError,
  InvalidOptionError,
  QueueFullError,
  type InferenceService,
} from '../../src/spec/index.ts';
import {
  answer,
  atlasWorld,
  endless,
  endlessLength,
  question,
  shippedRecipes,
} from '../support/atlas-requests.ts';
import { describeService, ended } from '../support/service-contract.ts';
import { until } from '../support/until.ts';

const supervision = { statusMs: 50, minRestartDelayMs: 1, maxRestartDelayMs: 20 };

const createSupervised = (
  options: Partial<SupervisedServiceOptions> & Partial<ServiceOptions> = {},
) =>
  createSupervisedService({
    recipes: shippedRecipes,
    ...options,
    supervision: { ...supervision, ...options.supervision },
  });

describeService('a child process', atlasWorld, (options) => createSupervised(options));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the engine in this process, besides', () => {
  it('shares one load among all who ask at once, and shows it', async () => {
    const states: string[] = [];
    await using service = await createLocalService({
      recipes: shippedRecipes,
      onChange: () => states.push(service.recipes()[0]!.state),
    });
    await Promise.all([service.load('atlas-chat'), service.stream(question).result]);
    expect(states).toEqual(['loading', 'ready']);
  });

  it('goes on loading when its asker has gone', async () => {
    await using service = await createLocalService({ recipes: shippedRecipes });
    const controller = new AbortController();
    const loading = service.load('atlas-chat', controller.signal);
    controller.abort(new Error('gone'));
    expect(await ended(loading)).toMatchObject({ message: 'gone' });
    expect(service.recipes()[0]!.state).toBe('loading');
    await until(() => service.recipes()[0]!.state === 'ready');
  });

  it('unloads what nobody has used for a while', async () => {
    const timers = new Set<() => void>();
    const startTimer: StartTimer = (delayMs, call) => {
      expect(delayMs).toBe(60_000);
      timers.add(call);
      return () => timers.delete(call);
    };
    await using service = await createLocalService({
      recipes: shippedRecipes,
      idleUnloadMs: 60_000,
      startTimer,
    });
    await service.load('atlas-chat');
    const asked = service.stream(question);
    expect(timers.size).toBe(0);
    expect((await asked.result).text).toBe(answer);
    await until(() => timers.size === 1);
    for (const call of timers) call();
    await until(() => service.recipes()[0]!.state === 'unloaded');
    expect((await service.stream(question).result).text).toBe(answer);
  });
});

describe('the engine in a child process, when it dies', () => {
  let service: InferenceService;

  beforeAll(async () => {
    service = await createSupervised();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)(
    '18: %s rejects what runs, saying so, and the next request is answered',
    async (signal) => {
      const stream = service.stream(endless);
      const chunks = stream[Symbol.asyncIterator]();
      await chunks.next();
      const pid = service.status.enginePid!;
      const { restarts } = service.status;
      process.kill(pid, signal);
      const error = await ended(stream.result);
      expect(error).toBeInstanceOf(EngineUnavailableError);
      expect((error as Error).message).toContain(`pid ${pid}`);
      expect((error as Error).message).toContain(signal);
      const reading = (async () => {
        for (;;) if ((await chunks.next()).done === true) return;
      })();
      expect(await ended(reading)).toBe(error);
      expect((await service.stream(question).result).text).toBe(answer);
      expect(service.status).toMatchObject({ state: 'ready', restarts: restarts + 1 });
      expect(service.status.enginePid).not.toBe(pid);
    },
  );

  it('18: a child that dies on a load fails that request and is started again once', async () => {
    await service.unload('atlas-masked');
    const { restarts } = service.status;
    const loading = service.load('atlas-masked');
    process.kill(service.status.enginePid!, 'SIGKILL');
    expect(await ended(loading)).toBeInstanceOf(EngineUnavailableError);
    expect((await service.load('atlas-chat')).state).toBe('ready');
    expect(service.status.restarts).toBe(restarts + 1);
    expect(service.recipes().map(({ state }) => state)).toEqual(['ready', 'unloaded']);
    expect((await service.load('atlas-masked')).state).toBe('ready');
  });

  it('18: ten deaths under load lose no request', async () => {
    const { restarts } = service.status;
    const over = new AbortController();
    const texts: string[] = [];
    const errors: unknown[] = [];
    const client = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await service.stream(question).result.then(
          ({ text }) => texts.push(text),
          (error: unknown) => errors.push(error),
        );
      }
    };
    const clients = [client(), client(), client()];
    const killed = new Set<number>();
    while (killed.size < 10) {
      await until(() => service.status.state === 'ready');
      const pid = service.status.enginePid!;
      const wanted = texts.length + 3 * (killed.size % 3);
      await until(() => texts.length >= wanted);
      process.kill(pid, 'SIGKILL');
      killed.add(pid);
      await until(() => service.status.enginePid !== pid);
    }
    over.abort();
    await Promise.all(clients);
    await until(() => service.status.state === 'ready');
    expect(service.status.restarts).toBe(restarts + 10);
    expect(new Set(texts)).toEqual(new Set([answer]));
    expect(errors.length).toBeGreaterThanOrEqual(10);
    expect(errors.every((error) => error instanceof EngineUnavailableError)).toBe(true);
    expect((await service.stream(question).result).text).toBe(answer);
  });

  it('34: signals to the whole group leave the child to its service', async () => {
    const pid = service.status.enginePid!;
    const stream = service.stream(endless);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    const { tokens } = await stream.result;
    expect(tokens).toHaveLength(endlessLength);
    expect(service.status.enginePid).toBe(pid);
  });
});

describe('the engine in a child process, when it cannot be reached', () => {
  it('18: one that hangs is killed and started again', async () => {
    await using service = await createSupervised({ supervision: { hangMs: 2000 } });
    const stream = service.stream(endless);
    await stream[Symbol.asyncIterator]().next();
    const pid = service.status.enginePid!;
    process.kill(pid, 'SIGSTOP');
    const error = await ended(stream.result);
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect((error as Error).message).toContain('said nothing for 2 s');
    expect(isAlive(pid)).toBe(false);
    expect((await service.stream(question).result).text).toBe(answer);
  });

  it('18: a request waits for a restart so long, and can leave', async () => {
    await using service = await createSupervised({
      supervision: { minRestartDelayMs: 600_000, maxRestartDelayMs: 600_000, restartWaitMs: 200 },
    });
    await service.load('atlas-chat');
    process.kill(service.status.enginePid!, 'SIGKILL');
    await until(() => service.status.state === 'restarting');
    expect(service.status.enginePid).toBe(null);
    expect(service.recipes().map(({ state }) => state)).toEqual(['unloaded', 'unloaded']);
    const reason = new Error('gone');
    const controller = new AbortController();
    const leaving = ended(service.stream({ ...question, signal: controller.signal }).result);
    controller.abort(reason);
    expect(await leaving).toBe(reason);
    const error = await ended(service.stream(question).result);
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect((error as { cause: Error }).cause.message).toContain('SIGKILL');
  });

  it('18: the pause before a restart doubles, and is short again after a healthy time', async () => {
    const delays = new Set([101, 202, 404]);
    const seen: number[] = [];
    let becomeHealthy = (): void => {};
    const startTimer: StartTimer = (delayMs, call) => {
      if (delayMs === 777_777) {
        becomeHealthy = call;
        return () => {};
      }
      if (delays.has(delayMs)) seen.push(delayMs);
      const timer = setTimeout(call, delays.has(delayMs) ? 1 : delayMs);
      return () => clearTimeout(timer);
    };
    await using service = await createSupervised({
      startTimer,
      supervision: { minRestartDelayMs: 101, maxRestartDelayMs: 404, healthyMs: 777_777 },
    });
    const die = async (): Promise<void> => {
      const pid = service.status.enginePid!;
      process.kill(pid, 'SIGKILL');
      await until(() => service.status.enginePid !== pid);
      await until(() => service.status.state === 'ready');
    };
    for (let i = 0; i < 4; i++) await die();
    expect(seen).toEqual([101, 202, 404, 404]);
    becomeHealthy();
    await die();
    expect(seen.at(-1)).toBe(101);
  });

  it('18: a recipe whose loads kill it is refused for a while; others are served', async () => {
    const pauses: (() => void)[] = [];
    const startTimer: StartTimer = (delayMs, call) => {
      if (delayMs === 888_888) pauses.push(call);
      const timer = setTimeout(call, delayMs);
      return () => clearTimeout(timer);
    };
    await using service = await createSupervised({
      startTimer,
      supervision: { minLoadPauseMs: 888_888 },
    });
    const state = () => service.recipes()[1]!.state;
    const dieLoading = async (): Promise<void> => {
      await until(() => service.status.state === 'ready');
      const pid = service.status.enginePid!;
      const loading = ended(service.load('atlas-masked'));
      while (state() === 'unloaded') await new Promise((resolve) => setImmediate(resolve));
      process.kill(pid, 'SIGKILL');
      expect(await loading).toBeInstanceOf(EngineUnavailableError);
    };
    await dieLoading();
    expect(pauses).toHaveLength(0);
    await dieLoading();
    expect(pauses).toHaveLength(1);
    expect((await service.stream(question).result).text).toBe(answer);
    expect(service.recipes()[1]).toMatchObject({
      state: 'failed',
      failure: { code: 'engine_unavailable' },
    });
    const error = await ended(service.load('atlas-masked'));
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect((error as Error).message).toContain('2 times in a row');
    expect(service.status.restarts).toBe(2);
    pauses[0]!();
    expect(await service.load('atlas-masked')).toMatchObject({ state: 'ready', failure: null });
  });

  it('18: one that cannot be started rejects with its last words', async () => {
    const starting = createSupervised({ supervision: { execArgv: ['--max-old-space-size=4'] } });
    const error = await ended(starting);
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect((error as { cause: Error }).cause.message).toMatch(/heap/i);
  });

  it('takes so many requests and no more', async () => {
    await using service = await createSupervised({ supervision: { maxRequests: 2 } });
    const running = [service.stream(question).result, service.stream(question).result];
    expect(await ended(service.stream(question).result)).toBeInstanceOf(QueueFullError);
    await Promise.all(running);
    expect((await service.stream(question).result).text).toBe(answer);
  });

  it('rejects what cannot be sent, and goes on', async () => {
    await using service = await createSupervised();
    const options = { stop: (() => {}) as unknown as string };
    const error = await ended(service.stream({ ...question, options }).result);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((await service.stream(question).result).text).toBe(answer);
  });

  it('ends its child when it is disposed of, also one that does not answer', async () => {
    const service = await createSupervised({ supervision: { stopMs: 200 } });
    const pid = service.status.enginePid!;
    process.kill(pid, 'SIGSTOP');
    await service[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('the process of a supervised service', () => {
  it('loads no native code of ours, and its child ends when it is killed', async () => {
    const script = new URL('../support/supervised-parent.ts', import.meta.url);
    const parent = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(script)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
    const { value: line, done } = await lines.next();
    expect(done).toBe(false); // it may end without a word, e.g. over a stale build
    const said = JSON.parse(line as string) as {
      text: string;
      native: string[];
      enginePid: number;
    };
    expect(said.text).toBe(answer);
    expect(said.native).toEqual([]);
    expect(isAlive(said.enginePid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(said.enginePid));
  });
});
