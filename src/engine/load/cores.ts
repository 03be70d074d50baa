import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** A file's text; undefined where it cannot be read. */
type ReadText = (file: string) => string | undefined;

/** Processors that this process may use at once: those it is bound to, and no more than its cgroup pays for. */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(cgroupCores(readText))));
}

/**
 * Processors by the quotas of this process's cgroup and those around it; Infinity without any. A thread
 * more than that is stopped for the rest of each period, while all others wait at ggml's barriers.
 */
export function cgroupCores(read: ReadText): number {
  const groups = read('/proc/self/cgroup')?.split('\n') ?? [];
  let cores = Infinity;
  for (const group of groups) {
    const [, controllers = '', name] = /^\d+:([^:]*):(.*)$/.exec(group) ?? [];
    if (name === undefined) continue;
    const isV2 = controllers === '';
    if (!isV2 && !controllers.split(',').includes('cpu')) continue;
    const root = isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu';
    for (const folder of upwards(root, name)) {
      cores = Math.min(cores, isV2 ? quotaV2(read, folder) : quotaV1(read, folder));
    }
  }
  return cores;
}

/** A group's folder and those around it; in a container its name may be one that only the host has. */
function upwards(root: string, name: string): string[] {
  const folders = [root];
  for (let at = path.posix.join('/', name); at !== '/'; at = path.posix.dirname(at)) {
    folders.push(path.posix.join(root, at));
  }
  return folders;
}

/** `cpu.max`: microseconds in each period, or `max`, and the period. */
function quotaV2(read: ReadText, folder: string): number {
  return ratio(read(`${folder}/cpu.max`)?.split(' ') ?? []);
}

/** −1 microseconds are no limit. */
function quotaV1(read: ReadText, folder: string): number {
  const quota = read(`${folder}/cpu.cfs_quota_us`);
  return ratio([quota, read(`${folder}/cpu.cfs_period_us`)]);
}

function ratio([quota, period]: readonly (string | undefined)[]): number {
  const cores = Number.parseInt(quota ?? '', 10) / Number.parseInt(period ?? '', 10);
  return cores > 0 ? cores : Infinity;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // another system, or none of its business
  }
}
