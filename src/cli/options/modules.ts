import type { Command } from 'commander';

/** Flags of {@link addModuleOption}, as commander parses them. */
export interface ModuleFlags {
  readonly allowModules?: boolean;
}

/** The flag without which no program of a recipe's author runs. */
export function addModuleOption(command: Command): Command {
  return command.option('--allow-modules', "run the recipe's reward modules: they are programs");
}
