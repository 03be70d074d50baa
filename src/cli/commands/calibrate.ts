import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { addTaskOptions } from '../evaluation/task-options.ts';
import { addJsonOption } from '../options/output.ts';
import { collectTexts, parseNumber } from '../options/values.ts';
import { collectNumberLists } from '../sweep/axis-values.ts';
import { addMeasureOptions } from '../sweep/measure-options.ts';

/** Values of a single param that are tried between those that are given. */
const defaultRefinements = 4;

const examples = `
The recipe's present values are tried, too, and stay unless others are better. The test set is scored
once, after the choice, and decides nothing. What was measured is not measured again.
See \`trimtab docs steering-studies\`.

Examples:
  trimtab calibrate r.yaml --development dev.jsonl --objective contains --param alpha=0,0.5,1,1.5
  trimtab calibrate r.yaml --development dev.jsonl --development prose.txt --objective dev/contains
    --constraint 'perplexity<=20' --param alpha=0.3,0.6,1 --test test.jsonl --dry-run`;

export function defineCalibrate(command: Command, cli: Cli): Command {
  command
    .description(
      'Tries values of params on a development set, takes the best that keep the constraints, and ' +
        "writes them into the recipe as defaults, with where they come from. The file's comments stay.",
    )
    .argument('<recipe>', 'a recipe file (YAML)')
    .optionsGroup('Search:')
    .requiredOption('--development <task>', 'what is tried on; may be given again', collectTexts)
    .requiredOption('--objective <metric>', 'what shall be best: METRIC or TASK/METRIC')
    .requiredOption(
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
    .option('--dry-run', 'leave the recipe as it is');
  addTaskOptions(command);
  addMeasureOptions(command);
  addJsonOption(command, 'the outcome');
  return command.addHelpText('after', examples).action(async (recipe: string) => {
    // Loaded when it runs, so that the other commands start at once.
    const { runCalibrate } = await import('../calibration/run-calibrate.ts');
    const today = new Date().toISOString().slice(0, 10);
    await runCalibrate(cli, recipe, command.optsWithGlobals(), today);
  });
}
