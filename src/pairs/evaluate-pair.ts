import {
  createTask,
  evaluate,
  isFailed,
  questionIn,
  recipeFingerprint,
  summarise,
  writeReports,
  type AnswerMetricName,
  type Evaluation,
  type EvaluationSummary,
  type EvaluationSystem,
  type EvaluationTask,
  type Example,
  type RecipeStudy,
  type TextPrompt,
} from '../evaluation/index.ts';
import { createFolder } from '../files/index.ts';
import type { Recipe } from '../recipe/index.ts';
import { judgePair, type PairRival, type PairVerdict } from './judge-pair.ts';
import type { PairFolder } from './pair-folder.ts';
import { pairRoles } from './pair-recipe.ts';
import type { OnPairProgress } from './progress.ts';
import { defaultShots, type Rivals } from './rivals.ts';
import type { TuningExample, TuningExamples } from './tuning-examples.ts';

const generatedTask = 'generated';

/** Answers that are generated to look at. */
const samples = 3;

export interface EvaluatePairOptions extends Rivals {
  readonly study: RecipeStudy;
  readonly folder: PairFolder;
  readonly examples: TuningExamples;
  readonly alpha: number;
  /** The base under the instruction. */
  readonly prompted: Recipe | null;
  /** Whether the base is another model than the pair's. */
  readonly hasOwnBase: boolean;
  readonly onProgress: OnPairProgress;
}

/** What a pair is worth on the test set. */
export interface EvaluatedPair {
  readonly summary: EvaluationSummary;
  readonly verdict: PairVerdict;
  /** Files of the report. */
  readonly reports: readonly string[];
  /** What was generated for a few questions, by system. */
  readonly samples: readonly SampleAnswers[];
}

export interface SampleAnswers {
  readonly prompt: TextPrompt;
  readonly answers: Readonly<Record<string, string>>;
}

/** The base alone, told what to do; `null` without an instruction. */
export function promptedBase(untuned: Recipe, instruction: string | undefined): Recipe | null {
  if (instruction === undefined) return null;
  const models = new Map(untuned.models);
  models.set(pairRoles.base, { ...untuned.models.get(pairRoles.base)!, system: instruction });
  return { ...untuned, name: 'prompted', models };
}

/** Compares the pair with the base, the expert alone, and the base that is told or shown what to do. */
export async function evaluatePair(options: EvaluatePairOptions): Promise<EvaluatedPair> {
  const { study, folder, examples, onProgress } = options;
  const { recipe: _, options: __, ...run } = study;
  createFolder(folder.evaluation);
  const { systems, rivals, pair } = await systemsOf(options);
  const tasks = tasksOf(examples, options.metrics ?? []);
  const evaluation = await evaluate({
    ...run,
    systems,
    tasks,
    directory: folder.evaluation,
    onProgress: ({ done, of }) => onProgress({ stage: 'evaluating', done, of }),
  });
  const expert = systems.find(({ only }) => only === pairRoles.expert)?.name ?? null;
  const roles = { base: systems[0]!.name, expert, direct: null };
  const summary = summarise(evaluation, tasks, roles);
  return {
    summary,
    verdict: judgePair(evaluation, pair, rivals),
    reports: await writeReports(folder.evaluation, summary),
    samples: samplesOf(evaluation, examples.test),
  };
}

/** What is compared, the base first; what the pair must be better than; and the pair's name. */
async function systemsOf({
  study: { recipe },
  examples,
  alpha,
  prompted,
  hasOwnBase,
  shots = defaultShots,
}: EvaluatePairOptions): Promise<{
  readonly systems: readonly EvaluationSystem[];
  readonly rivals: readonly PairRival[];
  readonly pair: string;
}> {
  const maxTokens = longestAnswer(examples);
  // Alpha is given with every request: what the recipe says of it changes when it is calibrated.
  const fingerprint = await recipeFingerprint({ ...recipe, params: new Map() });
  const own = { recipe: recipe.name, fingerprint };
  const base = {
    ...own,
    name: 'base',
    only: pairRoles.base,
    options: { maxTokens, temperature: 0 },
  };
  const shown = shownExamples(examples.training, shots);
  const rivals: PairRival[] = [{ name: 'base', words: 'the base alone' }];
  const systems: EvaluationSystem[] = [base];
  if (prompted !== null) {
    systems.push({
      ...base,
      name: 'base, told',
      recipe: prompted.name,
      fingerprint: await recipeFingerprint(prompted),
    });
    rivals.push({ name: 'base, told', words: 'the base that is told what to do' });
  }
  if (shown.length > 0) {
    const name = `base, ${shown.length} examples`;
    systems.push({ ...base, name, examples: shown });
    rivals.push({ name, words: `the base that is shown ${shown.length} examples` });
  }
  if (hasOwnBase) {
    systems.push({ ...base, name: 'expert', only: pairRoles.expert });
    rivals.push({ name: 'expert', words: 'the expert alone' });
  }
  const pair = hasOwnBase ? 'base + pair' : 'tuned';
  const steered = {
    ...own,
    name: pair,
    only: null,
    options: { maxTokens, temperature: 0, params: { alpha } },
  };
  return { systems: [...systems, steered], rivals, pair };
}

/** Single questions with their answers, of those that were learned from, the short ones first. */
function shownExamples(training: readonly TuningExample[], count: number): Example[] {
  const ordered = training.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  // Neither the shortest, which show little, nor the longest, which leave no room.
  const middle = ordered.slice(Math.floor(ordered.length / 4), Math.ceil(ordered.length / 2));
  return middle
    .flatMap(({ conversation: { prompt, answer } }) => {
      const question = questionIn(prompt);
      return question === null ? [] : [{ question, answer }];
    })
    .slice(0, count);
}

/** What was generated for the first questions. */
function samplesOf({ records }: Evaluation, test: readonly TuningExample[]): SampleAnswers[] {
  const generated = records.flatMap(({ result }) =>
    result.task === generatedTask && !isFailed(result) ? [result] : [],
  );
  const items = [...new Set(generated.map(({ item }) => item))].slice(0, samples);
  return items.map((item, i) => ({
    prompt: test[i]!.conversation.prompt,
    answers: Object.fromEntries(
      generated
        .filter((result) => result.item === item)
        .map(({ system, answer }) => [system, answer!.text]),
    ),
  }));
}

function lengthOf({ prompt, answer }: TuningExample): number {
  return prompt.length + answer.length;
}

/** Given answers, whose likelihood is measured. */
function answersTask(name: string, examples: readonly TuningExample[]): EvaluationTask {
  return createTask(
    name,
    examples.map(({ conversation: { prompt, answer, group } }) => ({
      kind: 'answer',
      prompt,
      answer,
      group,
    })),
  );
}

function tasksOf({ test }: TuningExamples, metrics: readonly AnswerMetricName[]): EvaluationTask[] {
  const asked = metrics.length > 0 ? test : test.slice(0, samples);
  const drafts = asked.map(({ conversation: { prompt, answer, group } }) => ({
    kind: 'generate' as const,
    prompt,
    references: [answer],
    metrics,
    group,
  }));
  return [answersTask('test', test), createTask(generatedTask, drafts)];
}

/** Room for an answer half as long again as the longest that was learned. */
function longestAnswer({ training }: TuningExamples): number {
  return Math.ceil(1.5 * Math.max(...training.map(({ answer }) => answer.length)));
}
