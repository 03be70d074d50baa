import { describe, expect, it } from 'vitest';

import { InvalidOptionError, LibraryError } from '../../spec/index.ts';
import { programSource } from '../run/program-source.ts';
import { runProgram } from './run-program.ts';

const failed = (reason: string) => expect.objectContaining({ passed: false, reason });

describe('runProgram', () => {
  it('passes what does not throw, and fails what does', async () => {
    expect(await runProgram('console.assert([1, 2].at(-1) === 2); console.log("said");')).toEqual({
      passed: true,
    });
    expect(await runProgram('console.assert(1 === 2, "one is not two")')).toEqual({
      passed: false,
      reason: 'error',
      message: 'Error: Assertion failed: one is not two',
    });
    expect(await runProgram('let = =')).toEqual(failed('error'));
    expect(await runProgram('throw "a text"')).toEqual(failed('error'));
    expect(await runProgram('console.assert = () => {}; console.assert(false)')).toEqual(
      failed('error'),
    );
  });

  it('waits for a promise', { tags: ['slow'] }, async () => {
    expect(await runProgram('(async () => { await null; return 1; })()')).toEqual({ passed: true });
    expect(await runProgram('(async () => { await null; throw new Error("late"); })()')).toEqual(
      failed('error'),
    );
    expect(await runProgram('new Promise(() => {})')).toEqual(failed('pending'));
  });

  it.each([
    ['an endless loop', 'for (;;) {}'],
    ['one that catches', 'for (;;) { try { for (;;); } catch {} }'],
    ['a search that backtracks', '/^(a+)+$/.test("a".repeat(60) + "b")'],
    ['endless jobs', 'const again = () => Promise.resolve().then(again); again()'],
  ])('ends %s', { tags: ['slow'] }, async (_, source) => {
    expect(await runProgram(source, { timeoutMs: 100 })).toEqual(failed('time'));
  });

  it.each([
    ['a huge text', '"a".repeat(2 ** 29) + "b"', 'memory'],
    ['many small objects', 'const all = []; for (;;) all.push([1, 2, 3])', 'memory'],
    ['a growing list', 'const all = []; for (;;) all.push(new Array(1000).fill(0))', 'memory'],
    ['deep recursion', 'function f() { return f() + 1 } f()', 'stack'],
    ['deeply nested source', 'eval("(".repeat(1e5))', 'crash'],
  ])('contains %s', { tags: ['slow'] }, async (_, source, reason) => {
    const outcome = await runProgram(source, { memoryMb: 20, timeoutMs: 20_000 });
    expect(outcome).toEqual(failed(reason));
  });

  it.each(['require("fs")', 'process.exit(0)', 'fetch("http://localhost")', 'new Worker("")'])(
    'has no %s',
    async (source) => {
      expect(await runProgram(source)).toMatchObject({
        passed: false,
        reason: 'error',
        message: expect.stringContaining('ReferenceError') as string,
      });
    },
  );

  it('gives no program the globals of another', { tags: ['slow'] }, async () => {
    const both =
      'console.assert(!("left" in globalThis)); globalThis.left = 1; Array.prototype.at = 0;';
    expect(await runProgram(both)).toEqual({ passed: true });
    expect(await runProgram(`console.assert([1].at(0) === 1); ${both}`)).toEqual({ passed: true });
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const running = runProgram('for (;;) {}', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(runProgram('1', { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('says what to install', async () => {
    const quickJs = { core: '/nowhere/core', variant: '/nowhere/variant' };
    const running = runProgram('1', { quickJs });
    await expect(running).rejects.toThrow(LibraryError);
    await expect(running).rejects.toThrow(/npm install quickjs-emscripten-core@/);
  });

  it.each([{ timeoutMs: 0 }, { memoryMb: 2000 }, { memoryMb: 8 }, { timeoutMs: Number.NaN }])(
    'refuses %o',
    async (limits) => {
      await expect(runProgram('1', limits)).rejects.toThrow(InvalidOptionError);
    },
  );
});

describe('programSource', () => {
  const item = {
    prompt: 'function add(a, b) {',
    tests: 'console.assert(add(1, 2) === 3);',
  };

  it('is judged by its tests', { tags: ['slow'] }, async () => {
    const run = (completion: string) => runProgram(programSource(item, completion));
    expect(await run(' return a + b; }')).toEqual({ passed: true });
    expect(await run(' return a - b; }')).toEqual(failed('error'));
  });
});
