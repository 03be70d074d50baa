import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { LibraryError } from '../../spec/index.ts';
import { findPython } from './find-python.ts';
import { resolveLimits, type ProgramLimits } from './limits.ts';
import type { ProgramFault, ProgramOutcome } from '../program-outcome.ts';
import {
  pythonProgram,
  pythonProgramFile,
  pythonVerdictSchema,
  verdictDescriptor,
  type PythonVerdict,
} from './python-program.ts';
import { onAbort } from '../../waiting/index.ts';

export interface PythonOptions extends Partial<ProgramLimits> {
  readonly signal?: AbortSignal;
  /** Path of the interpreter; by default that of `python3`. */
  readonly interpreter?: string;
}

/** Milliseconds that the interpreter may take to load. */
const loadMs = 60_000;

/** Characters of verdicts: more is the program's own writing. */
const mostVerdicts = 4096;

/**
 * Runs a Python script in a process and an empty temporary folder of its own: isolated mode, no
 * environment but PATH, no input, output dropped, limits of time and memory (on macOS, of time alone).
 * It passes if it runs to its end without an exception. One that starts a process, opens a file for
 * writing or the network, or ends itself has failed; its process group is killed and its folder removed
 * however it ends. This contains accidents of generated code. It is no sandbox: the program can read
 * what this user can read, and code that means harm finds a way out.
 * @throws LibraryError if there is no interpreter; InvalidOptionError for limits out of range; the
 *   signal's reason.
 */
export async function runPython(
  source: string,
  { signal, interpreter, ...given }: PythonOptions = {},
): Promise<ProgramOutcome> {
  signal?.throwIfAborted();
  const limits = resolveLimits(given);
  const python = interpreter ?? (await findPython());
  const directory = await mkdtemp(path.join(tmpdir(), 'trimtab-program-'));
  try {
    await writeFile(path.join(directory, pythonProgramFile), source);
    return await runIn(directory, python, limits, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runIn(
  directory: string,
  python: string,
  limits: ProgramLimits,
  signal: AbortSignal | undefined,
): Promise<ProgramOutcome> {
  const nonce = randomUUID();
  const { memoryMb, timeoutMs } = limits;
  const limitArguments = [`${Math.floor(memoryMb * 2 ** 20)}`, `${timeoutMs / 1000}`];
  const child = spawn(python, ['-I', '-B', '-c', pythonProgram, nonce, ...limitArguments], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true, // it leads a process group, which ends as one
  });
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new LibraryError(`The Python interpreter ${python} cannot be started.`, { cause });
  });
  const exited = once(child, 'exit');
  const verdicts = child.stdio[verdictDescriptor] as Readable;
  try {
    return await outcomeOf(child, verdicts, { nonce, timeoutMs, signal });
  } finally {
    killGroup(child);
    await exited;
    verdicts.destroy();
  }
}

interface Course {
  readonly nonce: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

function outcomeOf(
  child: ChildProcess,
  verdicts: Readable,
  { nonce, timeoutMs, signal }: Course,
): Promise<ProgramOutcome> {
  let timer: NodeJS.Timeout | undefined;
  let stay: (() => void) | undefined;
  return new Promise<ProgramOutcome>((resolve, reject) => {
    const fail = (reason: ProgramFault, message: string): void =>
      resolve({ passed: false, reason, message });
    stay = onAbort(signal, reject);
    timer = setTimeout(() => fail('crash', 'Its interpreter did not start.'), loadMs);
    const hear = (verdict: PythonVerdict): void => {
      if (verdict.kind !== 'ready') return resolve(toOutcome(verdict, nonce));
      clearTimeout(timer);
      timer = setTimeout(() => fail('time', `It ran longer than ${timeoutMs} ms.`), timeoutMs);
    };
    readVerdicts(verdicts, hear, () => fail('crash', 'It wrote to a file that is not its own.'));
    child.once('exit', () => killGroup(child)); // whoever still holds the pipe
    child.once('close', (code, killedBy) => {
      if (killedBy === 'SIGXCPU') fail('time', 'It ran out of processor time.');
      else if (killedBy !== null) fail('crash', `Its interpreter was ended by ${killedBy}.`);
      else fail('exit', `It ended with ${code} before its tests did.`);
    });
  }).finally(() => {
    clearTimeout(timer);
    stay?.();
  });
}

/** Calls `hear` with each line as it comes, and `refuse` at what is no verdict. */
function readVerdicts(
  stream: Readable,
  hear: (verdict: PythonVerdict) => void,
  refuse: () => void,
): void {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const verdict = parseVerdict(text.slice(0, end));
      text = text.slice(end + 1);
      if (verdict === null) return refuse();
      hear(verdict);
    }
    if (text.length > mostVerdicts) refuse();
  });
}

function parseVerdict(line: string): PythonVerdict | null {
  try {
    return pythonVerdictSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

function toOutcome(
  verdict: Exclude<PythonVerdict, { readonly kind: 'ready' }>,
  nonce: string,
): ProgramOutcome {
  if (verdict.kind === 'passed' && verdict.nonce === nonce) return { passed: true };
  if (verdict.kind === 'threw') {
    const { name, message } = verdict;
    return { passed: false, reason: faults[name] ?? 'error', message: `${name}: ${message}` };
  }
  return verdict.kind === 'forbidden'
    ? { passed: false, reason: 'forbidden', message: `It asked for ${verdict.event}.` }
    : { passed: false, reason: 'crash', message: 'It claimed to have passed.' };
}

/** Exceptions that tell of a limit. */
const faults: Readonly<Record<string, ProgramFault>> = {
  MemoryError: 'memory',
  RecursionError: 'stack',
};

/** Ends the program and everything that it has started; what has ended already is no matter. */
function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error; // macOS says EPERM of what has just ended
  }
}
