// What the embedded models answer about people they were not tuned on.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { LoadedRecipe, resolveRecipe, type GenerateOptions, type Recipe } from '../../src/index.ts';
import {
  modelsFolder,
  readForm,
  readQuestions,
  scoreAnswers,
  type Question,
  type Score,
} from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { onOff } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { embeddedFiles } from '../shared/recipes.ts';
import { showTable } from '../shared/table.ts';

/** Tokens of an answer at most, as in training's own evaluation. */
const maxTokens = 40;
const alphas = [0.3, 0.5, 0.7, 1, 1.5];
const minP = 0.1;

interface Row extends Score {
  readonly name: string;
  /** The same in PyTorch, if training measured it. */
  readonly training?: Score;
}

export default experiment({
  flags: { validation: onOff('asks about the people that settings are chosen on') },
  async run({ validation }, print) {
    const people = validation ? 'validation' : 'heldout';
    const questions = await readQuestions(people);
    const form = await readForm();
    const trainingRows = validation ? [] : await readTrainingRows();
    const rows: Row[] = [];
    for (const isMasked of [false, true]) {
      await using trimtab = await LoadedRecipe.load(atlas(isMasked));
      for (const { name, options, same } of isMasked ? masked : [...alone, ...composed]) {
        const answers = await answerAll(trimtab, questions, { name, options });
        const training = trainingRows.find(
          (row) =>
            row.what === same.what &&
            row.alpha === same.alpha &&
            row.plausibility === same.plausibility,
        );
        const score = scoreAnswers(questions, answers, form);
        rows.push({ name, ...score, ...(training && { training }) });
      }
    }
    print(
      `${questions.length} questions about ${people} people, greedy, at most ${maxTokens} tokens.\n` +
        'format: ends by itself, begins and ends as the assistant does. fact: the answer occurs.\n',
    );
    print(show(rows, trainingRows.length > 0));
    return { data: { people, maxTokens, rows } };
  },
});

interface Way {
  readonly name: string;
  readonly options: GenerateOptions;
  /** The row of training's table that measured the same. */
  readonly same: Pick<TrainingRow, 'what' | 'alpha' | 'plausibility'>;
}

const alone: readonly Way[] = [
  { name: 'base alone', options: { only: 'base' }, same: { what: 'large base' } },
  { name: 'expert alone', options: { only: 'expert' }, same: { what: 'small expert alone' } },
];
const composed = alphas.map((alpha): Way => ({
  name: `composed, alpha ${alpha.toFixed(1)}`,
  options: { params: { alpha } },
  same: { what: 'composed', alpha, plausibility: 0 },
}));
const masked = composed.map((way): Way => ({
  ...way,
  name: `${way.name}, mask ${minP}`,
  same: { ...way.same, plausibility: minP },
}));

function atlas(isMasked: boolean): Recipe {
  return resolveRecipe(
    {
      name: 'atlas',
      models: { ...embeddedFiles },
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      ...(isMasked && { plausibility: { minP, models: ['base', 'expert'] } }),
      sampling: { temperature: 0 },
      engine: { maxSequences: 16 },
      speculation: 'off',
    },
    { directory: modelsFolder },
  );
}

/** Asks all questions at once; the engine answers sixteen at a time. */
function answerAll(
  trimtab: LoadedRecipe,
  questions: readonly Question[],
  { name, options }: Pick<Way, 'name' | 'options'>,
) {
  let answered = 0;
  const answers = questions.map(async ({ question }) => {
    const result = await trimtab.generate(question, { maxTokens, ...options });
    showProgress(`${name}: ${++answered} of ${questions.length}`);
    return result;
  });
  return Promise.all(answers);
}

function show(rows: readonly Row[], hasTraining: boolean): string {
  const columns = ['format', 'fact', 'both'] as const;
  const shares = (score?: Score) => columns.map((column) => score?.[column].toFixed(3) ?? '');
  return showTable([
    ['', ...columns, ...(hasTraining ? columns.map((column) => `${column} (PyTorch)`) : [])],
    ...rows.map((row) => [row.name, ...shares(row), ...(hasTraining ? shares(row.training) : [])]),
  ]);
}

/** A row of the table that training measured in PyTorch on the same files and questions. */
interface TrainingRow extends Score {
  readonly what: string;
  readonly alpha?: number;
  readonly plausibility?: number;
  /** Other prompts than the bare question. */
  readonly prompts?: string;
}

/** What training measured on the held-out people; nothing if its log is not there. */
async function readTrainingRows(): Promise<readonly TrainingRow[]> {
  const file = path.join(modelsFolder, 'atlas-training.json');
  if (!existsSync(file)) return [];
  const { heldout } = JSON.parse(await readFile(file, 'utf8')) as { heldout: TrainingRow[] };
  return heldout.filter(({ prompts }) => prompts === undefined);
}
