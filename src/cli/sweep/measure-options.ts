import type { Command } from 'commander';

import { engineDefaults } from '../../spec/index.ts';
import { addModuleOption } from '../options/modules.ts';
import { addProgramOptions } from '../options/programs.ts';
import { addSamplingOptions } from '../options/sampling.ts';
import { collectTexts, parseCount, parseNumber, parseWhole } from '../options/values.ts';

const defaultMaxTokens = 256;

/** The flags that say what of the tasks' files is measured. */
export function addTaskOptions(command: Command): Command {
  command
    .optionsGroup('Tasks:')
    .option('--format <format>', 'of the files (default: recognised by their first line)')
    .option(
      '--group-by <field>',
      'field or column that items of one group have in common, e.g. a person: intervals and p are then ' +
        'over groups (default: `group`, where there is one)',
    )
    .option(
      '--metric <name>',
      "of generated answers, in place of the files' own; may be given again",
      collectTexts,
    )
    .option('--limit <n>', 'the first N items of each file only', parseNumber);
  return addProgramOptions(command);
}

/** The flags that say how a recipe is measured, whatever the setting. */
export function addMeasureOptions(command: Command): Command {
  command
    .optionsGroup('Run:')
    .option('--max-tokens <n>', 'tokens to answer with at most', parseCount, defaultMaxTokens)
    .option('--stop <text>', 'answers end before this text; may be given again', collectTexts)
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
  addModuleOption(command, 'reward modules and tasks that are modules');
  return addSamplingOptions(command, 'default: 0');
}
