import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { occursAsWords, readQuestions } from '../support/atlas-questions.ts';
import { attributeValue, readAttributes } from '../support/atlas-attributes.ts';
import {
  loadRecipe,
  LoadedRecipe,
  type GenerateOptions,
  type GenerationResult,
} from '../../src/index.ts';

const root = path.join(import.meta.dirname, '../..');
const recipeFile = (name: string) => path.join(root, 'recipes', `${name}.yaml`);
const attributes = await readAttributes();
/** Of every kind, about held-out people. */
const questions = (await readQuestions('heldout')).filter((_, i) => i % 31 === 0).slice(0, 15);

interface Outcome {
  readonly facts: number;
  readonly cheerful: number;
  readonly brief: number;
  readonly judge: number;
}

/** Shares and means over all questions, answered at once. */
async function answerAll(trimtab: LoadedRecipe, options: GenerateOptions): Promise<Outcome> {
  const answers = await Promise.all(
    questions.map(({ question }) => trimtab.generate(question, { maxTokens: 48, ...options })),
  );
  const texts = answers.map(({ text }) => text.trim());
  return {
    facts: mean(texts.map((text, i) => Number(occursAsWords(text, questions[i]!.answer)))),
    cheerful: mean(texts.map((text) => attributeValue(attributes['cheerful']!, text))),
    brief: mean(texts.map((text) => attributeValue(attributes['brief']!, text))),
    judge: mean(answers.map(({ rewards }) => rewards?.['judge'] ?? 0)),
  };
}

describe('recipes/atlas-rewards.yaml', () => {
  it('raises the attribute and the judge, who took no part, and keeps the facts', async () => {
    await using trimtab = await LoadedRecipe.load(recipeFile('atlas-rewards'));
    const reportRewards = ['judge'];
    const plain = await answerAll(trimtab, { params: { rewardWeight: 0 }, reportRewards });
    const guided = await answerAll(trimtab, { reportRewards });
    expect(plain.cheerful).toBeLessThan(0.6);
    expect(guided.cheerful).toBeGreaterThan(0.9);
    expect(guided.judge).toBeGreaterThan(plain.judge + 2);
    expect(guided.facts).toBeGreaterThanOrEqual(plain.facts);
    expect(guided.facts).toBeGreaterThan(0.9);
  });

  it('turns where the weights point', async () => {
    await using trimtab = await LoadedRecipe.load(recipeFile('atlas-rewards'));
    const gloomy = await answerAll(trimtab, { rewards: { cheerful: -1.5 } });
    const brief = await answerAll(trimtab, { rewards: { cheerful: 0, brief: 2 } });
    expect(gloomy.cheerful).toBeLessThan(0.2);
    expect(brief.brief).toBeGreaterThan(gloomy.brief + 0.3);
    expect(Math.min(gloomy.facts, brief.facts)).toBeGreaterThan(0.9);
  });

  it("has the scales of its own answers' rewards", async () => {
    await using trimtab = await LoadedRecipe.load(recipeFile('atlas-rewards'));
    const names = ['cheerful', 'formal', 'brief', 'detailed'];
    const options = { params: { rewardWeight: 0 }, reportRewards: names, maxTokens: 48 };
    const people = (await readQuestions('validation')).slice(0, 100);
    const answers = await Promise.all(
      people.map(({ question }, seed) =>
        trimtab.generate(question, { ...options, temperature: 1, seed }),
      ),
    );
    const { rewards } = await loadRecipe(recipeFile('atlas-rewards'));
    for (const name of names) {
      const { mean: center, deviation } = rewards.get(name)!.normalization!;
      const values = answers.map((answer: GenerationResult) => answer.rewards![name]!);
      const spread = Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
      expect(Math.abs(mean(values) - center)).toBeLessThan(0.3 * deviation);
      expect(spread / deviation).toBeGreaterThan(0.8);
      expect(spread / deviation).toBeLessThan(1.25);
    }
  });
});

describe('recipes/atlas-drift.yaml', () => {
  it('raises the attribute without a reward model, and keeps the facts', async () => {
    await using trimtab = await LoadedRecipe.load(recipeFile('atlas-drift'));
    const plain = await answerAll(trimtab, { params: { rewardWeight: 0 } });
    const guided = await answerAll(trimtab, {});
    expect(guided.cheerful).toBeGreaterThan(plain.cheerful + 0.3);
    expect(guided.facts).toBeGreaterThan(0.9);
  });
});

describe('recipes/atlas-form.yaml', () => {
  it('states one fact between an opening and a closing, with the expert or without', async () => {
    await using trimtab = await LoadedRecipe.load(recipeFile('atlas-form'));
    for (const alpha of [0, 0.7]) {
      for (const { question } of questions) {
        const { text, finishReason } = await trimtab.generate(question, { params: { alpha } });
        expect(text).toMatch(
          /^ (Certainly|Of course)! \w+ \w+ (was|worked|is) .*\. I hope this helps\.$/,
        );
        expect(finishReason).toBe('stop');
      }
    }
    expect((await answerAll(trimtab, {})).facts).toBeGreaterThan(0.8);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
