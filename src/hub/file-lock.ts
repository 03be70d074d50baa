import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

import { backgroundTimer, pause, type StartTimer } from '../waiting/index.ts';

export interface FileLockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly startTimer: StartTimer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called once, if another holds it. */
  readonly onWait?: () => void;
}

/** Milliseconds since 1970, as the times of files are. */
export const wallClock = (): number => performance.timeOrigin + performance.now();

/** How often one who waits looks again. */
const pollMs = 500;
/** How often a holder says that it is alive, and after what silence it is taken for dead. */
const beatMs = 30_000;
const silenceMs = 300_000;

/**
 * Waits until no other process has the lock, and takes it: a file that exists while it is held. One whose
 * holder has died is taken over. Should two hold it after all (a holder that was silent for minutes and
 * then went on), what they write is told by its hash.
 */
export async function lockFile(
  file: string,
  { signal, startTimer, now, onWait }: FileLockOptions,
): Promise<AsyncDisposable> {
  const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  for (let isFirst = true; !(await tryCreate(file, own)); isFirst = false) {
    signal?.throwIfAborted();
    if (await takeOver(file, now)) continue;
    if (isFirst) onWait?.();
    await pause(pollMs, signal, startTimer);
  }
  const stop = beat(file, now);
  return {
    async [Symbol.asyncDispose]() {
      stop();
      const held = await readFile(file, 'utf8').catch(() => '');
      if (held === own) await rm(file, { force: true });
    },
  };
}

/** Says again and again that the holder is alive. @returns What ends that. */
function beat(file: string, now: () => number): () => void {
  let stop = schedule();
  function schedule(): () => void {
    return backgroundTimer(beatMs, () => {
      const seconds = now() / 1000;
      void utimes(file, seconds, seconds).catch(() => {});
      stop = schedule();
    });
  }
  return () => stop();
}

/** Whether a process has the lock and is alive. */
export async function isLocked(file: string, now: () => number): Promise<boolean> {
  const held = await readFile(file, 'utf8').catch(() => null);
  return held !== null && !(await isStale(file, held, now));
}

async function tryCreate(file: string, text: string): Promise<boolean> {
  // Written first and then put there: nobody reads half of it.
  const fresh = `${file}.${randomUUID()}`;
  try {
    await writeFile(fresh, text, { flag: 'wx' });
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      return writeFile(file, text, { flag: 'wx' }); // where there are no links
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Removes a lock whose holder is dead. @returns Whether it may be there no more. */
async function takeOver(file: string, now: () => number): Promise<boolean> {
  const held = await readFile(file, 'utf8').catch(() => null);
  if (held === null) return true;
  if (!(await isStale(file, held, now))) return false;
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    // Another was faster, and what was moved is its own lock.
    if ((await readFile(aside, 'utf8')) !== held) await link(aside, file).catch(() => {});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(aside, { force: true });
  }
  return true;
}

async function isStale(file: string, held: string, now: () => number): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (found === null) return false;
  if (now() - found.mtimeMs > silenceMs) return true;
  const { pid, host } = parseHolder(held);
  return host === hostname() && pid !== null && !isAlive(pid);
}

function parseHolder(text: string): { pid: number | null; host: string } {
  try {
    const { pid, host } = JSON.parse(text) as Record<string, unknown>;
    return { pid: typeof pid === 'number' ? pid : null, host: String(host) };
  } catch {
    return { pid: null, host: '' };
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
