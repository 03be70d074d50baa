import path from 'node:path';

import { answerMetrics, readConversations, type AnswerMetricName } from '../../evaluation/index.ts';
import { isTuningPythonThere, makePair, type MakePairOptions } from '../../pairs/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { pullModels } from '../hub/pull-models.ts';
import { writeJson } from '../json.ts';
import { warn } from '../loading.ts';
import { makeFolder, parseFile } from '../named-file.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { readManifest } from '../package-files.ts';
import { renderPair } from '../render/pair.ts';
import { askAtTerminal } from '../terminal-questions.ts';
import { createPairReport } from './pair-report.ts';

/** Flags of `trimtab pair make`, as commander parses them. */
export interface PairMakeFlags
  extends
    OutputFlags,
    PullFlags,
    Omit<
      MakePairOptions,
      | 'data'
      | 'output'
      | 'metrics'
      | 'version'
      | 'today'
      | 'engineOptions'
      | 'signal'
      | 'onProgress'
    > {
  readonly output?: string;
  readonly metric?: readonly string[];
}

/** Makes a pair, shows how far it is, and says what it is worth. */
export async function runPairMake(cli: Cli, data: string, flags: PairMakeFlags): Promise<void> {
  const {
    quiet = false,
    pull = false,
    json,
    output = path.parse(data).name,
    metric = [],
    ...rest
  } = flags;
  if (path.resolve(output) === path.resolve(data)) {
    throw new UsageError(`--output: ${output} is the data itself: name a folder.`);
  }
  await parseFile('data', data, (text) => readConversations(text, data, rest.groupBy));
  await makeFolder('--output', output);
  const install = rest.install === true || (await wantsEnvironment(cli, flags));
  using report = createPairReport(cli.err, cli.now, quiet);
  const fetchMissing = (names: readonly string[]) => pullModels(cli, names, flags);
  let made;
  try {
    made = await makePair({
      ...rest,
      metrics: metric.map(toMetric),
      ...(pull && { fetchMissing }),
      data,
      output,
      install,
      version: readManifest().version,
      today: new Date().toISOString().slice(0, 10),
      engineOptions: cli.engineOptions,
      signal: cli.interruption.signal,
      onProgress: report.update,
    });
  } catch (error) {
    report[Symbol.dispose]();
    if (report.hasBegun && !quiet)
      cli.err.write('What is done is kept: the same command goes on.\n');
    throw toUsageError(error, data);
  }
  report[Symbol.dispose]();
  if (!quiet) warn(cli, made.warnings);
  if (json === true) {
    const { folder, summary: _, ...told } = made;
    return writeJson(cli.out, { folder: folder.path, ...told });
  }
  writeLines(cli.out, renderPair(made, cli.out.palette));
}

/** What was asked for cannot be: that is the call's fault. */
function toUsageError(cause: unknown, data: string): unknown {
  if (!(cause instanceof InvalidOptionError)) return cause;
  const place = cause.option === 'data' ? `data: ${data}: ` : '';
  return new UsageError(place + cause.message, { cause });
}

/** @throws UsageError */
function toMetric(name: string): AnswerMetricName {
  const known = Object.keys(answerMetrics) as AnswerMetricName[];
  const found = known.find((metric) => metric === name);
  if (found !== undefined) return found;
  throw new UsageError(`--metric: there is no metric ${name}. It is one of ${known.join(', ')}.`);
}

/** Asks for what is large, where there is somebody to ask. */
async function wantsEnvironment(
  cli: Cli,
  { python, json }: Pick<PairMakeFlags, 'python' | 'json'>,
): Promise<boolean> {
  const canAsk = cli.input.isTTY && cli.out.isTerminal && json !== true;
  if (python !== undefined || !canAsk || (await isTuningPythonThere())) return false;
  return askAtTerminal(cli, (prompts, style) =>
    prompts.confirm({
      ...style,
      message: 'Tuning needs Python with PyTorch, about 1.3 GB. Make an environment for it now?',
    }),
  );
}
