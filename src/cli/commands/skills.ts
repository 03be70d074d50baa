import { Command } from 'commander';

import { skillDefaults } from '../../pairs/skill-defaults.ts';
import { tuningDefaults } from '../../pairs/settings.ts';
import type { Cli } from '../cli.ts';
import { addJsonOption } from '../options/output.ts';
import { addPullOption } from '../options/pull.ts';
import { parseCount, parsePositive, parseWhole } from '../options/values.ts';

const trainExamples = `
The data is JSONL as models are tuned on: { "messages": [..., { "role": "assistant", "content": "..." }] } to a line, or
{ "prompt": "...", "answer": "..." }. 15 % of it is kept apart, to choose the epoch by.

The file has a number for each singular value of the model's feed-forward matrices: some kilobytes. A recipe names it
among its skills. See \`trimtab docs skills\`.

Examples:
  trimtab skills train sums.jsonl --model model.gguf --output sums.gguf --install`;

const mixExamples = `
Examples:
  trimtab skills mix sums.gguf --model model.gguf --output sums-lora.gguf --rank 32
  trimtab skills mix sums.gguf=0.7 code.gguf=0.3 --model model.gguf --weights --output mixed.gguf`;

const chooseExamples = `
Examples:
  trimtab skills choose recipes/atlas-skills.yaml examples.jsonl
  trimtab skills choose recipes/atlas-skills.yaml examples.jsonl --search --json`;

export function defineSkills(command: Command, cli: Cli): Command {
  command.description(
    'Skills are small adapters over one model, which each request mixes: trains SVF experts, makes adapters and weights of them, ' +
      'and chooses by examples.',
  );
  command.addCommand(createTrainCommand(cli));
  command.addCommand(createMixCommand(cli));
  command.addCommand(createChooseCommand(cli));
  return command;
}

function createTrainCommand(cli: Cli): Command {
  const command = new Command('train')
    .summary('tune an SVF expert on conversations')
    .description(
      "Tunes what each singular value of a model's feed-forward matrices is multiplied by, on conversations, and writes it as a " +
        'file of some kilobytes with where it comes from.',
    )
    .argument('<data>', 'conversations with their answers, as JSONL')
    .requiredOption('--model <model>', 'a GGUF file, or hf:owner/name')
    .requiredOption('--output <file>', "the expert's file (GGUF)")
    .option('--task <text>', "what it is for, in its file (default: the file's name)")
    .option('--group-by <field>', 'field of the data whose equal values are not to be split');
  addPullOption(command)
    .optionsGroup('Tuning:')
    .option(
      '--epochs <n>',
      'times that all of it is learned; the best of them is taken',
      parseCount,
      skillDefaults.epochs,
    )
    .option('--rate <value>', 'learning rate', parsePositive, skillDefaults.rate)
    .option('--batch <n>', 'conversations of one step', parseCount, skillDefaults.batch)
    .option(
      '--max-tokens <n>',
      'longest conversation that is learned from',
      parseCount,
      tuningDefaults.maxTokens,
    )
    .option('--seed <n>', 'decides the split and the order', parseWhole, tuningDefaults.seed)
    .option('--threads <n>', 'of PyTorch (default: what it chooses)', parseCount)
    .option(
      '--install',
      'make the virtual environment with PyTorch that tuning needs, where it is missing',
    )
    .option('--python <path>', 'one that has what tuning needs, in place of that environment');
  addJsonOption(command, 'what was made');
  return command.addHelpText('after', trainExamples).action(async (data: string) => {
    const { runTrain } = await import('../skills/run-train.ts');
    await runTrain(cli, data, command.optsWithGlobals());
  });
}

function createMixCommand(cli: Cli): Command {
  const command = new Command('mix')
    .summary('make a LoRA adapter of an SVF expert, or weights of several')
    .description(
      'Writes an SVF expert as a LoRA adapter over its model, which llama.cpp and what is built on it load; or, with --weights, ' +
        'the model itself with a mixture of experts in its weights, at the speed of the model alone.',
    )
    .argument('<expert...>', 'files of experts; with --weights each may have a weight, FILE=WEIGHT')
    .requiredOption('--model <path>', 'the GGUF file that they were made for')
    .requiredOption('--output <file>', 'what is written (GGUF)')
    .option(
      '--rank <n>',
      'of the adapter, at most; exact by default, and what a lower one leaves out is told',
      parseCount,
    )
    .option('--weights', 'write the model with the mixture in its weights');
  addJsonOption(command, 'what was written');
  return command.addHelpText('after', mixExamples).action(async (experts: string[]) => {
    const { runMix } = await import('../skills/run-mix.ts');
    await runMix(cli, experts, command.optsWithGlobals());
  });
}

function createChooseCommand(cli: Cli): Command {
  const command = new Command('choose')
    .summary("choose a recipe's skill, or a mixture, by examples")
    .description(
      'Scores examples under each skill of a recipe and under none, one pass each, and says which makes them likeliest; with --search, ' +
        'looks for a mixture by the cross-entropy method.',
    )
    .argument('<recipe>', 'a recipe file (YAML) with skills')
    .argument('<data>', 'prompts with the answers that are wanted, as JSONL')
    .option('--limit <n>', 'take the first N only', parseCount)
    .option('--search', 'look for a mixture, too')
    .option('--seed <n>', 'of that search', parseWhole, 0);
  addPullOption(command);
  addJsonOption(command, 'the choice, and all that was compared');
  return command
    .addHelpText('after', chooseExamples)
    .action(async (recipe: string, data: string) => {
      const { runChoose } = await import('../skills/run-choose.ts');
      await runChoose(cli, recipe, data, command.optsWithGlobals());
    });
}
