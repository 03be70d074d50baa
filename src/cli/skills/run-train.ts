import path from 'node:path';

import { readConversations } from '../../evaluation/index.ts';
import { makeSkill, type MakeSkillOptions } from '../../pairs/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { pullModels } from '../hub/pull-models.ts';
import { writeJson } from '../json.ts';
import { warn } from '../loading.ts';
import { parseFile, requireWritable } from '../named-file.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { createPairReport } from '../pairs/pair-report.ts';

/** Flags of `trimtab skills train`, as commander parses them. */
export interface SkillTrainFlags
  extends
    OutputFlags,
    PullFlags,
    Omit<MakeSkillOptions, 'data' | 'today' | 'signal' | 'onProgress'> {}

/** Tunes an expert, shows how far it is, and says what it came to. */
export async function runTrain(cli: Cli, data: string, flags: SkillTrainFlags): Promise<void> {
  const { quiet = false, pull = false, json, ...rest } = flags;
  if (path.resolve(rest.output) === path.resolve(data)) {
    throw new UsageError(`--output: ${rest.output} is the data itself: name another file.`);
  }
  await parseFile('data', data, (text) => readConversations(text, data, rest.groupBy));
  await requireWritable('--output', rest.output);
  using report = createPairReport(cli.err, cli.now, quiet);
  const fetchMissing = (names: readonly string[]) => pullModels(cli, names, flags);
  let made;
  try {
    made = await makeSkill({
      ...rest,
      ...(pull && { fetchMissing }),
      data,
      today: new Date().toISOString().slice(0, 10),
      engineOptions: cli.engineOptions,
      signal: cli.interruption.signal,
      onProgress: report.update,
    });
  } catch (cause) {
    report[Symbol.dispose]();
    if (!(cause instanceof InvalidOptionError)) throw cause;
    const place = cause.option === 'data' ? `data: ${data}: ` : '';
    throw new UsageError(place + cause.message, { cause });
  }
  report[Symbol.dispose]();
  if (!quiet) warn(cli, made.skipped);
  if (json === true) return writeJson(cli.out, made);
  const { tuned, conversations, file } = made;
  const { dim } = cli.out.palette;
  writeLines(cli.out, [
    `${file}: answers that were not learned from cost ${tuned.development.toFixed(3)} nats a token, ` +
      `${tuned.untuned.toFixed(3)} without it.`,
    dim(
      `Learned from ${conversations.training} conversations, chosen by ${conversations.development}, in epoch ${tuned.epoch}. ` +
        `In a recipe: skills: { ${path.parse(file).name.replace(/\W+/g, '_')}: ${path.basename(file)} }`,
    ),
  ]);
}
