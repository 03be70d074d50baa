import type { Command } from 'commander';

import { requestOptions } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { addTaskOptions } from '../evaluation/task-options.ts';
import { addJsonOption } from '../options/output.ts';
import { parseNumbers } from '../options/values.ts';
import {
  axisOption,
  collectNumberLists,
  collectScheduleLists,
  parseBudgets,
} from '../sweep/axis-values.ts';
import { addMeasureOptions } from '../sweep/measure-options.ts';

const { candidates } = requestOptions.guidance.kind.methods.args;

const examples = `
Every combination is measured, each in a folder of its own: what is done is not done again, and a
later sweep may add values. Marked settings are Pareto-optimal in the first metric of each task: no
other one is as good in all and better in one. See \`trimtab docs steering-studies\`.

Examples:
  trimtab sweep recipes/atlas-chat.yaml models/atlas-validation.jsonl prose.txt --param alpha=0,0.5,1
  trimtab sweep r.yaml questions.jsonl --reward-weight 0,1,2 --kl-budget 0.2,1,none --limit 100
  trimtab sweep r.yaml questions.jsonl --param alpha=0.5,1 --candidates 5,20 --json
  trimtab sweep r.yaml questions.jsonl --param alpha=1,2 --schedule alpha=none --schedule alpha=match:kl`;

export function defineSweep(command: Command, cli: Cli): Command {
  command
    .description(
      'Measures a recipe on tasks in every combination of settings, and marks those that no other ' +
        'one beats. With a task of plain text, the loss on it stands beside the scores.',
    )
    .argument('<recipe>', 'a recipe file (YAML)')
    .argument(
      '<task...>',
      'files of questions, texts, choices, … (JSONL, CSV, text, modules), or directories of them',
    )
    .optionsGroup('Settings:')
    .option(
      '--param <name=values>',
      'values of a param of the formula, e.g. alpha=0,0.5,1; may be given again',
      collectNumberLists,
    )
    .addOption(axisOption('params.rewardWeight').argParser(parseNumbers))
    .option('--candidates <values>', candidates.description, parseNumbers)
    .addOption(
      axisOption('klBudget.perToken', ', in nats, e.g. 0.5,1,none').argParser(parseBudgets),
    )
    .option(
      '--schedule <param=how>',
      'how a param is chosen at each token: alpha=match:kl, alpha=junctions:0.5, both with a comma, or none; ' +
        'one more value each time it is given',
      collectScheduleLists,
    );
  addTaskOptions(command);
  addMeasureOptions(command);
  addJsonOption(command, 'the summary');
  return command
    .addHelpText('after', examples)
    .action(async (recipe: string, tasks: readonly string[]) => {
      // Loaded when it runs, so that the other commands start at once.
      const { runSweep } = await import('../sweep/run-sweep.ts');
      await runSweep(cli, recipe, tasks, command.optsWithGlobals());
    });
}
