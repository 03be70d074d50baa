import type { Command } from 'commander';

import type { EvaluateOptions } from '../../evaluation/index.ts';
import { parseNumber, parseNumbers } from './values.ts';

/** Flags of {@link addProgramOptions}, as commander parses them. */
export interface ProgramFlags {
  readonly samples?: number;
  readonly k?: readonly number[];
  readonly allowPython?: boolean;
}

/** The flags for tasks of programs. */
export function addProgramOptions(command: Command): Command {
  return command
    .option(
      '--samples <n>',
      'completions of each program, for pass@k; needs a temperature above 0 (default: 1)',
      parseNumber,
    )
    .option('--k <values>', 'sizes of pass@k (default: 1,10,100 as far as --samples)', parseNumbers)
    .option(
      '--allow-python',
      'run generated Python with python3: kept from accidents, not sandboxed',
    );
}

export function programOptionsOf({
  samples,
  k,
  allowPython = false,
}: ProgramFlags): Pick<EvaluateOptions, 'samples' | 'passAt' | 'programs'> {
  return {
    ...(samples !== undefined && { samples }),
    ...(k !== undefined && { passAt: k }),
    programs: { python: allowPython },
  };
}
