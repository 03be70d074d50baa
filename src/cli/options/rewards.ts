import { InvalidArgumentError, type Command } from 'commander';

import type { GenerateOptions, Guidance, KlBudget } from '../../index.ts';
import { resolveKlBudget, rewardWeightParam, toGuidance } from '../../recipe/index.ts';
import { UsageError } from '../failure.ts';
import { addModuleOption, type ModuleFlags } from './modules.ts';
import { collectNumbers, collectTexts, parseNumber } from './values.ts';

/** Flags of {@link addRewardOptions}, as commander parses them. */
export interface RewardFlags extends ModuleFlags {
  readonly reward?: Readonly<Record<string, number>>;
  readonly rewardWeight?: number;
  readonly guidance?: Guidance;
  /** `false` for `--no-kl-budget`. */
  readonly klBudget?: number | false;
  readonly klBudgetAnswer?: number;
  readonly report?: readonly string[];
}

/** The flags that say how a recipe's rewards act. */
export function addRewardOptions(command: Command): Command {
  command
    .optionsGroup("Rewards (in place of the recipe's own):")
    .option('--reward <name=weight>', 'weight of a reward; may be given again', collectNumbers)
    .option('--reward-weight <w>', 'multiplies all weights; 0 is without rewards', parseNumber)
    .option(
      '--guidance <method>',
      'args, rad, segments or best-of, with settings: best-of:n=16, args:candidates=20',
      parseGuidance,
    )
    .option('--kl-budget <nats>', 'how far each token may leave the base', parseNumber)
    .option('--kl-budget-answer <nats>', 'how far a whole answer may', parseNumber)
    .option('--no-kl-budget', 'as far as it is steered')
    .option(
      '--report <name>',
      "judge the answer by one of the recipe's rewards; may be given again",
      collectTexts,
    );
  return addModuleOption(command);
}

/** The options among a command's flags. @throws UsageError, InvalidOptionError */
export function rewardsOf(flags: RewardFlags): GenerateOptions {
  const { reward, rewardWeight, guidance, report } = flags;
  return {
    ...(rewardWeight !== undefined && { params: { [rewardWeightParam]: rewardWeight } }),
    ...(reward && { rewards: reward }),
    ...(guidance && { guidance: toGuidance(guidance) }),
    ...(report && { reportRewards: report }),
    ...klBudgetOf(flags),
  };
}

function klBudgetOf({ klBudget, klBudgetAnswer }: RewardFlags): { klBudget?: KlBudget | null } {
  if (klBudget === false) {
    if (klBudgetAnswer === undefined) return { klBudget: null };
    throw new UsageError('--no-kl-budget and --kl-budget-answer exclude each other.');
  }
  if (klBudget === undefined && klBudgetAnswer === undefined) return {};
  const given = {
    ...(klBudget !== undefined && { perToken: klBudget }),
    ...(klBudgetAnswer !== undefined && { perAnswer: klBudgetAnswer }),
  };
  return { klBudget: resolveKlBudget({ klBudget: null }, given) };
}

/** `best-of:n=16` → `{ method: 'best-of', n: 16 }`, whose settings are not checked yet. */
function parseGuidance(text: string): Guidance {
  const [, method, settings] = /^([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (method === undefined) {
    throw new InvalidArgumentError('It must be written METHOD or METHOD:NAME=NUMBER,….');
  }
  const numbers = settings
    ?.split(',')
    .reduce<Record<string, number>>((all, setting) => collectNumbers(setting, all), {});
  return { method, ...numbers } as unknown as Guidance;
}
