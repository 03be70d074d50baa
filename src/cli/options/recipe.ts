import type { Command } from 'commander';

import { addPullOption, type PullFlags } from './pull.ts';
import { addDataDirectoryOption, type DataDirectoryFlags } from './data-directory.ts';

/** Flags of {@link addRecipeOption}, as commander parses them. */
export interface RecipeFlags extends DataDirectoryFlags, PullFlags {
  readonly recipe: string;
}

/** The flags of commands that need the recipe of a profile. */
export function addRecipeOption(command: Command): Command {
  const named = command.requiredOption(
    '--recipe <file>',
    'the recipe whose `profile:` says what users differ in',
  );
  return addPullOption(addDataDirectoryOption(named));
}
