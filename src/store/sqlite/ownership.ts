import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { StoreError } from '../../spec/index.ts';

/** A process; `start` tells it from an earlier or later one of the same id, where that can be told. */
interface ProcessIdentity {
  readonly pid: number;
  readonly start: string | null;
}

/**
 * Makes this process the only user of a file until it gives the file back or dies.
 *
 * Node has no locks that end with their process. A claim is therefore a file, numbered one higher than
 * the claim before it, and created whole by a hard link: of several processes that find the last one's
 * owner dead, one creates the next. An empty claim was given back. The highest one stays, so that no
 * number is used twice.
 *
 * @throws StoreError with reason `locked` if a living process has it.
 */
export function claimFile(file: string): Disposable {
  for (;;) {
    const last = lastClaim(file);
    const owner = last === 0 ? null : readClaim(file, last);
    if (owner === 'gone') continue;
    if (owner !== null && isRunning(owner)) throw lockedError(file, owner, last);
    if (!createClaim(file, last + 1)) continue;
    if (lastClaim(file) === last + 1) return ownedClaim(file, last + 1);
    rmSync(claimName(file, last + 1), { force: true });
  }
}

function ownedClaim(file: string, claim: number): Disposable {
  for (const number of claimsOf(file)) {
    if (number < claim) rmSync(claimName(file, number), { force: true });
  }
  const name = claimName(file, claim);
  return {
    [Symbol.dispose]() {
      if (existsSync(name)) truncateSync(name);
    },
  };
}

function claimName(file: string, claim: number): string {
  return `${file}.owner.${claim}`;
}

function claimsOf(file: string): number[] {
  const prefix = `${path.basename(file)}.owner.`;
  return readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((claim) => Number.isSafeInteger(claim) && claim > 0);
}

function lastClaim(file: string): number {
  return Math.max(0, ...claimsOf(file));
}

/** Who claimed it; `null` if it was given back, `'gone'` if a later claim has replaced it. */
function readClaim(file: string, claim: number): ProcessIdentity | null | 'gone' {
  try {
    const text = readFileSync(claimName(file, claim), 'utf8');
    return text === '' ? null : (JSON.parse(text) as ProcessIdentity);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
}

/** Whether the claim could be created: not if another process was faster. */
function createClaim(file: string, claim: number): boolean {
  const draft = `${file}.claim-${process.pid}`;
  const me: ProcessIdentity = { pid: process.pid, start: startOf(process.pid) ?? null };
  writeFileSync(draft, JSON.stringify(me), { mode: 0o600 });
  try {
    linkSync(draft, claimName(file, claim));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isRunning({ pid, start }: ProcessIdentity): boolean {
  const current = startOf(pid);
  return current !== undefined && (current === null || current === start);
}

/** When a process started; `null` where that is not to be known, `undefined` if there is none. */
function startOf(pid: number): string | null | undefined {
  if (process.platform === 'linux') return linuxStartOf(pid);
  if (pid === process.pid) return String(performance.timeOrigin);
  try {
    process.kill(pid, 0);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? null : undefined;
  }
}

/** Ticks since the boot, which has an id. @see proc_pid_stat(5) */
function linuxStartOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The command's name, in parentheses, may hold anything; `starttime` is the 20th field after it.
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

function lockedError(file: string, { pid }: ProcessIdentity, claim: number): StoreError {
  const who = pid === process.pid ? 'this process' : `the process ${pid}`;
  return new StoreError(
    'locked',
    `${file}: ${who} uses it, and only one can. End that one or ask it for what you need; ` +
      `if no such process is Trimtab's, delete ${claimName(file, claim)}.`,
  );
}
