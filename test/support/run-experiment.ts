import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(import.meta.dirname, '../..');

/** What `npm run lab -- NAME` prints. */
export async function runExperiment(name: string, ...flags: string[]): Promise<string> {
  const program = ['--import', 'tsx', path.join(root, 'lab/main.ts'), name, ...flags];
  return (await promisify(execFile)(process.execPath, program, { cwd: root })).stdout;
}

/** Its data. */
export async function measureExperiment<Data>(name: string, ...flags: string[]): Promise<Data> {
  return JSON.parse(await runExperiment(name, '--json', ...flags)) as Data;
}
