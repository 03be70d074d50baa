import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fakeRecipe } from '../../../../test/support/fake-model/fake-recipe.ts';
import { temporaryFolder, writeTinyModel } from '../../../../test/support/random-models.ts';
import {
  resultOf,
  scriptedService,
  servedRecipe,
} from '../../../../test/support/scripted-service.ts';
import type { Recipe } from '../../../recipe/index.ts';
import type { GenerateServiceRequest, InferenceService } from '../../../spec/index.ts';
import { calibrateRewards, type CalibrateRewardsOptions } from './calibrate-rewards.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let recipe: Recipe;
let asked: GenerateServiceRequest[];

const normalization = { mean: 0, deviation: 1 };

beforeEach(async () => {
  folder = await temporaryFolder();
  directory = await mkdtemp(path.join(tmpdir(), 'trimtab-rewards-'));
  asked = [];
  const file = await writeTinyModel(folder.path, 'base');
  recipe = fakeRecipe({
    models: {
      base: { file, prompt: 'raw' },
      warmly: { file, prompt: 'raw', system: 'Be warm.' },
    },
    formula: 'base',
    params: {},
    rewards: {
      warm: { attribute: 'warmly', neutral: 'base', weight: 2, answerTokens: 1, normalization },
      words: { words: { a: 1 }, normalization },
      same: { words: { b: 1 }, normalization },
    },
    profile: {
      attributes: { warm: { reward: 'warm', high: 'warmth', low: 'coolness' } },
      prompts: ['One?', 'Two?'],
      maxTokens: 12,
    },
  });
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await folder[Symbol.asyncDispose]();
});

/** Its values rise by one with every answer; every other answer is cut off. */
const service = (fails: (count: number) => boolean = () => false): InferenceService =>
  scriptedService({
    load: async (name) => servedRecipe(name),
    async answer(request) {
      asked.push(request);
      request.signal?.throwIfAborted();
      const count = asked.length;
      if (fails(count)) throw new Error('no memory');
      return resultOf('a b', {
        finishReason: count % 2 === 0 ? 'length' : 'stop',
        usage: { promptTokens: 1, completionTokens: 10, models: {} },
        rewards: { warm: count / 10, words: -count, same: 3 },
      });
    },
  });

const study = (given: Partial<CalibrateRewardsOptions> = {}): CalibrateRewardsOptions => ({
  service: service(),
  recipe,
  rewards: ['warm', 'words', 'same'],
  answers: 4,
  seed: 1,
  version: '1.0.0',
  concurrency: 1,
  directory,
  ...given,
});

describe('scales of rewards', () => {
  it('are those of the recipe’s own answers, which no reward bends', async () => {
    const progress: string[] = [];
    const onProgress = ({ done, of }: { done: number; of: number }) =>
      progress.push(`${done}/${of}`);
    const found = await calibrateRewards(study({ onProgress }));
    expect(found).toEqual({
      scales: {
        warm: { mean: 0.25, deviation: 0.1291, answerTokens: 10.5 },
        words: { mean: -2.5, deviation: 1.291 },
      },
      answers: 4,
      answerTokens: 10.5,
      constant: ['same'],
    });
    expect(progress).toEqual(['0/4', '1/4', '2/4', '3/4', '4/4']);
    expect(asked.map(({ prompt }) => prompt)).toEqual(['One?', 'Two?', 'One?', 'Two?']);
    expect(new Set(asked.map(({ options }) => options.seed)).size).toBe(4);
    expect(asked[0]!.options).toMatchObject({
      temperature: 0.8,
      maxTokens: 12,
      rewards: { warm: 0, words: 0, same: 0 },
      reportRewards: ['warm', 'words', 'same'],
    });
  });

  it('are of the prompts and options that are given, and of the rewards alone that are asked for', async () => {
    const found = await calibrateRewards(
      study({
        prompts: ['Three?'],
        options: { temperature: 0.3, maxTokens: 5 },
        rewards: ['words'],
      }),
    );
    expect(Object.keys(found.scales)).toEqual(['words']);
    expect(new Set(asked.map(({ prompt }) => prompt))).toEqual(new Set(['Three?']));
    expect(asked[0]!.options).toMatchObject({ temperature: 0.3, maxTokens: 5 });
  });

  it('go on where they were interrupted', async () => {
    const leaving = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done === 2) leaving.abort(new Error('enough'));
    };
    const interrupted = calibrateRewards(study({ onProgress, signal: leaving.signal }));
    await expect(interrupted).rejects.toThrow('enough');
    const before = asked.filter(({ signal }) => !signal!.aborted).length;
    expect(before).toBeLessThan(4);
    const first = asked.length;
    expect((await calibrateRewards(study())).answers).toBe(4);
    expect(asked.length - first).toBe(2);
  });

  it.each([
    ['rewards', { rewards: ['other'] }, 'no reward other'],
    ['answers', { answers: 1 }, 'at least 2'],
    ['prompts', { prompts: [] }, 'no prompts'],
  ])('need %s that can be used', async (_, given, message) => {
    await expect(calibrateRewards(study(given))).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });
});
