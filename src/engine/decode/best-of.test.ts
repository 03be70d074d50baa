import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { functionReward } from '../../reward/index.ts';
import type { GenerateOptions, GeneratedToken } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));
/** Any number for a text. */
const value = (text: string) =>
  Array.from(text).reduce((sum, x, i) => sum + Math.sin(x.charCodeAt(0) * (i + 1)), 0);

let trimtab: LoadedRecipe;
beforeAll(async () => {
  const fake = (salt: number) => ({
    vocabulary,
    logits: chaoticLogits(vocabulary, { salt, endBias: -1 }),
  });
  const { loader } = fakeLoader({ base: fake(1), expert: fake(2) });
  const reward = functionReward({
    name: 'judge',
    scope: 'answer',
    score: (texts) => texts.map(value),
  });
  const length = functionReward({
    name: 'length',
    score: (texts) => texts.map((text) => text.length),
  });
  const rewards = {
    judge: { reward, weight: 0, normalization: { mean: 1, deviation: 2 } },
    length: { reward: length, weight: 0 },
  };
  const recipe = fakeRecipe({ sampling: { temperature: 1 } });
  trimtab = await LoadedRecipe.load(recipe, { loader, rewards });
});
afterAll(() => trimtab[Symbol.asyncDispose]());

const common: GenerateOptions = { seed: 100, maxTokens: 8, owner: 'a' };
const bestOf = (n: number): GenerateOptions => ({ guidance: { method: 'best-of', n } });

/** The answers of the seeds that best-of takes, one by one. */
function oneByOne(n: number) {
  return Promise.all(
    Array.from({ length: n }, (_, i) =>
      trimtab.generate('a', { ...common, seed: 100 + i, reportRewards: ['judge', 'length'] }),
    ),
  );
}

describe('the best of several answers', () => {
  it.each([
    ['one reward', { judge: 1 }],
    ['a reward that is disliked', { judge: -3 }],
    ['two rewards, of scales made comparable', { judge: 1, length: 0.5 }],
  ])('is the one of the largest sum of weighted values, under %s', async (_, rewards) => {
    const n = 6;
    const answers = await oneByOne(n);
    const weights: Readonly<Record<string, number>> = rewards;
    const totals = answers.map((answer) => {
      const judged = (answer.rewards!['judge']! - 1) / 2;
      return (
        (weights['judge'] ?? 0) * judged + (weights['length'] ?? 0) * answer.rewards!['length']!
      );
    });
    const best = answers[totals.indexOf(Math.max(...totals))]!;
    expect(new Set(answers.map(({ text }) => text)).size).toBeGreaterThan(3);
    const given = await trimtab.generate('a', { ...common, ...bestOf(n), rewards });
    expect(given).toMatchObject({ text: best.text, seed: best.seed, tokens: best.tokens });
    expect(given.rewards!['judge']).toBeCloseTo(value(best.text), 10);
  });

  it('costs what all of them cost', async () => {
    const n = 5;
    const answers = await oneByOne(n);
    const { usage } = await trimtab.generate('a', {
      ...common,
      ...bestOf(n),
      rewards: { judge: 1 },
    });
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    expect(usage.completionTokens).toBe(sum(answers.map((one) => one.usage.completionTokens)));
    expect(usage.promptTokens).toBe(1);
    for (const name of ['base', 'expert']) {
      expect(usage.models[name]!.forwards).toBe(
        sum(answers.map((one) => one.usage.models[name]!.forwards)),
      );
    }
  });

  it('comes in one piece, once it is known', async () => {
    const options = { ...common, ...bestOf(3), rewards: { judge: 1 } };
    const stream = trimtab.stream('a', options);
    const chunks: { text: string; tokens: readonly GeneratedToken[] }[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const { text, tokens } = await stream.result;
    expect(chunks).toEqual([{ text, tokens }]);
  });

  it('is one answer where no reward has a weight, or rewards are off', async () => {
    const [first] = await oneByOne(1);
    for (const given of [{}, { rewards: { judge: 1 }, params: { rewardWeight: 0 } }]) {
      const { text, usage } = await trimtab.generate('a', { ...common, ...bestOf(4), ...given });
      expect({ text, count: usage.completionTokens }).toEqual({
        text: first!.text,
        count: first!.usage.completionTokens,
      });
    }
  });

  it.each<[GenerateOptions['guidance'] & object]>([
    [{ method: 'best-of', n: 2 }],
    [{ method: 'segments', entropy: 1, threshold: 0, beta: 1, maxTokens: 4, maxTries: 2 }],
  ])('%j needs answers that differ', async (guidance) => {
    const asking = trimtab.generate('a', { guidance, rewards: { judge: 1 }, temperature: 0 });
    await expect(asking).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'temperature',
      message: expect.stringContaining(`guidance by ${guidance.method}`) as string,
    });
  });

  it('fails as the first of them that fails, and the others end', async () => {
    const failing = functionReward({
      name: 'failing',
      score: () => {
        throw new Error('no judgement');
      },
    });
    const fake = { vocabulary, logits: chaoticLogits(vocabulary, { endBias: -1 }) };
    const { loader } = fakeLoader({ base: fake, expert: fake });
    await using broken = await LoadedRecipe.load(fakeRecipe({ sampling: { temperature: 1 } }), {
      loader,
      rewards: { failing: { reward: failing } },
    });
    const options = { ...common, ...bestOf(4), maxTokens: 40 };
    const stream = broken.stream('a', options);
    const [read, result] = await Promise.allSettled([
      (async () => {
        for await (const chunk of stream) expect(chunk).toBeUndefined();
      })(),
      stream.result,
    ]);
    for (const outcome of [read, result]) {
      expect(outcome).toMatchObject({ reason: { code: 'reward_failed' } });
    }
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(broken.stats).toMatchObject({ running: 0, queued: 0 });
  });

  it('warns of a reward of whole answers that guides unfinished ones, and of it alone', async () => {
    const warningsOf = async (options: GenerateOptions) =>
      (await trimtab.generate('a', { ...common, ...options })).warnings;
    expect(await warningsOf({ rewards: { judge: 1, length: 1 } })).toEqual([
      expect.stringMatching(/judge is valid on whole answers, but args asks it about/),
    ]);
    expect(await warningsOf({ rewards: { length: 1 } })).toBeUndefined();
    expect(await warningsOf({ rewards: { judge: 1 }, ...bestOf(2) })).toBeUndefined();
  });
});
