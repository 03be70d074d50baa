import type { Command } from 'commander';

/** Flags of {@link addModuleOption}, as commander parses them. */
export interface ModuleFlags {
  readonly allowModules?: boolean;
}

/**
 * The flag without which no program of a recipe's author runs.
 * @param modules - What it allows.
 */
export function addModuleOption(
  command: Command,
  modules = "the recipe's reward modules",
): Command {
  return command.option('--allow-modules', `run ${modules}: they are programs`);
}
