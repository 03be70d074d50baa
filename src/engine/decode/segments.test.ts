import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { functionReward } from '../../reward/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const letters = 'abcdefgh';
const vocabulary = pieceVocabulary(Array.from(letters, (letter) => Buffer.from(letter)));
const logits = chaoticLogits(vocabulary, { endBias: -1 });
const prompt = 'abc';

/** Of the token that follows a text, in nats. */
function entropyAfter(text: string): number {
  const row = logits(vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false }));
  const mass = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row.reduce((sum, x) => sum - (Math.exp(x) / mass) * (x - Math.log(mass)), 0);
}

it('segments end where what follows is uncertain, or at their longest, and are judged there', async () => {
  const judged: { text: string; isWhole: boolean }[] = [];
  const reward = functionReward({
    name: 'judge',
    score: (texts, { isWhole }) => {
      judged.push(...texts.map((text, i) => ({ text, isWhole: isWhole[i]! })));
      return texts.map(() => 0);
    },
  });
  const { loader } = fakeLoader({ base: { vocabulary, logits }, expert: { vocabulary } });
  const recipe = fakeRecipe({ formula: 'base', params: {}, sampling: { temperature: 1 } });
  await using trimtab = await LoadedRecipe.load(recipe, { loader, rewards: { judge: { reward } } });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1000),
      fc.constantFrom(0.9, 1.2, 1.5, 1.8),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 16 }),
      async (seed, entropy, longest, maxTokens) => {
        judged.length = 0;
        // Everything is accepted at once.
        const rules = { threshold: -1, beta: 0.01, maxTries: 2 };
        const { text, finishReason } = await trimtab.generate(prompt, {
          seed,
          maxTokens,
          guidance: { method: 'segments', entropy, maxTokens: longest, ...rules },
        });
        const isWhole = finishReason === 'stop';
        const ends: string[] = [];
        let start = 0;
        const last = isWhole ? text.length : text.length - 1; // nothing is known of what follows the last
        for (let length = 1; length <= last; length++) {
          const isOver = entropyAfter(prompt + text.slice(0, length)) >= entropy;
          if (!isOver && length - start < longest) continue;
          ends.push(text.slice(0, length));
          start = length;
        }
        // The rest, and the answer once more for its report.
        expect(judged).toEqual([
          ...ends.map((end) => ({ text: end, isWhole: false })),
          { text, isWhole },
          { text, isWhole },
        ]);
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
});
