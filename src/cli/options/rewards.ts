import type { Command } from 'commander';

import type { GenerateOptions } from '../../index.ts';
import { toGuidance } from '../../recipe/index.ts';
import { addModuleOption, type ModuleFlags } from './modules.ts';
import { addFlags, optionsOf, type ParsedFlags } from './option-flags.ts';

/** Flags of {@link addRewardOptions}, as commander parses them; the others are read by the table. */
export interface RewardFlags extends ModuleFlags {
  readonly report?: readonly string[];
}

/** The flags that say how a recipe's rewards act. */
export function addRewardOptions(command: Command): Command {
  addFlags(command.optionsGroup("Rewards (in place of the recipe's own):"), 'rewards');
  return addModuleOption(command);
}

/** The options among a command's flags. @throws UsageError, InvalidOptionError */
export function rewardsOf(flags: object): GenerateOptions {
  const options = optionsOf(flags as ParsedFlags, ['rewards']);
  const { guidance } = options;
  return guidance === undefined ? options : { ...options, guidance: toGuidance(guidance) };
}
