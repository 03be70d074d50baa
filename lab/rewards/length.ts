// What a length as a reward does to the embedded models' answers.
import { resolveRecipe, LoadedRecipe, type Recipe } from '../../src/index.ts';
import {
  modelsFolder,
  readQuestions,
  spreadQuestions,
  type Question,
} from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { atlasFile } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';

const targets = [4, 10, 30];
const weights = [0, 1, 3, 10, 30];
const maxTokens = 120;

interface Row {
  readonly target: number;
  readonly weight: number;
  /** Of one answer, on average. */
  readonly words: number;
  /** Share of answers that hold the right fact. */
  readonly facts: number;
}

export default experiment({
  flags: { questions: number('how many held-out questions each setting answers', 20) },
  async run({ questions: count }, print) {
    const questions = spreadQuestions(await readQuestions('heldout'), count);
    const rows: Row[] = [];
    for (const target of targets) {
      await using trimtab = await LoadedRecipe.load(recipeFor(target));
      for (const weight of weights) rows.push(await measure(trimtab, questions, target, weight));
    }
    print(
      tableOf(rows, {
        target: ({ target }) => `${target} words`,
        weight: ({ weight }) => `${weight}`,
        words: ({ words }) => words.toFixed(1),
        facts: ({ facts }) => facts.toFixed(2),
      }),
    );
    return { data: rows };
  },
});

function recipeFor(target: number): Recipe {
  return resolveRecipe(
    {
      name: 'length',
      models: {
        large: atlasFile('large'),
        chat: atlasFile('small-chat'),
        small: atlasFile('small'),
      },
      base: 'large',
      expert: 'chat',
      antiExpert: 'small',
      params: { alpha: { default: 0.7, min: 0, max: 2 } },
      rewards: { length: { length: { target } } },
      sampling: { temperature: 0 },
      engine: { threads: 1 },
    },
    { directory: modelsFolder },
  );
}

async function measure(
  trimtab: LoadedRecipe,
  questions: readonly Question[],
  target: number,
  weight: number,
): Promise<Row> {
  const answers = await Promise.all(
    questions.map(({ question }) =>
      trimtab.generate(question, { maxTokens, rewards: { length: weight } }),
    ),
  );
  const words = answers.map(({ text }) => text.match(/\S+/g)?.length ?? 0);
  const right = answers.filter(({ text }, i) => text.includes(questions[i]!.answer));
  return {
    target,
    weight,
    words: words.reduce((sum, each) => sum + each, 0) / words.length,
    facts: right.length / answers.length,
  };
}
