import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { forEachConcurrently } from '../../evaluation/run/concurrently.ts';
import { itemSeed } from '../../evaluation/run/item-seed.ts';
import { formatJsonLines } from '../../evaluation/run/json-lines.ts';
import { answerShifts, type ShiftedToken } from '../../evaluation/shift/answer-shifts.ts';
import type { AskedQuestion } from '../../evaluation/shift/asked-question.ts';
import {
  noLabels,
  readShiftLabels,
  type ShiftLabels,
} from '../../evaluation/shift/shift-labels.ts';
import { summariseShifts } from '../../evaluation/shift/shift-study.ts';
import type { Answerer } from '../answerer.ts';
import type { Cli } from '../cli.ts';
import { createProgressBar } from '../evaluation/progress.ts';
import { writeJson } from '../json.ts';
import { makeFolder, parseFile } from '../named-file.ts';
import { findRecipe } from '../open-recipe.ts';
import { generationOf, type GenerationFlags } from '../options/generation.ts';
import type { OutputFlags } from '../options/output.ts';
import type { ServerFlags } from '../options/server.ts';
import { writeLines } from '../output.ts';
import { renderShiftStudy } from '../render/shift-study.ts';
import { readQuestions, type QuestionFlags } from './read-questions.ts';

/** Flags of `trimtab shift`, as commander parses them. */
export interface ShiftFlags extends GenerationFlags, OutputFlags, ServerFlags, QuestionFlags {
  readonly labels?: string;
  readonly top: number;
  readonly minCount: number;
  readonly output?: string;
}

/** An answer as it is written down. */
interface StudiedAnswer {
  readonly item: string;
  readonly text: string;
  readonly tokens: readonly ShiftedToken[];
}

/** Answers at once: more than a recipe's lanes only wait. */
const concurrency = 8;

/** Answers the questions and says what steering did to the tokens. */
export async function runShift(
  cli: Cli,
  file: string,
  task: string | undefined,
  flags: ShiftFlags,
) {
  const options = await generationOf(flags);
  const questions = await readQuestions(task, flags);
  const labels = await labelsOf(flags);
  const found = await findRecipe(cli, file, flags);
  if (flags.output !== undefined) await makeFolder('--output', flags.output);
  const { name, base, formula } = found.outline;
  await using answerer = await found.open();
  const seedOf = ({ id }: AskedQuestion): number => itemSeed(flags.seed ?? 0, 'shift', id);
  const answers = await answerAll(cli, questions, flags.quiet === true, (question, signal) => {
    const asked = { ...options, trace: true, seed: seedOf(question), signal };
    return study(answerer, question, asked, { base, labels });
  });
  const summary = summariseShifts(
    answers.map(({ tokens }) => tokens),
    { limit: flags.top, leastCount: flags.minCount },
  );
  const report = { recipe: name, formula, params: options.params ?? {}, ...summary };
  if (flags.output !== undefined) await writeStudy(flags.output, report, answers);
  if (flags.json) return writeJson(cli.out, report);
  const { dim } = cli.out.palette;
  writeLines(cli.out, [dim(cli.out.plain(formula)), '']);
  writeLines(cli.out, renderShiftStudy(summary, cli.out.palette));
}

async function labelsOf({ labels }: ShiftFlags): Promise<ShiftLabels> {
  if (labels === undefined) return noLabels;
  return parseFile('--labels', labels, (text) => readShiftLabels(text, labels));
}

/** Answers in the order of the questions. */
async function answerAll(
  cli: Cli,
  questions: readonly AskedQuestion[],
  quiet: boolean,
  answer: (question: AskedQuestion, signal: AbortSignal) => Promise<StudiedAnswer>,
): Promise<StudiedAnswer[]> {
  const answers = new Map<string, StudiedAnswer>();
  using bar = createProgressBar(cli, quiet, () => performance.now());
  const report = () => bar.update({ done: answers.size, of: questions.length, failed: 0 });
  report();
  const { signal } = cli.interruption;
  await forEachConcurrently(questions, concurrency, signal, async (question, ending) => {
    answers.set(question.id, await answer(question, ending));
    report();
  });
  return questions.map(({ id }) => answers.get(id)!);
}

async function study(
  answerer: Answerer,
  { id, prompt, references }: AskedQuestion,
  options: Parameters<Answerer['generate']>[1],
  { base, labels }: { readonly base: string; readonly labels: ShiftLabels },
): Promise<StudiedAnswer> {
  const { text, tokens } = await answerer.generate(prompt, options);
  return { item: id, text, tokens: answerShifts(tokens, base, { references, labels }) };
}

async function writeStudy(
  directory: string,
  report: object,
  answers: readonly StudiedAnswer[],
): Promise<void> {
  await writeFile(path.join(directory, 'shift.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(directory, 'answers.jsonl'), formatJsonLines(answers));
}
