import type { Command } from 'commander';

import { mostMovedDefaults } from '../../evaluation/studies/shift/most-moved.ts';
import type { Cli } from '../cli.ts';
import { addGenerationOptions } from '../options/generation.ts';
import { addJsonOption } from '../options/output.ts';
import { addServerOptions } from '../options/server.ts';
import { parseCount, parseNumber, parseWhole } from '../options/values.ts';

const defaultMaxTokens = 256;

const examples = `
Kinds of tokens: facts (part of a right answer), those of --labels, numbers, punctuation, style (the rest).
Labels are a JSON file: { "opening": ["Certainly", "/^I am/i"] }. See \`trimtab docs steering-studies\`.

Examples:
  trimtab shift recipes/atlas-chat.yaml models/atlas-heldout.jsonl --limit 50
  trimtab shift r.yaml --prompts prompts.txt --labels labels.json --param alpha=0.3
  trimtab shift r.yaml gsm8k.jsonl --output shift-gsm8k --json`;

export function defineShift(command: Command, cli: Cli): Command {
  command
    .description(
      'Answers the questions of a task and says what steering did to the probability of the tokens ' +
        'that were chosen: by kind of token, by place in the answer, and for those that moved most.',
    )
    .argument('<recipe>', 'a recipe file (YAML); with --url, the name of a recipe')
    .argument('[task]', 'a file of questions with answers (JSONL or CSV)')
    .optionsGroup('Questions:')
    .option('--prompts <file>', 'in place of a task: text with one prompt to a line')
    .option('--format <format>', 'of the task (default: recognised by its first line)')
    .option('--limit <n>', 'ask the first N only', parseNumber)
    .optionsGroup('Study:')
    .option('--labels <file>', 'kinds of your own: phrases and /patterns/ by label (JSON)')
    .option('--top <n>', 'tokens that moved most', parseWhole, mostMovedDefaults.limit)
    .option(
      '--min-count <n>',
      'leave tokens out of those that were chosen less often',
      parseCount,
      mostMovedDefaults.leastCount,
    )
    .option('--output <directory>', 'write the summary, and the data of every token, there');
  addGenerationOptions(command, defaultMaxTokens);
  addServerOptions(command, 'answer with a running server instead');
  addJsonOption(command, 'the summary');
  return command
    .addHelpText('after', examples)
    .action(async (recipe: string, task: string | undefined) => {
      // Loaded when it runs, so that the other commands start at once.
      const { runShift } = await import('../shift/run-shift.ts');
      await runShift(cli, recipe, task, command.optsWithGlobals());
    });
}
