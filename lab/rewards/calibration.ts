import { estimateNormalization } from '../../src/index.ts';
import type { Question } from '../shared/atlas-questions.ts';
import { maxTokens } from './measure.ts';
import { heads, rewardKinds, type CountedRecipe, type Normalizations } from './recipe.ts';

/** Scales of all rewards: of answers without rewards, at temperature 1, to questions of their own. */
export async function calibrate(
  { trimtab }: CountedRecipe,
  questions: readonly Question[],
): Promise<Normalizations> {
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
