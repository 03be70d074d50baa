import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { InvalidOptionError, LibraryError } from '../../spec/index.ts';
import { findPython } from './find-python.ts';
import { programSource } from '../run/program-source.ts';
import { runPython, type PythonOptions } from './run-python.ts';

/** Where this file's programs run, apart from those of other tests. */
let folder: string;
let interpreter: string;
const before = process.env['TMPDIR'];

beforeAll(async () => {
  interpreter = await findPython();
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-python-'));
  process.env['TMPDIR'] = folder;
});
afterAll(async () => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  const left = await readdir(folder);
  if (left.length > 0) throw new Error(`A program has left ${left.join(', ')}.`);
  await vi.waitUntil(() => workers().length === 0, 30_000); // the killed take a moment to end
});

/** Processes that live in the folder, as far as the system tells. */
function workers(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false; // no process, or one that has ended
    }
  });
}

const failed = (reason: string) => expect.objectContaining({ passed: false, reason });
const run = (source: string, options: PythonOptions = {}) =>
  runPython(source, { interpreter, ...options });

describe('runPython', () => {
  it('passes what runs to its end, and fails what throws', async () => {
    expect(await run('assert [1, 2][-1] == 2\nprint("said")')).toEqual({ passed: true });
    expect(await run('assert 1 == 2, "one is not two"')).toEqual({
      passed: false,
      reason: 'error',
      message: 'AssertionError: one is not two',
    });
    expect(await run('def f(:')).toEqual(failed('error'));
    expect(await run('raise KeyboardInterrupt')).toEqual(failed('error'));
  });

  it('runs what programs are made of', async () => {
    const source = `
import asyncio, dataclasses, math, os, pickle, random, re, sys
from typing import List

@dataclasses.dataclass
class Point:
    x: int

async def later():
    await asyncio.sleep(0)
    return 3

assert __name__ == '__main__' and sys.argv == ['program.py']
assert pickle.loads(pickle.dumps(Point(2))) == Point(2)
assert asyncio.run(later()) == 3
with open(os.devnull, 'w') as nowhere:
    print(math.pi, file=nowhere)
`;
    expect(await run(source)).toEqual({ passed: true });
  });

  it('completes HumanEval as it is written', { tags: ['slow'] }, async () => {
    const item = {
      prompt: 'def add(a, b):\n    """Adds."""\n',
      tests: 'def check(candidate):\n    assert candidate(1, 2) == 3\n\ncheck(add)',
    };
    const complete = (completion: string) => run(programSource(item, completion));
    expect(await complete('    return a + b\n')).toEqual({ passed: true });
    expect(await complete('    return a - b\n')).toEqual(failed('error'));
    expect(await complete('    exit(0)\n')).toEqual(failed('exit'));
  });

  it.each([
    ['an endless loop', 'while True: pass'],
    ['one that catches', 'while True:\n  try:\n    while True: pass\n  except BaseException: pass'],
    ['a sleep', 'import time; time.sleep(1e6)'],
    ['endless printing', 'while True: print("a" * 10_000)'],
    ['a thread that never ends', 'import threading\nthreading.Event().wait()'],
  ])('ends %s', { tags: ['slow'] }, async (_, source) => {
    expect(await run(source, { timeoutMs: 300 })).toEqual(failed('time'));
  });

  it.each([
    ['sys.exit(0)', 'import sys; sys.exit(0)', 'exit'],
    ['os._exit(0)', 'import os; os._exit(0)', 'exit'],
    ['a verdict of its own', 'import os; os.write(3, b"passed\\n"); os._exit(0)', 'crash'],
    ['a false nonce', `import os; os.write(3, b'{"kind":"passed","nonce":"a"}\\n')`, 'crash'],
    ['endless verdicts', 'import os\nwhile True: os.write(3, b"a" * 1000)', 'crash'],
    ['a signal', 'import signal; signal.raise_signal(9)', 'crash'],
    ['much memory', 'a = bytearray(2 ** 29)', 'memory'],
    ['growing memory', 'a = []\nwhile True: a.append(bytearray(2 ** 20))', 'memory'],
    ['deep recursion', 'def f(): return f() + 1\nf()', 'stack'],
    ['reading', 'input()', 'error'],
  ])('fails %s', { tags: ['slow'] }, async (_, source, reason) => {
    expect(await run(source, { timeoutMs: 20_000 })).toEqual(failed(reason));
  });

  it.each([
    ['a fork', 'os.fork()'],
    ['a fork that is caught', 'try: os.fork()\nexcept BaseException: pass'],
    ['a shell', 'os.system("sleep 1000 &")'],
    ['a process', 'import subprocess; subprocess.Popen(["sleep", "1000"])'],
    ['a file', 'open("written", "w").write("a")'],
    ['a file elsewhere', 'open("../out", "a")'],
    ['a folder', 'os.mkdir("../made")'],
    ['removing', 'os.remove("program.py")'],
    ['a temporary file', 'import tempfile; tempfile.mkstemp()'],
    ['killing', 'os.kill(os.getppid(), 9)'],
    ['the network', 'import socket; socket.create_connection(("127.0.0.1", 9))'],
  ])('forbids %s', { tags: ['slow'] }, async (_, source) => {
    expect(await run(`import os\n${source}`, { timeoutMs: 20_000 })).toEqual(failed('forbidden'));
  });

  it(
    'ends children that come into being behind its back, and drops what they write',
    { tags: ['slow'] },
    async () => {
      const source = `
import ctypes, time
libc = ctypes.CDLL(None)
child = libc.fork()
if child == 0:
    libc.creat(b"behind", 0o600)
    time.sleep(1e6)
assert child < 0, "forked"
`;
      // Without forks where the limit of processes binds, else with one that is killed.
      const outcome = await run(source, { timeoutMs: 20_000 });
      const isRoot = process.getuid?.() === 0;
      expect(outcome).toEqual(isRoot ? failed('error') : { passed: true });
    },
  );

  it('gives no environment but PATH, and no path to its folder', { tags: ['slow'] }, async () => {
    process.env['TRIMTAB_SECRET'] = 'secret';
    const source = `
import os, sys
assert set(os.environ) <= {"PATH", "LC_CTYPE"}, os.environ
assert not {"", ".", os.getcwd()} & set(sys.path), sys.path
`;
    expect(await run(source)).toEqual({ passed: true });
    delete process.env['TRIMTAB_SECRET'];
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const running = run('while True: pass', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(running).rejects.toThrow('enough');
    await expect(run('1', { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('says what to install', async () => {
    const missing = findPython('/nowhere/python3');
    await expect(missing).rejects.toThrow(LibraryError);
    await expect(missing).rejects.toThrow(/\/nowhere\/python3.*install Python 3\.8/);
    await expect(runPython('1', { interpreter: '/nowhere/python3' })).rejects.toThrow(LibraryError);
    await expect(run('1', { timeoutMs: 0 })).rejects.toThrow(InvalidOptionError);
  });
});
