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
  type Evaluation,
  type EvaluationProgress,
  type EvaluationSystem,
} from '../../evaluation/index.ts';
import type { SamplingOptions } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { FailureSaid, UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { makeFolder } from '../named-file.ts';
import { programOptionsOf, type ProgramFlags } from '../options/programs.ts';
import { samplingOf } from '../options/sampling.ts';
import type { ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { readManifest } from '../package-files.ts';
import { escapeLine } from '../render/escape.ts';
import { renderEvaluation } from '../render/evaluation.ts';
import { toRoles, toSystems, type Contest, type RoleFlags } from './contestants.ts';
import { readExampleFlags, withExampleSystem, type ExampleFlags } from './example-system.ts';
import { openLocalContest, type LocalFlags } from './local-contest.ts';
import { createProgressBar } from './progress.ts';
import { readTasks, saySkipped, type TaskFlags } from './read-tasks.ts';
import { openRemoteContest } from './remote-contest.ts';

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
  readonly param?: Readonly<Record<string, number>>;
  readonly maxTokens: number;
  readonly stop?: readonly string[];
  readonly output?: string;
  /** `false` for `--no-resume`. */
  readonly resume: boolean;
  readonly maxFailures?: number;
}

/** Two items in work for each answer at once: there is always one that waits. */
const itemsPerLane = 2;

/** Evaluates, writes the reports beside the results, and says what they say. */
export async function runEvaluation(
  cli: Cli,
  files: readonly string[],
  flags: EvalFlags,
): Promise<void> {
  const tasks = await readTasks('task', files, flags);
  saySkipped(cli, tasks);
  const examples = await readExampleFlags(flags);
  const contest = await openContest(cli, flags);
  const answering = toSystems(contest.contestants, optionsOf(flags));
  const roles = toRoles(contest.contestants, answering, flags);
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
  const evaluation = await evaluateHere(cli, run, contest, directory, flags);
  const summary = summarise(evaluation, tasks, roles);
  const reports = await writeReports(directory, summary);
  if (flags.json === true) {
    writeJson(cli.out, { directory, ...summary });
  } else {
    writeLines(cli.out, renderEvaluation(summary, cli.out.palette));
    if (flags.quiet !== true) {
      cli.err.write(`${cli.err.palette.dim(`written: ${reports.map(escapeLine).join(', ')}`)}\n`);
    }
  }
  if (evaluation.records.some(({ result }) => isFailed(result))) throw new FailureSaid();
}

function openContest(cli: Cli, flags: EvalFlags): Promise<Contest> {
  if (flags.url === undefined) return openLocalContest(cli, '--recipe', flags.recipe, flags);
  if (flags.allowModules === true) {
    throw new UsageError('--allow-modules is for `trimtab serve`: the server runs the modules.');
  }
  return openRemoteContest(flags.recipe, flags, cli.interruption.signal);
}

function optionsOf(flags: EvalFlags): EvaluationSystem['options'] {
  const { seed: _, ...sampling } = samplingOf(flags);
  const { maxTokens, stop, param: params } = flags;
  return { ...sampling, maxTokens, ...(stop && { stop }), ...(params && { params }) };
}

/** One for each evaluation: the same command finds what it has done. */
function defaultDirectory(run: DescribedRun): string {
  const names = [run.tasks[0]!.name, run.systems.at(-1)!.recipe, contentId(describeRun(run))];
  return path.join('evaluations', names.join('-'));
}

async function evaluateHere(
  cli: Cli,
  run: DescribedRun,
  contest: Contest,
  directory: string,
  flags: EvalFlags,
): Promise<Evaluation> {
  const { quiet = false, parallel, maxFailures } = flags;
  let progress: EvaluationProgress | undefined;
  using bar = createProgressBar(cli, quiet, () => performance.now());
  await using service = await contest.open();
  try {
    return await evaluate({
      ...programOptionsOf(flags),
      ...run,
      service,
      directory,
      signal: cli.interruption.signal,
      ...(parallel !== undefined && { concurrency: itemsPerLane * parallel }),
      ...(maxFailures !== undefined && { maxFailures }),
      onProgress(now) {
        progress = now;
        bar.update(now);
      },
    });
  } catch (error) {
    bar[Symbol.dispose]();
    if (progress !== undefined && progress.done > 0) {
      cli.err.write(
        `${progress.done} of ${progress.of} items are done and kept in ${escapeLine(directory)}: ` +
          'the same command goes on from there.\n',
      );
    }
    throw error;
  }
}
