import type { Command } from 'commander';

import type { AnswerOptions } from '../answer-options.ts';
import { addConstraintOptions, constraintOf, type ConstraintFlags } from './constraint.ts';
import { addLoadOptions, type LoadFlags } from './load.ts';
import { addFlags, optionsOf, type ParsedFlags } from './option-flags.ts';
import { addProfileOption, type ProfileFlags } from './profile.ts';
import { addRewardOptions, rewardsOf, type RewardFlags } from './rewards.ts';
import { addSamplingOptions } from './sampling.ts';

/** Flags of {@link addGenerationOptions}, as commander parses them; the others are read by the table. */
export interface GenerationFlags extends ConstraintFlags, RewardFlags, ProfileFlags, LoadFlags {}

/** The flags that say how a recipe answers. */
export function addGenerationOptions(command: Command, defaultMaxTokens?: number): Command {
  addFlags(command.optionsGroup('Answer:'), 'params');
  addFlags(command, 'schedules');
  addFlags(command, 'answer', {
    maxTokens:
      defaultMaxTokens === undefined
        ? { note: 'default: what the context holds' }
        : { default: defaultMaxTokens },
  });
  addConstraintOptions(command);
  addRewardOptions(command);
  addProfileOption(command);
  addLoadOptions(command);
  return addSamplingOptions(command);
}

/** The options among a command's flags. @throws UsageError, InvalidOptionError */
export async function generationOf(flags: GenerationFlags): Promise<AnswerOptions> {
  const said = optionsOf(flags as ParsedFlags, [
    'params',
    'schedules',
    'answer',
    'profile',
    'sampling',
  ]);
  const rewards = rewardsOf(flags);
  const params = { ...said.params, ...rewards.params };
  return {
    ...said,
    ...(await constraintOf(flags)),
    ...rewards,
    ...(Object.keys(params).length > 0 && { params }),
  };
}
