import type { Command } from 'commander';

import type { Cli } from './cli.ts';
import { createCompareCommand } from './commands/compare.ts';
import { createDemoCommand } from './commands/demo.ts';
import { createRunCommand } from './commands/run.ts';

/** Every command, in the order of the help. A new one is a file in `commands/` and a line here. */
export const commands: readonly ((cli: Cli) => Command)[] = [
  createRunCommand,
  createCompareCommand,
  createDemoCommand,
];
