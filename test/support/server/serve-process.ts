import type { ChildProcess } from 'node:child_process';

import { trimtabProcess, type Ended } from '../command.ts';
import { clientOf } from './serve.ts';

/** A `trimtab serve` of its own process, and requests to it. */
export interface ServeProcess extends ReturnType<typeof clientOf> {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `trimtab serve` on a free port; resolves once it can answer. */
export function serveProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  return new Promise((resolve, reject) => {
    const ended = trimtabProcess(['serve', ...args, '--port', '0'], {
      env,
      onOutput(process, stdout) {
        const url = /http:\/\/\S+/.exec(stdout)?.[0];
        if (url !== undefined) resolve({ ...clientOf(url), process, ended });
      },
    });
    ended.then(({ stderr }) => reject(new Error(`It ended: ${stderr}`)), reject);
  });
}
