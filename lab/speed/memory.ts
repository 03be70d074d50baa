import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

import { checkRecipe, type EngineSettings } from '../../src/index.ts';
import { sum } from '../shared/numbers.ts';
import { proxyTuningRecipe, type RoleFiles } from '../shared/recipes.ts';

/** What the child process is asked to do, and what it answers. */
export interface MemoryTask {
  readonly files: RoleFiles;
  readonly engine: EngineSettings;
  readonly generations: number;
  readonly tokens: number;
  /** Times the recipe is loaded, run and disposed of. */
  readonly loads: number;
}

export interface MemoryReport {
  /** Resident bytes of the process before it loads anything. */
  readonly idleBytes: number;
  /** Highest resident bytes there have been after one load (VmHWM): mapped files count. */
  readonly peakBytes: number;
  /** Resident bytes while the recipe was loaded for the first and for the last time. */
  readonly firstLoadBytes: number;
  readonly lastLoadBytes: number;
}

export interface MemoryResults extends MemoryReport {
  readonly fileBytes: number;
  readonly kvBytes: number;
  /** Peak / (files + cache). */
  readonly peakOverModels: number;
  /** (Peak − idle process) / (files + cache). */
  readonly ownPeakOverModels: number;
  /** Resident bytes after ten loads / after one. */
  readonly tenLoads: number;
}

/** `null` where the operating system has no /proc. */
export async function measureMemory(
  task: Omit<MemoryTask, 'loads'>,
): Promise<MemoryResults | null> {
  if (process.platform !== 'linux') return null;
  const sizes = await Promise.all(Object.values(task.files).map((file) => stat(file as string)));
  const fileBytes = sum(sizes.map(({ size }) => size));
  const { memory } = await checkRecipe(proxyTuningRecipe('memory', task.files, task.engine));
  const kvBytes = sum(memory!.contexts.map((context) => context.kvBytes));
  const report = await runChild({ ...task, loads: 10 });
  return {
    ...report,
    fileBytes,
    kvBytes,
    peakOverModels: report.peakBytes / (fileBytes + kvBytes),
    ownPeakOverModels: (report.peakBytes - report.idleBytes) / (fileBytes + kvBytes),
    tenLoads: report.lastLoadBytes / report.firstLoadBytes,
  };
}

async function runChild(task: MemoryTask): Promise<MemoryReport> {
  const script = `${import.meta.dirname}/memory-child.ts`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv, // how TypeScript is run here
    script,
    JSON.stringify(task),
  ]);
  return JSON.parse(stdout) as MemoryReport;
}

/** Bytes of a line of /proc/self/status, e.g. `VmHWM`. */
export async function statusBytes(field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024;
}
