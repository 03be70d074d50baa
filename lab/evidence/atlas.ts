// What the embedded models answer about people they were not tuned on: npm run atlas
// [-- --validation] asks about the people that settings are chosen on, [-- --json] prints data.
import { parseArgs } from 'node:util';

import { resolveRecipe, LoadedRecipe, type GenerateOptions, type Recipe } from '../../src/index.ts';
import {
  readForm,
  readQuestions,
  readTrainingRows,
  scoreAnswers,
  type Score,
  type TrainingRow,
} from '../shared/atlas-questions.ts';
import { showProgress, showTable } from '../shared/measure.ts';
import { embeddedFiles, modelsFolder } from '../shared/recipes.ts';

/** Tokens of an answer at most, as in training's own evaluation. */
const maxTokens = 40;
const alphas = [0.3, 0.5, 0.7, 1, 1.5];
const minP = 0.1;

interface Row extends Score {
  readonly name: string;
  /** The same in PyTorch, if training measured it. */
  readonly training?: Score;
}

const { values: flags } = parseArgs({
  options: { validation: { type: 'boolean' }, json: { type: 'boolean' } },
});
const people = flags.validation === true ? 'validation' : 'heldout';
const questions = await readQuestions(people);
const form = await readForm();
const trainingRows = people === 'heldout' ? await readTrainingRows() : [];

const rows: Row[] = [];
for (const isMasked of [false, true]) {
  await using trimtab = await LoadedRecipe.load(atlas(isMasked));
  if (!isMasked) {
    await ask(trimtab, 'base alone', { only: 'base' }, { what: 'large base' });
    await ask(trimtab, 'expert alone', { only: 'expert' }, { what: 'small expert alone' });
  }
  for (const alpha of alphas) {
    const plausibility = isMasked ? minP : 0;
    const name = `composed, alpha ${alpha.toFixed(1)}${isMasked ? `, mask ${minP}` : ''}`;
    await ask(trimtab, name, { params: { alpha } }, { what: 'composed', alpha, plausibility });
  }
}
showProgress('');
if (flags.json === true) console.log(JSON.stringify({ people, maxTokens, rows }, null, 2));
else console.log(show());

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
    },
    { directory: modelsFolder },
  );
}

/** Asks all questions at once; the engine answers sixteen at a time. */
async function ask(
  trimtab: LoadedRecipe,
  name: string,
  options: GenerateOptions,
  same: Pick<TrainingRow, 'what' | 'alpha' | 'plausibility'>,
): Promise<void> {
  let answered = 0;
  const answers = questions.map(async ({ question }) => {
    const result = await trimtab.generate(question, { maxTokens, ...options });
    showProgress(`${name}: ${++answered} of ${questions.length}`);
    return result;
  });
  const score = scoreAnswers(questions, await Promise.all(answers), form);
  const training = trainingRows.find(
    (row) =>
      row.what === same.what && row.alpha === same.alpha && row.plausibility === same.plausibility,
  );
  rows.push({ name, ...score, ...(training && { training }) });
}

function show(): string {
  const share = (value: number | undefined) => value?.toFixed(3) ?? '';
  const columns = ['format', 'fact', 'both'] as const;
  const hasTraining = trainingRows.length > 0;
  const inPyTorch = hasTraining ? columns.map((column) => `${column} (PyTorch)`) : [];
  return [
    `${questions.length} questions about ${people} people, greedy, at most ${maxTokens} tokens.`,
    'format: ends by itself, begins and ends as the assistant does. fact: the answer occurs.',
    '',
    showTable([
      ['', ...columns, ...inPyTorch],
      ...rows.map((row) => [
        row.name,
        ...columns.map((column) => share(row[column])),
        ...(hasTraining ? columns.map((column) => share(row.training?.[column])) : []),
      ]),
    ]),
  ].join('\n');
}
