import { describe, expect, it } from 'vitest';

import { fakeProcess } from '../../test/support/fake-terminal.ts';
import { Interrupted, OutputClosed, OutputFailed, watchProcess } from './interruption.ts';

const watched = () => {
  const process = fakeProcess();
  const interruption = watchProcess(process);
  const intercept: typeof interruption.intercept = (...given) => interruption.intercept(...given);
  return { process, signal: interruption.signal, intercept };
};

const systemError = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: write`), { code });

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s ends the work with %d, and at the second time the process', (name, exitCode) => {
    const { process, signal } = watched();
    expect(signal.aborted).toBe(false);
    process.emit(name);
    expect(signal.reason).toBeInstanceOf(Interrupted);
    expect(signal.reason).toMatchObject({
      name: 'Interrupted',
      message: `Interrupted by ${name}.`,
      exitCode,
    });
    expect(() => process.emit(name)).toThrow(`The process ends with ${exitCode}.`);
  });

  it('of another name after the first ends the process with its own code', () => {
    const { process } = watched();
    process.emit('SIGINT');
    expect(() => process.emit('SIGTERM')).toThrow('The process ends with 143.');
  });
});

describe('whoever intercepts Ctrl-C', () => {
  it('hears it in place of the work, the last one first, until disposed of', () => {
    const { process, signal, intercept } = watched();
    const heard: string[] = [];
    const outer = intercept(() => heard.push('outer'));
    const inner = intercept(() => heard.push('inner'));
    process.emit('SIGINT');
    process.emit('SIGINT');
    inner[Symbol.dispose]();
    process.emit('SIGINT');
    expect([heard, signal.aborted]).toEqual([['inner', 'inner', 'outer'], false]);
    outer[Symbol.dispose]();
    process.emit('SIGINT');
    expect([heard.length, signal.aborted]).toEqual([3, true]);
  });

  it('does not hear other signals', () => {
    const { process, signal, intercept } = watched();
    intercept(() => expect.unreachable());
    process.emit('SIGTERM');
    expect(signal.reason).toMatchObject({ exitCode: 143 });
  });
});

describe('an output', () => {
  it.each(['stdout', 'stderr'] as const)('that nobody reads ends the work: %s', (name) => {
    for (const code of ['EPIPE', 'EIO']) {
      const { process, signal } = watched();
      process[name].emit('error', systemError(code));
      expect(signal.reason).toBeInstanceOf(OutputClosed);
    }
  });

  it('that cannot be written says why', () => {
    const { process, signal } = watched();
    process.stdout.emit('error', systemError('ENOSPC'));
    expect(signal.reason).toBeInstanceOf(OutputFailed);
    expect((signal.reason as Error).message).toMatch(
      /^The output cannot be written: .*disk is full/,
    );
  });
});
