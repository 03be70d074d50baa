import type { Command } from 'commander';

export interface OutputFlags {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** The flags that every command has. */
export function addOutputOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .option('-q, --quiet', 'no progress bars and no remarks on stderr')
    .option('--no-color', 'no colours, also with NO_COLOR=1; FORCE_COLOR=1 has them in pipes');
}

export function addJsonOption(command: Command, what: string): Command {
  return command.optionsGroup('Output:').option('--json', `print ${what} as JSON`);
}
