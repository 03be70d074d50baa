import type { Command } from 'commander';

import { engineDefaults } from '../../spec/index.ts';
import { addModuleOption } from '../options/modules.ts';
import { addLoadOptions } from '../options/load.ts';
import { addFlags } from '../options/option-flags.ts';
import { addSamplingOptions } from '../options/sampling.ts';
import { parseCount, parseWhole } from '../options/values.ts';

const defaultMaxTokens = 256;

/** The flags that say how a recipe is measured, whatever the setting. */
export function addMeasureOptions(command: Command): Command {
  addFlags(command.optionsGroup('Run:'), 'answer', { maxTokens: { default: defaultMaxTokens } })
    .option(
      '--output <directory>',
      'where results go (default: a folder in ./evaluations for these very measurements)',
    )
    .option(
      '--parallel <n>',
      `answers at once of each model (default: the recipe's, or ${engineDefaults.maxSequences})`,
      parseCount,
    )
    .option('--max-failures <n>', 'items that may fail before it is given up', parseWhole);
  addLoadOptions(addModuleOption(command, 'reward modules and tasks that are modules'));
  return addSamplingOptions(command, 'default: 0');
}
