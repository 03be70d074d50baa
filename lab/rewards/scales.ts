// The scales of the rewards, on the recipe's own answers.
import { estimateNormalization } from '../../src/index.ts';
import { readAttributes } from '../../test/support/atlas-attributes.ts';
import { readQuestions, spreadQuestions } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { tableOf } from '../shared/table.ts';
import { maxTokens } from './measure.ts';
import { heads, loadCounted, rewardKinds, rewardsRecipe, type Normalizations } from './recipe.ts';

/** Answers from which scales are estimated. */
const questionCount = 120;

export default experiment({
  flags: {},
  async run(_, print) {
    const scales = await measureScales();
    print(showScales(scales));
    return { data: scales };
  },
});

/** Of all rewards: of answers without rewards, at temperature 1, to questions of their own. */
export async function measureScales(): Promise<Normalizations> {
  const { cheerful } = await readAttributes();
  await using counted = await loadCounted(rewardsRecipe(cheerful!, {}));
  const { trimtab } = counted;
  const questions = spreadQuestions(await readQuestions('validation'), questionCount);
  const names = [...rewardKinds, ...heads];
  const answers = await Promise.all(
    questions.map(({ question }, i) =>
      trimtab.generate(question, { maxTokens, temperature: 1, seed: i, reportRewards: names }),
    ),
  );
  return Object.fromEntries(
    names.map((name) => [name, estimateNormalization(answers.map((each) => each.rewards![name]!))]),
  );
}

export function showScales(scales: Normalizations): string {
  return tableOf(Object.entries(scales), {
    reward: ([name]) => name,
    mean: ([, { mean }]) => mean.toFixed(4),
    deviation: ([, { deviation }]) => deviation.toFixed(4),
  });
}
