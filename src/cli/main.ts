#!/usr/bin/env node
import type { Cli } from './cli.ts';
import { reportFailure } from './failure.ts';
import { watchProcess } from './interruption.ts';
import { createOutput } from './output.ts';
import { createProgram } from './program.ts';

const { argv, env, stdin, stdout, stderr } = process;
const args = argv.slice(2);
const cli: Cli = {
  out: createOutput(stdout, args, env),
  err: createOutput(stderr, args, env),
  input: stdin,
  interruption: watchProcess(),
};
try {
  await createProgram(cli).parseAsync(args, { from: 'user' });
} catch (error) {
  process.exitCode = reportFailure(error, cli);
}
