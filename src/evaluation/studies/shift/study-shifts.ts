import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { settleSchedules } from '../../../recipe/index.ts';
import type {
  GenerateServiceRequest,
  InferenceService,
  ResolvedSchedule,
} from '../../../spec/index.ts';
import { forEachConcurrently } from '../../run/concurrently.ts';
import type { EvaluationProgress } from '../../run/evaluate.ts';
import { itemSeed } from '../../run/item-seed.ts';
import { formatJsonLines } from '../../run/json-lines.ts';
import { answerShifts, type ShiftedToken } from './answer-shifts.ts';
import type { AskedQuestion } from './asked-question.ts';
import type { MostMovedOptions } from './most-moved.ts';
import { noLabels, type ShiftLabels } from './shift-labels.ts';
import { summariseShifts, type ShiftStudy } from './shift-study.ts';

export interface StudyShiftsOptions extends MostMovedOptions {
  readonly service: InferenceService;
  /** What each question is asked by; the seed of each comes from this one's, or from 0. */
  readonly request: Omit<GenerateServiceRequest, 'prompt' | 'signal'>;
  readonly questions: readonly AskedQuestion[];
  /** Kinds of tokens of one's own. */
  readonly labels?: ShiftLabels;
  /** Answers at once; 8 by default: more than a recipe's lanes only wait. */
  readonly concurrency?: number;
  /** Where `shift.json` and `answers.jsonl`, the data of every token, are written; nowhere by default. */
  readonly directory?: string;
  readonly signal?: AbortSignal;
  /** Called at the start and after every answer. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** An answer as it is written down. */
interface StudiedAnswer {
  readonly item: string;
  readonly text: string;
  readonly tokens: readonly ShiftedToken[];
}

/** A study as it is written down. */
export interface ShiftReport extends ShiftStudy {
  readonly recipe: string;
  readonly formula: string;
  /** As they were asked for. */
  readonly params: Readonly<Record<string, number>>;
  /** How params were chosen at each token, by param; `null` is the same at each. */
  readonly schedules: Readonly<Record<string, ResolvedSchedule | null>>;
  /** Tokens at which a scheduled param was not 0; absent where there are no schedules. */
  readonly steeredTokens?: number;
}

/**
 * Answers the questions and says what steering did to the tokens: by kind, by place in the answer, and
 * for those that moved most.
 * @throws What the service throws; InvalidOptionError if no answer has a token; the signal's reason.
 */
export async function studyShifts(options: StudyShiftsOptions): Promise<ShiftReport> {
  const { service, request, questions, directory, labels = noLabels } = options;
  const { concurrency = 8, signal = new AbortController().signal, onProgress } = options;
  const { name, base, formula, params } = await service.load(request.recipe, signal);
  const recipe = { name, params: new Map(Object.entries(params)) };
  const schedules = settleSchedules(recipe, request.options.schedules);
  const answers = new Map<string, StudiedAnswer>();
  const report = () => onProgress?.({ done: answers.size, of: questions.length, failed: 0 });
  report();
  const answer = async ({ id, prompt, references }: AskedQuestion, ending: AbortSignal) => {
    const seed = itemSeed(request.options.seed ?? 0, 'shift', id);
    const asked = { ...request.options, trace: true, seed };
    const stream = service.stream({ ...request, prompt, options: asked, signal: ending });
    const { text, tokens } = await stream.result;
    return { item: id, text, tokens: answerShifts(tokens, base, { references, labels }) };
  };
  await forEachConcurrently(questions, concurrency, signal, async (question, ending) => {
    answers.set(question.id, await answer(question, ending));
    report();
  });
  const inOrder = questions.map(({ id }) => answers.get(id)!);
  const { limit, leastCount } = options;
  const summary = summariseShifts(
    inOrder.map(({ tokens }) => tokens),
    { ...(limit !== undefined && { limit }), ...(leastCount !== undefined && { leastCount }) },
  );
  const chosen = inOrder
    .flatMap(({ tokens }) => tokens.map((token) => token.params))
    .filter((own) => own !== undefined);
  const steered = chosen.filter((own) => Object.values(own).some((value) => value !== 0));
  const study = {
    recipe: name,
    formula,
    params: request.options.params ?? {},
    schedules,
    ...(chosen.length > 0 && { steeredTokens: steered.length }),
    ...summary,
  };
  if (directory !== undefined) await writeStudy(directory, study, inOrder);
  return study;
}

async function writeStudy(
  directory: string,
  report: ShiftReport,
  answers: readonly StudiedAnswer[],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'shift.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(directory, 'answers.jsonl'), formatJsonLines(answers));
}
