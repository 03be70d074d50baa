import type { Command } from 'commander';

import type { Cli } from './cli.ts';
import { createCalibrateCommand } from './commands/calibrate.ts';
import { createCheckCommand } from './commands/check.ts';
import { createCompareCommand } from './commands/compare.ts';
import { createDemoCommand } from './commands/demo.ts';
import { createDocsCommand } from './commands/docs.ts';
import { createDoctorCommand } from './commands/doctor.ts';
import { createEvalCommand } from './commands/eval.ts';
import { createExplainCommand } from './commands/explain.ts';
import { createInspectCommand } from './commands/inspect.ts';
import { createLsCommand } from './commands/ls.ts';
import { createProfileCommand } from './commands/profile.ts';
import { createPsCommand } from './commands/ps.ts';
import { createRunCommand } from './commands/run.ts';
import { createServeCommand } from './commands/serve.ts';
import { createShiftCommand } from './commands/shift.ts';
import { createSweepCommand } from './commands/sweep.ts';

/** Every command, in the order of the help. A new one is a file in `commands/` and a line here. */
export const commands: readonly ((cli: Cli) => Command)[] = [
  createDemoCommand,
  createRunCommand,
  createCompareCommand,
  createExplainCommand,
  createEvalCommand,
  createShiftCommand,
  createSweepCommand,
  createCalibrateCommand,
  createProfileCommand,
  createServeCommand,
  createLsCommand,
  createPsCommand,
  createCheckCommand,
  createInspectCommand,
  createDoctorCommand,
  createDocsCommand,
];
