import type { Command } from 'commander';

/** Flags of {@link addPullOption}, as commander parses them. */
export interface PullFlags {
  readonly pull?: boolean | undefined;
}

/** The flag that lets a command fetch models before it loads a recipe. */
export function addPullOption(command: Command): Command {
  return command.option('--pull', 'fetch models of the Hugging Face hub that are not in the cache');
}
