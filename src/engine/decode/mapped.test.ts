import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { writeHeads } from '../../../test/support/fake-model/write-heads.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { GenerateOptions, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const letters = Array.from('abcdefgh');
const vocabulary = pieceVocabulary(letters.map((letter) => Buffer.from(letter)));
/** The same tokens, the letters in another order. */
const order = [3, 1, 7, 0, 5, 2, 6, 4];
const mixed = pieceVocabulary(order.map((id) => Buffer.from(letters[id]!)));
const toPlain = (id: TokenId): TokenId => order[id] ?? id;

/** A model that sees and says the same, in token ids of its own. */
function mix({ logits, hiddenState }: FakeModelOptions): FakeModelOptions {
  return {
    vocabulary: mixed,
    logits: (tokens, mixture) => {
      const row = logits?.(tokens.map(toPlain), mixture);
      return Array.from({ length: mixed.size }, (_, id) => row?.[toPlain(id)] ?? 0);
    },
    hiddenState: (tokens) => hiddenState?.(tokens.map(toPlain)) ?? [],
  };
}

const plain = (salt: number): FakeModelOptions => {
  const logits = chaoticLogits(vocabulary, { salt, endBias: -2 });
  return { vocabulary, logits, hiddenState: (tokens) => logits(tokens).slice(0, 4) };
};

let folder: string;
let engines: readonly LoadedRecipe[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-mapped-'));
  const headFile = path.join(folder, 'heads.json');
  await writeHeads(headFile, { warm: [1, -1, 0.5, 0.25] });
  const load = (change: (fake: FakeModelOptions) => FakeModelOptions) => {
    const others = { expert: change(plain(2)), caller: change(plain(3)), judge: change(plain(4)) };
    const { loader } = fakeLoader({ base: plain(1), ...others });
    const recipe = fakeRecipe({
      models: Object.fromEntries(
        ['base', 'expert', 'caller', 'judge'].map((name) => [
          name,
          { file: `${name}.gguf`, prompt: 'raw' },
        ]),
      ),
      rewards: {
        caller: { nextToken: 'caller', weight: 0 },
        warm: { model: 'judge', headFile, head: 'warm', scope: 'both', weight: 0 },
      },
    });
    return LoadedRecipe.load(recipe, { loader });
  };
  engines = await Promise.all([load((fake) => fake), load(mix)]);
});
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('models that number the same tokens otherwise', () => {
  it.each<[string, GenerateOptions]>([
    ['a formula', { trace: true }],
    ['a reward of rows', { rewards: { caller: 1 }, trace: true }],
    ['a reward of hidden states', { rewards: { warm: 1 }, trace: true }],
    ['a report', { reportRewards: ['warm', 'caller'] }],
    ['a KL budget', { klBudget: { perAnswer: 1 }, rewards: { warm: 2 } }],
    [
      'segments',
      {
        temperature: 1,
        rewards: { warm: 1 },
        guidance: {
          method: 'segments',
          entropy: 9,
          threshold: 3,
          beta: 1,
          maxTokens: 2,
          maxTries: 3,
        },
      },
    ],
  ])('change nothing of %s', async (_, options) => {
    for (let seed = 0; seed < 5; seed++) {
      const asked = engines.map(async (engine) => {
        const { usage, timings, ...rest } = await engine.generate('abc', {
          seed,
          maxTokens: 9,
          ...options,
        });
        return { ...rest, spent: usage.completionTokens, hasTimings: timings.decodeMs >= 0 };
      });
      const [expected, given] = await Promise.all(asked);
      expect(given).toEqual(expected);
    }
  });

  it('change no score of a text, and are asked alone in their own', async () => {
    const [expected, given] = await Promise.all(
      engines.map((engine) => engine.score('abc', 'hgfedcba', { topLogprobs: 3 })),
    );
    expect(given).toEqual(expected);
    const alone = engines.map((engine) => engine.generate('abc', { only: 'expert', maxTokens: 9 }));
    const [first, second] = await Promise.all(alone);
    expect(second!.text).toBe(first!.text);
    expect(second!.tokens.map(({ tokenId }) => toPlain(tokenId))).toEqual(
      first!.tokens.map(({ tokenId }) => tokenId),
    );
  });

  it('say so of themselves', () => {
    const [equal, other] = engines.map(({ models }) => models[1]!.vocabularyReport);
    expect(equal).toContain('has the same 10 tokens');
    expect(other).not.toBe(equal);
  });
});
