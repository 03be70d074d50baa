import type { Command } from 'commander';

import type { CalibrateFlags } from '../calibration/run-calibrate.ts';
import type { CalibrateRewardsFlags } from '../calibration/run-calibrate-rewards.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { addTaskOptions } from '../evaluation/task-options.ts';
import { addJsonOption } from '../options/output.ts';
import { collectTexts, parseCount, parseNumber } from '../options/values.ts';
import { collectNumberLists } from '../sweep/axis-values.ts';
import { addMeasureOptions } from '../sweep/measure-options.ts';

/** Values of a single param that are tried between those that are given. */
const defaultRefinements = 4;

/** Answers that tell a mean within a fifth of a deviation, and a deviation within an eighth. */
const defaultAnswers = 32;

/** Options of one of the two things that it does alone, by their attributes. */
const rewardOptions = ['prompts', 'answers', 'overwrite', 'save'];
const searchOptions =
  'development objective param constraint refine test format groupBy metric limit'.split(' ');

const examples = `
The recipe's present values are tried, too, and stay unless others are better. The test set is scored
once, after the choice, and decides nothing. What was measured is not measured again.
See \`trimtab docs steering-studies\`.

Examples:
  trimtab calibrate r.yaml --development dev.jsonl --objective contains --param alpha=0,0.5,1,1.5
  trimtab calibrate r.yaml --development dev.jsonl --development prose.txt --objective dev/contains
    --constraint 'perplexity<=20' --param alpha=0.3,0.6,1 --test test.jsonl --dry-run
  trimtab calibrate r.yaml --rewards`;

export function defineCalibrate(command: Command, cli: Cli): Command {
  command
    .description(
      'Tries values of params on a development set, takes the best that keep the constraints, and ' +
        'writes them into the recipe as defaults, with where they come from. Or, with --rewards, answers ' +
        "prompts and writes down how its rewards' values scatter. The file's comments stay.",
    )
    .argument('<recipe>', 'a recipe file (YAML)')
    .optionsGroup('Search:')
    .option('--development <task>', 'what is tried on; may be given again', collectTexts)
    .option('--objective <metric>', 'what shall be best: METRIC or TASK/METRIC')
    .option(
      '--param <name=values>',
      'values to try, e.g. alpha=0,0.5,1; may be given again',
      collectNumberLists,
    )
    .option(
      '--constraint <bound>',
      "what must hold: METRIC<=NUMBER or METRIC>=NUMBER, perplexity being a text's; may be given again",
      collectTexts,
    )
    .option(
      '--refine <n>',
      'values to try in between, by golden section; for one param',
      parseNumber,
      defaultRefinements,
    )
    .option('--test <task>', 'scored once after the choice; may be given again', collectTexts)
    .option('--dry-run', 'leave the recipe as it is')
    .optionsGroup('Scales of rewards, in place of a search:')
    .option(
      '--rewards',
      "mean and deviation of each reward's values on the recipe's own answers, written into the recipe as " +
        'its normalization',
    )
    .option(
      '--prompts <file>',
      "what is answered: one prompt to a line, as text or JSON (default: those of the recipe's profile)",
    )
    .option('--answers <n>', 'how many answers, the prompts in turn', parseCount, defaultAnswers)
    .option('--overwrite', 'also of rewards that have a normalization')
    .option('--save <file>', 'write the recipe there, in its own folder, and leave it as it is');
  addTaskOptions(command);
  addMeasureOptions(command);
  addJsonOption(command, 'the outcome');
  return command.addHelpText('after', examples).action(async (recipe: string) => {
    const refuse = (names: readonly string[], why: string): void => {
      const given = names.find((name) => command.getOptionValueSource(name) === 'cli');
      const option = command.options.find((each) => each.attributeName() === given);
      if (option === undefined) return;
      const value: unknown = command.getOptionValue(option.attributeName());
      const written = typeof value === 'string' ? `${option.long!} ${value}` : option.long!;
      throw new UsageError(`${written}: ${why}: leave it out.`);
    };
    // Loaded when it runs, so that the other commands start at once.
    const flags: CalibrateFlags & CalibrateRewardsFlags & { rewards?: true } =
      command.optsWithGlobals();
    if (flags.rewards === true) {
      const { runCalibrateRewards } = await import('../calibration/run-calibrate-rewards.ts');
      refuse(searchOptions, '--rewards measures rewards, and searches nothing');
      const isGiven = command.getOptionValueSource('maxTokens') !== 'default';
      return runCalibrateRewards(cli, recipe, {
        ...flags,
        ...(!isGiven && { maxTokens: undefined }),
      });
    }
    refuse(rewardOptions, 'a search without --rewards has no use for it');
    const { runCalibrate } = await import('../calibration/run-calibrate.ts');
    const today = new Date().toISOString().slice(0, 10);
    return runCalibrate(cli, recipe, flags, today);
  });
}
