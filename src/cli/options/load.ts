import type { Command } from 'commander';

import { addPullOption, type PullFlags } from './pull.ts';
import { parseCount } from './values.ts';

/** Flags of {@link addLoadOptions}, as commander parses them. */
export interface LoadFlags extends PullFlags {
  readonly threads?: number | undefined;
}

/** The flags of commands that load models. */
export function addLoadOptions(command: Command): Command {
  return addPullOption(command.optionsGroup('Models:')).option(
    '--threads <n>',
    "threads of one forward pass (default: the recipe's, or what suits the machine)",
    parseCount,
  );
}
