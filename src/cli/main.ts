#!/usr/bin/env node
import { setImmediate } from 'node:timers/promises';

import type { Cli } from './cli.ts';
import { runCommandLine } from './command-line.ts';
import { exitCodes, reportFailure } from './failure.ts';
import { OutputFailed, watchProcess } from './interruption.ts';
import { createOutput } from './output.ts';

const { argv, env, stdin, stdout, stderr } = process;
const args = argv.slice(2);
const cli: Cli = {
  out: createOutput(stdout, args, env),
  err: createOutput(stderr, args, env),
  input: stdin,
  screen: stdout,
  interruption: watchProcess(process),
  now: () => performance.now(),
};
const exitCode = await runCommandLine(args, cli);
// What was written last may fail after the command is done.
await setImmediate();
const { reason }: { reason: unknown } = cli.interruption.signal;
const hasFailedUnseen = exitCode === exitCodes.ok && reason instanceof OutputFailed;
process.exitCode = hasFailedUnseen ? reportFailure(reason, cli) : exitCode;
