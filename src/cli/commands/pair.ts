import { Command } from 'commander';

import { defaultShots } from '../../pairs/rivals.ts';
import { tuningDefaults } from '../../pairs/settings.ts';
import type { Cli } from '../cli.ts';
import { addJsonOption } from '../options/output.ts';
import { addPullOption } from '../options/pull.ts';
import {
  collectTexts,
  parseCount,
  parseNumber,
  parsePositive,
  parseWhole,
} from '../options/values.ts';

const examples = `
The data is JSONL as models are tuned on: { "messages": [..., { "role": "assistant", "content": "..." }] } to a line, or
{ "question": "...", "answer": "..." }. Some of it is kept apart: 15 % to choose the strength and the epoch by, 15 % to judge by.

In the folder are then expert.gguf (the adapter), recipe.yaml, the split data, and evaluation/report.html. What is done
is kept: after Ctrl-C, the same command goes on. See \`trimtab docs experts\`.

Examples:
  trimtab pair make chats.jsonl --model small.gguf --base large.gguf --install
  trimtab pair make chats.jsonl --model hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0 --output my-pair
  trimtab pair make chats.jsonl --model small.gguf --base large.gguf --inside --instruction 'Answer as a pirate.'`;

export function definePair(command: Command, cli: Cli): Command {
  command.description('Makes pairs of an expert and its twin.');
  command.addCommand(createMakeCommand(cli));
  return command;
}

function createMakeCommand(cli: Cli): Command {
  const command = new Command('make')
    .summary('tune a small model on examples, and say whether it is worth it')
    .description(
      'Tunes a LoRA adapter on a small model, with which it is the expert and without which it is the twin; writes a ' +
        'recipe in which the pair steers a base, chooses the strength, and compares it with the base alone, told or shown ' +
        'what to do, and with the expert alone. Exits with 0 whatever the verdict is.',
    )
    .argument('<data>', 'conversations with their answers, as JSONL')
    .optionsGroup('Models:')
    .requiredOption(
      '--model <model>',
      'the small model that is tuned: a GGUF file, or hf:owner/name',
    )
    .option(
      '--base <model>',
      'the large one that the pair shall steer; of its vocabulary (default: the small one itself)',
    )
    .option(
      '--weights <path>',
      "folder of the small model's weights as of Hugging Face (safetensors), in place of those of its file, which are dequantised",
    );
  addPullOption(command)
    .option('--output <folder>', 'of the pair (default: the name of the data)')
    .option('--group-by <field>', 'field of the data whose equal values are not to be split');
  addTuningOptions(command);
  addJudgingOptions(command);
  addJsonOption(command, 'what was made');
  return command.addHelpText('after', examples).action(async (data: string) => {
    const { runPairMake } = await import('../pairs/run-pair-make.ts');
    await runPairMake(cli, data, command.optsWithGlobals());
  });
}

function addTuningOptions(command: Command): void {
  const { rank, epochs, rate, batch, smoothing, maxTokens, strength, seed } = tuningDefaults;
  command
    .optionsGroup('Tuning:')
    .option(
      '--inside',
      'tune for the composition with the base, which it then must stay with, in place of the expert alone',
    )
    .option('--strength <value>', 'of that composition', parsePositive, strength)
    .option(
      '--epochs <n>',
      'times that all of it is learned; the best of them is taken',
      parseCount,
      epochs,
    )
    .option('--rate <value>', 'learning rate', parsePositive, rate)
    .option('--rank <n>', 'of the adapter', parseCount, rank)
    .option('--batch <n>', 'conversations of one step', parseCount, batch)
    .option('--smoothing <share>', 'label smoothing', parseNumber, smoothing)
    .option('--max-tokens <n>', 'longest conversation that is learned from', parseCount, maxTokens)
    .option('--seed <n>', 'decides the split and the order', parseWhole, seed)
    .option('--threads <n>', 'of PyTorch (default: what it chooses)', parseCount)
    .option(
      '--install',
      'make the virtual environment with PyTorch that tuning needs, where it is missing',
    )
    .option('--python <path>', 'one that has what tuning needs, in place of that environment');
}

function addJudgingOptions(command: Command): void {
  command
    .optionsGroup('Judging:')
    .option('--instruction <text>', 'compare with the base that is told this as a system message')
    .option(
      '--shots <n>',
      'compare with the base that is shown so many of the examples',
      parseWhole,
      defaultShots,
    )
    .option(
      '--metric <name>',
      'generate all answers of the test set, and score them by this, too; may be given again',
      collectTexts,
    );
}
