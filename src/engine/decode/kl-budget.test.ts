import { describe, expect, it } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { resolveRecipe } from '../../recipe/index.ts';
import { functionReward, type ScoreFunction } from '../../reward/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const pieces = ['a', 'b', 'c', 'd'];
const vocabulary = pieceVocabulary(pieces.map((piece) => Buffer.from(piece)));
const base = [1, 0.5, 0, -0.5, -30, -30];
const expert = [-2, 2, 1, -1, 0, 0];
/** Of float32 rows, in nats. */
const rounding = 1e-5;

/** @param offset - Added to all logits of the base, which changes no probability. */
async function load(score?: ScoreFunction, offset = 0) {
  const { loader } = fakeLoader({
    base: { vocabulary, logits: () => base.map((logit) => logit + offset) },
    expert: { vocabulary, logits: () => expert },
  });
  const recipe = resolveRecipe(
    {
      models: {
        base: { file: 'base', prompt: 'raw' },
        expert: { file: 'expert', prompt: 'raw' },
      },
      base: 'base',
      formula: score === undefined ? 'base + expert' : 'base',
      guidance: { method: 'args', candidates: 2 },
      sampling: { temperature: 1, seed: 3 },
    },
    { directory: '/nowhere' },
  );
  const rewards = score && { judge: { reward: functionReward({ name: 'judge', score }) } };
  return LoadedRecipe.load(recipe, { loader, ...(rewards && { rewards }) });
}

async function spend(
  given: GenerateOptions,
  score?: ScoreFunction,
  offset?: number,
): Promise<number> {
  await using trimtab = await load(score, offset);
  const { kl } = await trimtab.generate('a', given);
  return kl!;
}

/** `KL(softmax(base + shift) ‖ softmax(base))`, in nats. */
function divergence(shift: readonly number[]): number {
  const logSoftmax = (x: readonly number[]) => {
    const logZ = Math.log(x.reduce((sum, each) => sum + Math.exp(each), 0));
    return x.map((each) => each - logZ);
  };
  const q = logSoftmax(base.map((x, i) => x + shift[i]!));
  const p = logSoftmax(base);
  return q.reduce((sum, x, i) => sum + Math.exp(x) * (x - p[i]!), 0);
}

describe('a KL budget of an answer', () => {
  it.each([0.001, 0.05, 0.4])(
    'of %d nats a token is used up, and not exceeded',
    async (perToken) => {
      const kl = await spend({ maxTokens: 6, klBudget: { perToken } });
      expect(kl).toBeLessThanOrEqual(6 * perToken);
      expect(kl).toBeGreaterThan(6 * perToken * 0.998 - rounding);
    },
  );

  it('of a whole answer is never exceeded, and what is left of it is spent', async () => {
    const whole = divergence(expert);
    const perAnswer = 2.5 * whole;
    // Two tokens take what they would, the third what is left, and the others nothing.
    for (const [length, spent] of [
      [1, whole],
      [2, 2 * whole],
      [3, perAnswer],
      [6, perAnswer],
    ] as const) {
      const kl = await spend({ maxTokens: length, klBudget: { perAnswer } });
      expect(kl).toBeLessThanOrEqual(Math.min(spent + rounding, perAnswer));
      expect(kl).toBeGreaterThan(spent * 0.999 - rounding);
    }
  });

  it('takes the smaller of both bounds', async () => {
    const kl = await spend({ maxTokens: 4, klBudget: { perToken: 0.2, perAnswer: 0.3 } });
    expect(kl).toBeLessThanOrEqual(0.3);
    expect(kl).toBeGreaterThan(0.299);
    expect(
      await spend({ maxTokens: 1, klBudget: { perToken: 0.2, perAnswer: 9 } }),
    ).toBeLessThanOrEqual(0.2);
  });

  it('spends nothing on a reward that likes all candidates alike', async () => {
    const klBudget = { perToken: 0.05 };
    expect(await spend({ maxTokens: 4, klBudget }, (texts) => texts.map(() => 7))).toBeLessThan(
      rounding,
    );
  });

  it('measures a reward from what the candidates get on average under the base', async () => {
    const values = new Map([
      ['a', 3],
      ['b', 1],
    ]);
    const score: ScoreFunction = (texts) => texts.map((text) => values.get(text.at(-1)!)!);
    const odds = Math.exp(base[0]!) / (Math.exp(base[0]!) + Math.exp(base[1]!));
    const mean = 3 * odds + (1 - odds);
    const exact = divergence([3 - mean, 1 - mean, 0, 0, 0, 0]);
    for (const [offset, digits] of [
      [0, 5],
      [-1000, 3],
      [1000, 3],
    ] as const) {
      const kl = await spend({ maxTokens: 1, klBudget: { perToken: 99 } }, score, offset);
      expect(kl).toBeCloseTo(exact, digits);
    }
  });
});
