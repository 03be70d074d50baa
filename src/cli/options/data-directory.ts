import type { Command } from 'commander';

import { dataDirectory, dataDirectoryVariable } from '../../files/index.ts';

/** Flags of {@link addDataDirectoryOption}, as commander parses them. */
export interface DataDirectoryFlags {
  readonly dataDir?: string;
}

/** The flag that says where profiles are kept. */
export function addDataDirectoryOption(command: Command): Command {
  const own = dataDirectory({ environment: {} });
  return command.option(
    '--data-dir <folder>',
    `where profiles are kept (default: the environment's ${dataDirectoryVariable}, or ${own})`,
  );
}

/** The folder that profiles are kept in. Not created. */
export function dataDirectoryOf({ dataDir }: DataDirectoryFlags): string {
  return dataDir ?? dataDirectory();
}

/** Whether the command line or the environment says which folder it is. */
export function namesDataDirectory({ dataDir }: DataDirectoryFlags): boolean {
  return dataDir !== undefined || (process.env[dataDirectoryVariable] ?? '') !== '';
}
