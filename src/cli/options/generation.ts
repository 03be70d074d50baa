import type { Command } from 'commander';

import type { SamplingOptions } from '../../index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import { addConstraintOptions, constraintOf, type ConstraintFlags } from './constraint.ts';
import { addProfileOption, type ProfileFlags } from './profile.ts';
import { addRewardOptions, rewardsOf, type RewardFlags } from './rewards.ts';
import { addSamplingOptions, samplingOf } from './sampling.ts';
import { collectNumbers, collectTexts, parseNumber } from './values.ts';

/** Flags of {@link addGenerationOptions}, as commander parses them. */
export interface GenerationFlags
  extends SamplingOptions, ConstraintFlags, RewardFlags, ProfileFlags {
  readonly param?: Readonly<Record<string, number>>;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
}

/** The flags that say how a recipe answers. */
export function addGenerationOptions(command: Command, defaultMaxTokens?: number): Command {
  const length = 'tokens to answer with at most';
  command
    .optionsGroup('Answer:')
    .option(
      '--param <name=value>',
      "a param of the recipe's formula, e.g. alpha=0.6; may be given again",
      collectNumbers,
    );
  if (defaultMaxTokens === undefined) {
    command.option('--max-tokens <n>', `${length} (default: what the context holds)`, parseNumber);
  } else command.option('--max-tokens <n>', length, parseNumber, defaultMaxTokens);
  command.option(
    '--stop <text>',
    'the answer ends before this text; may be given again',
    collectTexts,
  );
  addConstraintOptions(command);
  addRewardOptions(command);
  addProfileOption(command);
  return addSamplingOptions(command);
}

/** The options among a command's flags. @throws UsageError, InvalidOptionError */
export async function generationOf(flags: GenerationFlags): Promise<AnswerOptions> {
  const rewards = rewardsOf(flags);
  const params = { ...flags.param, ...rewards.params };
  return {
    ...samplingOf(flags),
    ...(await constraintOf(flags)),
    ...rewards,
    ...(Object.keys(params).length > 0 && { params }),
    ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
    ...(flags.stop && { stop: flags.stop }),
    ...(flags.profile !== undefined && { profile: flags.profile }),
  };
}
