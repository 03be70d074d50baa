import type { Command } from 'commander';

import { addFlags } from './option-flags.ts';
import { addDataDirectoryOption, type DataDirectoryFlags } from './data-directory.ts';

/** Flags of {@link addProfileOption}, as commander parses them. */
export interface ProfileFlags extends DataDirectoryFlags {
  readonly profile?: string;
}

/** The flag that says whom an answer is for. */
export function addProfileOption(command: Command): Command {
  addFlags(command.optionsGroup('Profile:'), 'profile');
  return addDataDirectoryOption(command);
}
