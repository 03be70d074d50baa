import path from 'node:path';
import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import type { Cli } from './cli.ts';
import { runCommandLine } from './command-line.ts';
import { exitCodes, reportFailure } from './failure.ts';
import { OutputFailed, watchProcess, type WatchedProcess } from './interruption.ts';
import { createOutput, type OutputStream } from './output.ts';

/** What the command line uses of a process. */
export interface CliProcess extends WatchedProcess {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Cli['input'];
  readonly stdout: OutputStream & Writable;
  readonly stderr: OutputStream & Writable;
}

/** Does what a process was started for. @returns Its exit code. */
export async function runProcess(process: CliProcess): Promise<number> {
  const { argv, env, stdin, stdout, stderr } = process;
  const args = argv.slice(2);
  const cli: Cli = {
    out: createOutput(stdout, args, env),
    err: createOutput(stderr, args, env),
    input: stdin,
    screen: stdout,
    interruption: watchProcess(process),
    historyFile: async () => {
      const { dataDirectory } = await import('../files/index.ts');
      return path.join(dataDirectory({ environment: env }), 'chat-history');
    },
    now: () => performance.now(),
  };
  const exitCode = await runCommandLine(args, cli);
  // What was written last may fail after the command is done.
  await setImmediate();
  const { reason }: { reason: unknown } = cli.interruption.signal;
  const hasFailedUnseen = exitCode === exitCodes.ok && reason instanceof OutputFailed;
  return hasFailedUnseen ? reportFailure(reason, cli) : exitCode;
}
