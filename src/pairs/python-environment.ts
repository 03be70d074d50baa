import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { createFolder, dataDirectory, isThere } from '../files/index.ts';
import { LibraryError } from '../spec/index.ts';

// `src/pairs/` and `dist/pairs/` are equally deep, in a checkout and in an installed package.
const programs = fileURLToPath(new URL('../../tuning/', import.meta.url));

/** The program that tunes. */
export const tuningProgram = path.join(programs, 'tune_adapter.py');

/** What it imports, with versions, as pip reads it. */
const tuningRequirements = path.join(programs, 'requirements.txt');

const imports = 'import torch, transformers, peft, gguf, numpy';

export interface PythonEnvironmentOptions {
  /** An interpreter that has what is needed; by default that of Trimtab's own environment. */
  readonly python?: string | undefined;
  /** Make Trimtab's own environment where it is missing: it downloads PyTorch. `false` by default. */
  readonly install?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with what pip says. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * An interpreter of Python that can tune.
 * @throws LibraryError with the commands that make one.
 */
export async function findTuningPython({
  python,
  install = false,
  signal,
  onLine = () => {},
}: PythonEnvironmentOptions): Promise<string> {
  if (python !== undefined) {
    const fault = await importFault(python, signal);
    if (fault === null) return python;
    throw new LibraryError(
      `${python} cannot tune: ${fault}. It needs what ${tuningRequirements} lists:\n` +
        `  ${python} -m pip install -r ${tuningRequirements}`,
    );
  }
  const folder = await ownEnvironment();
  const own = interpreterOf(folder);
  const complete = path.join(folder, 'complete');
  if (await isThere(complete)) return own;
  if (!install) throw new LibraryError(missing(folder));
  await rm(folder, { recursive: true, force: true });
  createFolder(path.dirname(folder));
  await runTo('python3', ['-m', 'venv', folder], signal, onLine);
  const flags = ['--disable-pip-version-check', '--retries', '1', '--timeout', '60'];
  await runTo(own, ['-m', 'pip', 'install', ...flags, '-r', tuningRequirements], signal, onLine);
  await writeFile(complete, '');
  return own;
}

/** Whether Trimtab has an environment of its own that can tune. */
export async function isTuningPythonThere(): Promise<boolean> {
  return isThere(path.join(await ownEnvironment(), 'complete'));
}

/** One for each list of packages. */
async function ownEnvironment(): Promise<string> {
  const key = createHash('sha256')
    .update(await readFile(tuningRequirements))
    .digest('hex')
    .slice(0, 12);
  return path.join(dataDirectory(), `python-${key}`);
}

function interpreterOf(folder: string): string {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

function missing(folder: string): string {
  const python = interpreterOf(folder);
  return (
    'Tuning an expert needs Python with PyTorch, and there is none for it yet. `--install` makes a virtual ' +
    `environment in ${path.dirname(folder)} (about 1.3 GB). By hand:\n` +
    `  python3 -m venv ${folder}\n` +
    `  ${python} -m pip install -r ${tuningRequirements}\n` +
    `and then --python ${python}`
  );
}

/** Why an interpreter cannot tune; `null` where it can. */
async function importFault(
  python: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    await promisify(execFile)(python, ['-c', imports], { signal });
    return null;
  } catch (error) {
    signal?.throwIfAborted();
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') return 'there is no such program';
    return stderr.trim().split('\n').at(-1) || String(error);
  }
}

/** Runs a program to its end. @throws LibraryError with the last thing that it said. */
async function runTo(
  program: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
  onLine: (line: string) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split(/[\r\n]+/)) {
        if (line.trim() === '') continue;
        if (line.startsWith('ERROR') || !last.startsWith('ERROR')) last = line.trim();
        onLine(line.trim());
      }
    });
  }
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    if (status === 0) return;
    throw new LibraryError(`${program} ${words.join(' ')} ended with ${status}: ${last}`);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof LibraryError) throw cause;
    throw new LibraryError(
      `${program} cannot be run: install Python 3.10 or newer (Debian's package is python3-venv).`,
      { cause },
    );
  }
}
