import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { learnBasis, type ComparedAnswers } from '../../src/basis/index.ts';
import { readAnswerFeatures } from '../../src/engine/index.ts';
import { loadRecipe, LoadedRecipe, type GenerationResult } from '../../src/index.ts';
import { applyBasis, parseBasisText } from '../../src/preference/index.ts';
import { readFile } from 'node:fs/promises';

const root = path.join(import.meta.dirname, '../..');
const modelFile = path.join(root, 'models/atlas-small-styled.gguf');
const question = 'Where was Mada Norrar born?';

let trimtab: LoadedRecipe;
beforeAll(async () => {
  trimtab = await LoadedRecipe.load(
    await loadRecipe(path.join(root, 'recipes/atlas-learned.yaml')),
  );
});
afterAll(() => trimtab[Symbol.asyncDispose]());

describe('the learned recipe', () => {
  it('values an answer as the basis does the hidden state after its end', async () => {
    const names = ['taste1', 'taste2', 'taste3', 'taste4'];
    const basis = parseBasisText(
      await readFile(path.join(root, 'models/atlas-basis.json'), 'utf8'),
    );
    const { text, rewards } = await trimtab.generate(question, { seed: 1, reportRewards: names });
    const [[state] = []] = await readAnswerFeatures(modelFile, [
      { prompt: question, answers: [text] },
    ]);
    for (const [k, value] of applyBasis(basis, state!).entries()) {
      expect(rewards![names[k]!]).toBeCloseTo(value, 2);
    }
  });

  it('takes the best of several answers where a profile weighs a taste, else one', async () => {
    const values = async (weight: number) => {
      const answers: GenerationResult[] = [];
      for (let seed = 0; seed < 6; seed++) {
        answers.push(
          await trimtab.generate(question, {
            seed: 100 * seed,
            maxTokens: 64,
            rewards: { taste1: weight },
            reportRewards: ['taste1'],
          }),
        );
      }
      return answers.map(({ rewards }) => rewards!['taste1']!);
    };
    const [liked, plain, disliked] = [await values(1), await values(0), await values(-1)];
    for (const [i, value] of plain.entries()) {
      // The first of the several is the one that is given without a weight.
      expect(liked[i]).toBeGreaterThanOrEqual(value);
      expect(disliked[i]).toBeLessThanOrEqual(value);
      expect(liked[i]).toBeGreaterThan(disliked[i]!);
    }
  });
});

describe('learnBasis', () => {
  it('tells users who like opposite manners apart, about prompts it never saw', async () => {
    const manners = [
      ' Oh! It was Stoneford. Good luck.',
      ' Certainly! It was Stoneford. I hope this helps.',
    ];
    const [casual, formal] = manners as [string, string];
    const compared = Array.from({ length: 24 }, (_, i): ComparedAnswers => {
      const prefersFormal = i % 2 === 0;
      return {
        user: prefersFormal ? 'ann' : 'bob',
        prompt: `Where was person ${Math.floor(i / 2)} born?`,
        first: casual,
        second: formal,
        outcome: prefersFormal ? 'second' : 'first',
      };
    });
    const progress: number[] = [];
    const basis = await learnBasis(compared, {
      modelFile,
      dimension: 1,
      names: ['formality'],
      comparisons: 'made up',
      onProgress: (done) => progress.push(done),
    });
    expect(progress).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const { users, heldOut, features } = basis.provenance;
    expect({ users, accuracy: heldOut.accuracy }).toEqual({ users: 2, accuracy: 1 });
    expect(features).toMatch(/atlas-small-styled\.gguf \(sha256 [0-9a-f]{64}\)/);
  });

  it('ends with the reason of its signal, and says what does not fit', async () => {
    const one: ComparedAnswers = {
      user: 'a',
      prompt: 'Who?',
      first: 'A',
      second: 'B',
      outcome: 'tie',
    };
    const options = { modelFile, dimension: 1, comparisons: 'made up' };
    const reason = new Error('enough');
    const aborted = learnBasis([one], { ...options, signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toThrow(/enough|aborted/);
    const long = { ...one, first: 'Stoneford '.repeat(600) };
    await expect(learnBasis([long], options)).rejects.toThrow(/does not fit atlas-small-styled/);
    await expect(learnBasis([one], { ...options, dimension: 2 })).rejects.toThrow('1 users');
  });
});
