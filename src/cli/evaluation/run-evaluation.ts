import path from 'node:path';

import {
  clearRunDirectory,
  contentId,
  describeRun,
  evaluate,
  isFailed,
  summarise,
  writeReports,
  type DescribedRun,
} from '../../evaluation/index.ts';
import type { SamplingOptions } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { FailureSaid } from '../failure.ts';
import { writeJson } from '../json.ts';
import { makeFolder } from '../named-file.ts';
import { optionsOf } from '../options/option-flags.ts';
import { programOptionsOf, type ProgramFlags } from '../options/programs.ts';
import type { ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { readManifest } from '../package-files.ts';
import { escapeLine } from '../render/escape.ts';
import { renderEvaluation } from '../render/evaluation.ts';
import { readExampleFlags, withExampleSystem, type ExampleFlags } from './example-system.ts';
import { openSystems, type LocalFlags } from './open-systems.ts';
import { withProgress } from './progress.ts';
import { readTasks, saySkipped, type TaskFlags } from './read-tasks.ts';
import { toRoles, toSystems, type RoleFlags } from './systems.ts';

/** Flags of `trimtab eval`, as commander parses them. */
export interface EvalFlags
  extends
    TaskFlags,
    RoleFlags,
    ExampleFlags,
    LocalFlags,
    ServerFlags,
    SamplingOptions,
    ProgramFlags {
  readonly recipe: readonly string[];
  readonly output?: string;
  /** `false` for `--no-resume`. */
  readonly resume: boolean;
  readonly maxFailures?: number;
}

/** Two items in work for each answer at once: there is always one that waits. */
export const itemsPerLane = 2;

/** Evaluates, writes the reports beside the results, and says what they say. */
export async function runEvaluation(
  cli: Cli,
  files: readonly string[],
  flags: EvalFlags,
): Promise<void> {
  const tasks = await readTasks('task', files, flags);
  saySkipped(cli, tasks);
  const examples = await readExampleFlags(flags);
  await using opened = await openSystems(cli, flags.recipe, flags);
  const { named, service } = opened;
  const { seed: _, ...options } = optionsOf({ ...flags }, [
    'params',
    'schedules',
    'answer',
    'sampling',
  ]);
  const answering = toSystems(named, options);
  const roles = toRoles(named, answering, flags);
  const systems = withExampleSystem(answering, roles.base, examples);
  const run: DescribedRun = {
    tasks,
    systems,
    seed: flags.seed ?? 0,
    version: readManifest().version,
    samples: flags.samples ?? 1,
  };
  const directory = flags.output ?? defaultDirectory(run);
  await makeFolder('--output', directory);
  if (!flags.resume) await clearRunDirectory(directory);
  const { quiet = false, parallel, maxFailures } = flags;
  const evaluation = await withProgress(cli, quiet, directory, (onProgress) =>
    evaluate({
      ...programOptionsOf(flags),
      ...run,
      service,
      directory,
      signal: cli.interruption.signal,
      ...(parallel !== undefined && { concurrency: itemsPerLane * parallel }),
      ...(maxFailures !== undefined && { maxFailures }),
      onProgress,
    }),
  );
  const summary = summarise(evaluation, tasks, roles);
  const reports = await writeReports(directory, summary);
  if (flags.json === true) {
    writeJson(cli.out, { directory, ...summary });
  } else {
    writeLines(cli.out, renderEvaluation(summary, cli.out.palette));
    if (!quiet) {
      cli.err.write(`${cli.err.palette.dim(`written: ${reports.map(escapeLine).join(', ')}`)}\n`);
    }
  }
  if (evaluation.records.some(({ result }) => isFailed(result))) throw new FailureSaid();
}

/** One for each evaluation: the same command finds what it has done. */
function defaultDirectory(run: DescribedRun): string {
  const names = [run.tasks[0]!.name, run.systems.at(-1)!.recipe, contentId(describeRun(run))];
  return path.join('evaluations', names.join('-'));
}
