import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** A process of this machine. */
export interface RunningProcess {
  readonly pid: number;
  /** Its program's name. */
  readonly command: string;
}

/**
 * Processes that have one of the files open or in their memory, as far as this user may know. Only Linux says; elsewhere
 * there are none.
 */
export async function processesUsing(
  files: readonly string[],
  folder = '/proc',
): Promise<RunningProcess[]> {
  const pids = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const users = await Promise.all(
    pids.map(async (pid) => {
      const place = path.join(folder, pid);
      const isUser = (await mapsOneOf(place, files)) || (await hasOpen(place, files));
      if (!isUser) return [];
      const command = (await readFile(path.join(place, 'comm'), 'utf8').catch(() => '?')).trim();
      return [{ pid: Number(pid), command }];
    }),
  );
  return users.flat();
}

async function mapsOneOf(place: string, files: readonly string[]): Promise<boolean> {
  const maps = await readFile(path.join(place, 'maps'), 'utf8').catch(() => '');
  return files.some((file) => maps.includes(` ${file}\n`));
}

async function hasOpen(place: string, files: readonly string[]): Promise<boolean> {
  const folder = path.join(place, 'fd');
  const handles = await readdir(folder).catch(() => []);
  const targets = await Promise.all(
    handles.map((handle) => readlink(path.join(folder, handle)).catch(() => '')),
  );
  return targets.some((target) => files.includes(target));
}
