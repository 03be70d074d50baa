import { readShiftLabels, studyShifts, type ShiftLabels } from '../../evaluation/index.ts';
import type { Cli } from '../cli.ts';
import { withProgress } from '../evaluation/progress.ts';
import { writeJson } from '../json.ts';
import { makeFolder, parseFile } from '../named-file.ts';
import { openRecipe } from '../open-recipe.ts';
import { generationOf, type GenerationFlags } from '../options/generation.ts';
import type { OutputFlags } from '../options/output.ts';
import type { ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { renderShiftStudy } from '../render/shift-study.ts';
import { readAskedQuestions, type QuestionFlags } from './read-questions.ts';

/** Flags of `trimtab shift`, as commander parses them. */
export interface ShiftFlags extends GenerationFlags, OutputFlags, ServerFlags, QuestionFlags {
  readonly seed?: number;
  readonly labels?: string;
  readonly top: number;
  readonly minCount: number;
  readonly output?: string;
}

/** Answers the questions and says what steering did to the tokens. */
export async function runShift(
  cli: Cli,
  file: string,
  task: string | undefined,
  flags: ShiftFlags,
) {
  const options = await generationOf(flags);
  const questions = await readAskedQuestions(task, flags);
  const labels = await labelsOf(flags);
  await using opened = await openRecipe(cli, file, flags);
  const { output, quiet = false, top: limit, minCount: leastCount } = flags;
  if (output !== undefined) await makeFolder('--output', output);
  await opened.load();
  const { signal } = cli.interruption;
  const { service } = opened;
  const request = opened.request('', options, signal);
  const report = await withProgress(cli, quiet, null, (onProgress) =>
    studyShifts({
      service,
      request,
      questions,
      ...(labels && { labels }),
      limit,
      leastCount,
      ...(output !== undefined && { directory: output }),
      signal,
      onProgress,
    }),
  );
  if (flags.json) return writeJson(cli.out, report);
  const { dim } = cli.out.palette;
  writeLines(cli.out, [dim(cli.out.plain(report.formula)), '']);
  writeLines(cli.out, renderShiftStudy(report, cli.out.palette));
}

async function labelsOf({ labels }: ShiftFlags): Promise<ShiftLabels | undefined> {
  if (labels === undefined) return undefined;
  return parseFile('--labels', labels, (text) => readShiftLabels(text, labels));
}
