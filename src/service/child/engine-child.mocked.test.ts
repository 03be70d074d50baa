import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import { fakeTimers } from '../../../test/support/fake-timers.ts';
import type { ChildEnd } from './child-end.ts';
import { EngineChild } from './engine-child.ts';
import type { FromEngine, StartMessage, ToEngine } from './protocol.ts';

/** A process that does what a test says. */
class FakeProcess extends EventEmitter {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly sent: ToEngine[] = [];
  readonly signals: string[] = [];
  pid: number | undefined = 77;
  connected = true;

  send(message: ToEngine): void {
    this.sent.push(message);
  }

  kill(signal: string): void {
    this.signals.push(signal);
  }

  close(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}

const forked = vi.hoisted(() => ({ processes: [] as unknown[], given: [] as unknown[][] }));

vi.mock(import('node:child_process'), async (importOriginal) => {
  const original = await importOriginal();
  const fork = (...given: unknown[]): unknown => {
    forked.given.push(given);
    return forked.processes.at(-1);
  };
  return { ...original, fork: fork as typeof original.fork };
});

beforeEach(() => {
  forked.processes = [];
  forked.given = [];
});

const start: StartMessage = { kind: 'start', recipes: [], options: {}, statusMs: 50 };

function create() {
  const child = new FakeProcess();
  forked.processes.push(child);
  const timers = fakeTimers();
  const heard: FromEngine[] = [];
  const log: string[] = [];
  const engine = new EngineChild({
    start,
    execArgv: ['--max-old-space-size=64'],
    startMs: 60_000,
    hangMs: 20_000,
    loadingHangMs: 40_000,
    startTimer: timers.startTimer,
    onMessage: (message) => heard.push(message),
    onLog: (line) => log.push(line),
  });
  let end: ChildEnd | undefined;
  void engine.ended.then((value) => (end = value));
  const ended = async (): Promise<ChildEnd | undefined> => {
    await new Promise((resolve) => setImmediate(resolve));
    return end;
  };
  return { engine, child, timers, heard, log, ended };
}

/** All of it: exit, the end of its words and of its channel. */
function endWith(child: FakeProcess, code: number | null, signal: string | null): void {
  child.emit('exit', code, signal);
  child.close();
  child.emit('close');
}

describe('a process of the engine', () => {
  it('is told first what to serve, with the options of Node that were asked for', () => {
    const { child, engine } = create();
    expect(child.sent).toEqual([start]);
    expect(engine).toMatchObject({ pid: 77, isOpen: true });
    const [file, options] = forked.given[0] as [URL, { execArgv: string[]; serialization: string }];
    expect(file.pathname).toMatch(/engine-process\.[tj]s$/);
    expect(options.execArgv.at(-1)).toBe('--max-old-space-size=64');
    expect(options.serialization).toBe('advanced');
  });

  it('is heard, and its lines are handed on from both streams', async () => {
    const { child, heard, log } = create();
    child.emit('message', { kind: 'ready' });
    child.stdout.write('one\n');
    child.stderr.write('two\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([{ kind: 'ready' }]);
    expect(log.toSorted()).toEqual(['one', 'two']);
  });

  it.each<[number | null, string | null, string]>([
    [1, null, 'ended with exit code 1'],
    [null, 'SIGSEGV', 'crashed (SIGSEGV)'],
    [null, 'SIGKILL', 'was killed (SIGKILL), as the system does when memory runs out'],
  ])('that ends with code %s and signal %s has said so', async (code, signal, what) => {
    const { child, ended, timers, engine } = create();
    endWith(child, code, signal);
    expect(await ended()).toEqual({
      summary: `The engine's process (pid 77) ${what}.`,
      lastWords: [],
    });
    expect(engine.isOpen).toBe(false);
    expect(timers.delays).toEqual([]); // nothing is left of it
  });

  it('is over when its words and its channel are read, in whatever order', async () => {
    for (const order of [
      ['close', 'disconnect'],
      ['disconnect', 'close'],
    ]) {
      const { child, ended } = create();
      child.emit('exit', 1, null);
      expect(await ended()).toBeUndefined();
      if (order[0] === 'close') child.emit('close');
      else child.close();
      expect(await ended()).toBeUndefined();
      child.stderr.write('last words\n');
      await new Promise((resolve) => setImmediate(resolve));
      if (order[0] === 'close') child.close();
      else child.emit('close');
      expect((await ended())?.lastWords).toEqual(['last words']);
    }
  });

  it('whose channel had closed before is over with its words', async () => {
    const { child, ended, timers } = create();
    child.close();
    child.emit('exit', 1, null);
    expect(await ended()).toBeUndefined();
    child.emit('close');
    expect(await ended()).toBeDefined();
    expect(timers.delays).toEqual([]);
  });

  it('whose words do not end is over after a second', async () => {
    const { child, ended, timers } = create();
    child.emit('exit', 1, null);
    timers.advance(999);
    expect(await ended()).toBeUndefined();
    timers.advance(1);
    expect((await ended())?.summary).toContain('exit code 1');
  });

  it('that cannot be started is over at once', async () => {
    const child = new FakeProcess();
    child.pid = undefined;
    forked.processes.push(child);
    const timers = fakeTimers();
    const ignore = (): void => {};
    const times = { startMs: 1, hangMs: 1, loadingHangMs: 1, startTimer: timers.startTimer };
    const listeners = { onMessage: ignore, onLog: ignore };
    const engine = new EngineChild({ start, execArgv: [], ...times, ...listeners });
    child.emit('error', new Error('no such file'));
    expect(await engine.ended).toMatchObject({
      summary: "The engine's process could not be started: no such file.",
    });
    expect([engine.isOpen, timers.delays]).toEqual([false, []]);
  });

  it('is not over because a message could not be sent', async () => {
    const { child, ended } = create();
    child.emit('error', new Error('EPIPE'));
    expect(await ended()).toBeUndefined();
  });

  it('is sent nothing once it cannot hear', () => {
    const { child, engine } = create();
    child.connected = false;
    engine.send({ kind: 'stop' });
    expect(child.sent).toEqual([start]);
  });
});

describe('a process that is killed', () => {
  it('has said why, and is not killed again once it is gone', async () => {
    const { engine, child, ended } = create();
    engine.kill('did not stop when told to');
    engine.kill('another reason');
    expect(child.signals).toEqual(['SIGKILL', 'SIGKILL']);
    endWith(child, null, 'SIGKILL');
    expect((await ended())?.summary).toBe(
      "The engine's process (pid 77) did not stop when told to.",
    );
    engine.kill('too late');
    expect(child.signals).toHaveLength(2);
  });

  it.each<[string, FromEngine | null, number]>([
    ['is not ready in time', null, 60_000],
    ['says nothing once it is ready', { kind: 'ready' }, 20_000],
    [
      'says nothing for long while it loads',
      { kind: 'status', stats: {}, recipes: [{ state: 'loading' }] } as unknown as FromEngine,
      40_000,
    ],
  ])('is one that %s', async (_, message, limitMs) => {
    const { child, timers, ended } = create();
    if (message !== null) child.emit('message', message);
    timers.advance(limitMs - 1);
    expect(child.signals).toEqual([]);
    timers.advance(1);
    expect(child.signals).toEqual(['SIGKILL']);
    endWith(child, null, 'SIGKILL');
    expect((await ended())?.summary).toBe(
      `The engine's process (pid 77) said nothing for ${limitMs / 1000} s and was killed.`,
    );
  });

  it('is none that keeps talking', () => {
    const { child, timers } = create();
    child.emit('message', { kind: 'ready' });
    for (let i = 0; i < 20; i++) {
      timers.advance(15_000);
      child.emit('message', { kind: 'status', stats: {} });
    }
    expect(child.signals).toEqual([]);
  });

  it('is one that closes its channel and lives on for a second', async () => {
    const { child, timers, ended } = create();
    child.close();
    timers.advance(999);
    expect(child.signals).toEqual([]);
    timers.advance(1);
    expect(child.signals).toEqual(['SIGKILL']);
    child.emit('exit', null, 'SIGKILL');
    child.emit('close');
    expect((await ended())?.summary).toContain('closed its channel and was killed');
  });
});
