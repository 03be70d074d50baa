import type { Command } from 'commander';

import { addProgramOptions } from '../options/programs.ts';
import { collectTexts, parseNumber } from '../options/values.ts';

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
