import type { Command } from 'commander';

import { engineDefaults } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { addTaskOptions } from '../evaluation/task-options.ts';
import { addLoadOptions } from '../options/load.ts';
import { addModuleOption } from '../options/modules.ts';
import { addJsonOption } from '../options/output.ts';
import { addFlags } from '../options/option-flags.ts';
import { addSamplingOptions } from '../options/sampling.ts';
import { addServerOptions } from '../options/server.ts';
import { collectTexts, parseCount, parseNumber, parseWhole } from '../options/values.ts';

const defaultMaxTokens = 256;

const examples = `
Every result is on disk as soon as it is known: after Ctrl-C or a crash, the same command goes on.
The files of tasks, metrics and verdicts are described by \`trimtab docs evaluation\`.

Examples:
  trimtab eval models/atlas-heldout.jsonl --recipe recipes/atlas-chat.yaml --limit 50 --metric contains
  trimtab eval test.csv --format truthful-qa --recipe a.yaml --recipe b.yaml --recipe a.yaml/large
  trimtab eval gsm8k.jsonl --recipe a.yaml --recipe a.yaml/large --recipe tuned.yaml --direct tuned
  trimtab eval HumanEval.jsonl --recipe a.yaml --samples 20 --temperature 0.8 --allow-python
  trimtab eval test.jsonl --recipe a.yaml --examples train.jsonl --shots 8 --group-by person
  trimtab eval questions.jsonl --recipe atlas-chat --url http://127.0.0.1:8080`;

export function defineEval(command: Command, cli: Cli): Command {
  command
    .description(
      'Puts the items of task files to recipes, or to single models of them, and says whether the ' +
        'composition helps: metrics with intervals, paired tests, the gap closed.',
    )
    .argument(
      '<task...>',
      'files of questions, texts, choices, … (JSONL, CSV, text, modules), or directories of them',
    );
  addSystemOptions(command);
  addTaskOptions(command);
  addRunOptions(command);
  addSamplingOptions(command, 'default: 0');
  addServerOptions(command, 'let a running server answer instead');
  addJsonOption(command, 'the summary');
  return command.addHelpText('after', examples).action(async (tasks: string[]) => {
    // Loaded when it runs, so that the other commands start at once.
    const { runEvaluation } = await import('../evaluation/run-evaluation.ts');
    await runEvaluation(cli, tasks, command.optsWithGlobals());
  });
}

function addSystemOptions(command: Command): void {
  command
    .optionsGroup('Systems:')
    .requiredOption(
      '--recipe <file>',
      'a recipe, or `recipe.yaml/model` for one of its models alone; may be given again. One that is ' +
        'given alone is compared with its base and its expert. With --url, names',
      collectTexts,
    )
    .option('--base <name>', "the system that others are compared with (default: a recipe's base)")
    .option(
      '--expert <name>',
      "the small model alone, for the verdict (default: a recipe's expert)",
    )
    .option('--direct <name>', 'the base tuned directly, for the gap closed')
    .option(
      '--examples <file>',
      'compare with the base given examples in context, too: a file of questions with answers, in any ' +
        'format of tasks; needs --shots',
    )
    .option('--shots <n>', 'show the first N of --examples', parseNumber);
}

function addRunOptions(command: Command): void {
  addFlags(command.optionsGroup('Run:'), 'params');
  addFlags(command, 'schedules');
  addFlags(command, 'answer', { maxTokens: { default: defaultMaxTokens } })
    .option(
      '--output <directory>',
      'where results and reports go (default: a folder in ./evaluations for this very evaluation)',
    )
    .option('--no-resume', 'begin anew where results of the same evaluation are')
    .option(
      '--parallel <n>',
      `answers at once of each model (default: the recipe's, or ${engineDefaults.maxSequences})`,
      parseCount,
    )
    .option('--max-failures <n>', 'items that may fail before it is given up', parseWhole);
  addLoadOptions(addModuleOption(command, 'reward modules and tasks that are modules'));
}
