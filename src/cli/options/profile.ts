import type { Command } from 'commander';

import { addDataDirectoryOption, type DataDirectoryFlags } from './data-directory.ts';

/** Flags of {@link addProfileOption}, as commander parses them. */
export interface ProfileFlags extends DataDirectoryFlags {
  readonly profile?: string;
}

/** The flag that says whom an answer is for. */
export function addProfileOption(command: Command): Command {
  command
    .optionsGroup('Profile:')
    .option('--profile <user>', 'answer in the manner that this user likes: see `trimtab profile`');
  return addDataDirectoryOption(command);
}
